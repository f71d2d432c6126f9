"""`xnat-gate status`: what became of every study, and whether a person is still needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.hospital import Site
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal
from xnat_gate.sandbox.phantoms import Patient, ct_series, junk, orphan_structure_set, rt_study

CORK = Patient("PHANTOM^CORK", "CORK-1")
WAITS = "/prearchive/projects/HOSPITAL/20260101_000000000/CORK-1"


def noted(state: Path, *entries: Entry) -> None:
    """A journal that holds these."""
    with Journal(state / "journal.sqlite3") as journal:
        for entry in entries:
            journal.record(entry)


def one(state: State, uid: str = "1.2.3", uri: str = "") -> Entry:
    return Entry(
        arrival=f"arrival-{uid}",
        study_uid=uid,
        state=state,
        project="HOSPITAL",
        session="CORK-1",
        xnat_uri=uri,
    )


def told(state: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    code = main(["status", "--state", str(state), *options])
    return code, capsys.readouterr().out


def test_studies_that_are_all_archived_are_exit_code_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(tmp_path, one(State.ARCHIVED, uri="/archive/experiments/E1"))
    code, text = told(tmp_path, capsys)
    assert code == Exit.PASSED
    assert "HOSPITAL / CORK-1" in text
    assert "prearchive of" not in text


@pytest.mark.parametrize("state", [one for one in State if one is not State.ARCHIVED])
def test_a_single_study_that_is_not_archived_is_exit_code_1(
    state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(tmp_path, one(State.ARCHIVED, "1"), one(state, "2"), one(State.ARCHIVED, "3"))
    assert told(tmp_path, capsys)[0] == Exit.STOPPED


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (one(State.HELD), "held/"),
        (one(State.HELD, uri=WAITS), "prearchive of HOSPITAL / CORK-1"),
        (one(State.REJECTED), "rejected/"),
        (one(State.DELIVERED, uri=WAITS), "prearchive of HOSPITAL / CORK-1"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.state.value,
)
def test_the_table_names_the_place_where_a_study_lies(
    entry: Entry, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(tmp_path, entry)
    text = told(tmp_path, capsys)[1]
    assert place in text
    assert ("HOSPITAL" in text) == ("HOSPITAL" in place)


def test_files_that_are_no_dicom_ask_for_nobody_and_unreadable_ones_do(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    rt_study(site.drop / "study", CORK)
    junk(site.drop / "study")
    site.import_once()
    assert told(site.state, capsys)[0] == Exit.PASSED
    ct_series(site.root / "other", CORK, study=2)
    whole = min((site.root / "other").glob("*.dcm")).read_bytes()
    (site.drop / "broken").mkdir()
    (site.drop / "broken" / "cut.dcm").write_bytes(whole[:200])
    assert site.import_once() == Exit.STOPPED
    code, text = told(site.state, capsys)
    assert "UNREADABLE" in text
    assert code == Exit.STOPPED


def test_no_more_than_the_last_are_told_and_the_latest_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(tmp_path, *(one(State.ARCHIVED, f"1.{number}") for number in range(4)))
    code, text = told(tmp_path, capsys, "--last", "2", "--format", "json")
    rows: list[dict[str, Any]] = json.loads(text)
    assert [row["study_uid"] for row in rows] == ["1.3", "1.2"]
    assert code == Exit.PASSED


def test_a_state_folder_without_a_journal_is_a_wrong_call_and_gets_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--state", str(tmp_path)]) == Exit.WRONG
    assert "--state" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_rejected_study_is_told_with_its_reason(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    orphan_structure_set(site.drop / "alone")
    site.import_once()
    capsys.readouterr()
    code, text = told(site.state, capsys)
    assert code == Exit.STOPPED
    assert "RT030" in text
