"""`xnat-gate status`: what became of every study, and whether a person is still needed."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.hospital import Site
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.core.in_force import InForce, Refused, as_facts
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal, Reason
from xnat_gate.edge.keeping import Keeping
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
    document: dict[str, Any] = json.loads(text)
    assert [row["study_uid"] for row in document["finished"]] == ["1.3", "1.2"]
    assert code == Exit.PASSED
    assert "the last 2 of 4" in told(tmp_path, capsys, "--last", "2")[1]
    assert told(tmp_path, capsys, "--last", "2", "--all")[1].count("archived") == 4


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


# -- for a person ------------------------------------------------------------------------------------------------


@pytest.fixture
def local_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine stands in Ireland, in summer."""
    monkeypatch.setenv("TZ", "IST-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def laid(state: Path, shelf: str, arrival: str = "arrival-1.2.3", uid: str = "1.2.3") -> str:
    """A file on a shelf; the name of the kept folder."""
    (state / "claim" / "top").mkdir(parents=True, exist_ok=True)
    (state / "claim" / "top" / "plan").write_bytes(b"plan")
    reason = {"id": "FAILED", "message": "no"} if shelf == "failed" else {"study_uid": uid}
    return Keeping(state / shelf).keep(state / "claim", ["top/plan"], reason, arrival=arrival).name


def commands(text: str) -> list[list[str]]:
    """Each `next:` as a shell would split it."""
    return [
        shlex.split(line.split("next: ")[1]) for line in text.splitlines() if line.strip().startswith("next:")
    ]


@pytest.mark.parametrize(
    ("state", "shelf", "verb"),
    [(State.HELD, "held", "restore"), (State.FAILED, "failed", "retry")],
)
def test_what_needs_a_person_comes_first_with_the_call_that_helps(
    state: State, shelf: str, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "a state"
    noted(place, one(state), one(State.DELIVERED, "2", WAITS), one(State.ARCHIVED, "3"))
    name = laid(place, shelf)
    code, text = told(place, capsys)
    assert code == Exit.STOPPED
    places = [text.index(word) for word in (f"{shelf}/{name}", "Under way (1)", "Finished (the last 1 of 1)")]
    assert places == sorted(places)
    [command] = commands(text)
    drop = tmp_path / "drop"
    drop.mkdir()
    assert main([str(drop) if word == "DROP" else word for word in command[1:]]) == Exit.PASSED
    assert (drop / "top" / "plan").read_bytes() == b"plan"
    assert command[1] == verb
    assert "Needs a person" not in told(place, capsys)[1]


def test_a_conflict_is_told_with_the_call_that_resolves_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(tmp_path, one(State.HELD, uri=WAITS))
    text = told(tmp_path, capsys)[1]
    call = ["xnat-gate", "prearchive", "HOSPITAL", "--resolve", WAITS]
    ends = (["--session", "NEW-ID"], ["--delete"])
    assert commands(text) == [[*call, *end, "--state", str(tmp_path)] for end in ends]


def test_what_waits_is_told_with_the_time_it_waits_for(
    local_zone: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(tmp_path, replace(one(State.WAITING), until="2026-07-01T10:00:00+00:00"))
    assert "waiting for its images, until 2026-07-01 11:00:00 IST" in told(tmp_path, capsys)[1]


def test_services_are_told_first_with_what_they_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = {"at": datetime.now(UTC) - timedelta(minutes=10)}
    with Journal(tmp_path / "journal.sqlite3", clock=lambda: clock["at"]) as journal:
        journal.beat("receiver", {"ended": False, "objects": 3})
        journal.beat("watcher", {"ended": True})
        clock["at"] = datetime.now(UTC)
        journal.beat("importer", {"settling": 1, "stuck": 0, "waiting": 2})
    code, text = told(tmp_path, capsys)
    importer, receiver, watcher = text.splitlines()[:3]
    assert importer.startswith("importer: looked ")
    assert importer.endswith("s ago, 1 arrival settling, 2 waiting")
    assert receiver.startswith("receiver: not heard of since")
    assert receiver.endswith("is it running?")
    assert watcher.startswith("watcher: ended at")
    assert code == Exit.PASSED


IN_FORCE = InForce(
    name="hospital import",
    version="4",
    sha256="1a2b3c4d5e6f7788",
    source="XNAT",
    since="2026-07-01T10:00:00+00:00",
)
TWO_FAULTS = Refused(
    version="5", sha256="99", faults=("line 4: no such key", "line 5"), since="2026-07-02 09:10:11.5"
)

WRONG, LAST = "2 faults, the first: line 4: no such key", "the last good one (sha256 1a2b3c4d5e6f)"


def beaten(state: Path, protocol: object) -> None:
    """An importer has told of the protocol."""
    with Journal(state / "journal.sqlite3") as journal:
        journal.beat("importer", {"settling": 0, "protocol": protocol})


def test_the_protocol_in_force_is_told_at_the_top(
    local_zone: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beaten(tmp_path, as_facts(IN_FORCE))
    code, text = told(tmp_path, capsys)
    assert text.splitlines()[0] == (
        "protocol: hospital import, version 4 (sha256 1a2b3c4d5e6f), from XNAT, since 2026-07-01 11:00:00 IST"
    )
    assert code == Exit.PASSED
    document = json.loads(told(tmp_path, capsys, "--format", "json")[1])
    assert document["protocol"] == as_facts(IN_FORCE)
    assert document["protocol"]["refused"] is None


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (
            replace(IN_FORCE, refused=TWO_FAULTS),
            [
                f"PROTOCOL REFUSED: version 5 of the protocol is refused ({WRONG}); version 4 stays in force",
                "      refused: sha256 99, stored 2026-07-02 09:10:11.5",
                "      next: xnat-gate protocol check --in-force, mend it with xnat-gate protocol edit",
            ],
        ),
        (
            replace(
                IN_FORCE,
                version="",
                source="/etc/the gate/mine.yaml",
                refused=replace(TWO_FAULTS, version="", since="2026-07-02T08:00:00+00:00"),
            ),
            [
                f"PROTOCOL REFUSED: the newest text of the protocol is refused ({WRONG}); {LAST} stays in force",
                "      refused: sha256 99, stored 2026-07-02 09:00:00 IST",
                "      next: xnat-gate protocol check '/etc/the gate/mine.yaml', and mend the file",
            ],
        ),
        (
            replace(IN_FORCE, refused=Refused(version="", sha256="", faults=("it is gone",))),
            [
                "PROTOCOL REFUSED: the newest text of the protocol is refused (it is gone); version 4 stays in force",
                "      next: xnat-gate protocol check --in-force, mend it with xnat-gate protocol edit",
            ],
        ),
    ],
    ids=["XNAT", "a file", "gone"],
)
def test_a_protocol_that_was_refused_needs_a_person(
    one: InForce, words: list[str], local_zone: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beaten(tmp_path, as_facts(one))
    code, text = told(tmp_path, capsys)
    assert text.splitlines()[1 : 1 + len(words)] == words
    assert code == Exit.STOPPED
    code, text = told(tmp_path, capsys, "--format", "json")
    assert json.loads(text)["protocol"]["refused"] == as_facts(one)["refused"]
    assert code == Exit.STOPPED


def test_an_importer_that_told_of_no_protocol_is_no_trouble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beaten(tmp_path, {"name": "half"})
    code, text = told(tmp_path, capsys)
    assert (code, "protocol" in text) == (Exit.PASSED, False)


def test_the_json_is_one_document_with_every_field_of_an_entry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(tmp_path, one(State.HELD), one(State.WAITING, "2"), one(State.ARCHIVED, "3"))
    name = laid(tmp_path, "held")
    dead = laid(tmp_path, "failed", arrival="forgotten")
    document = json.loads(told(tmp_path, capsys, "--format", "json")[1])
    assert list(document) == ["version", "protocol", "services", "needs", "under_way", "finished"]
    assert document["protocol"] is None
    assert document["version"] == 1
    held, lost = document["needs"]
    with Journal(tmp_path / "journal.sqlite3") as journal:
        entry = journal.entry("arrival-1.2.3", "1.2.3")
    assert entry is not None
    assert asdict(entry) == {
        key: tuple(held[key]) if key == "reasons" else held[key] for key in asdict(entry)
    }
    assert held["updated"].endswith("+00:00")
    assert held["kept"] == [{"shelf": "held", "name": name}]
    assert (lost["arrival"], lost["state"], lost["files"], lost["where"]) == (
        "forgotten",
        "failed",
        1,
        f"failed/{dead}",
    )
    assert held.keys() == lost.keys() == document["finished"][0].keys()


@pytest.mark.parametrize("name", ["1.2.3", "arrival-1.2.3", "CORK-1"])
def test_the_story_of_a_study_is_told_step_by_step(
    name: str, local_zone: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime(2026, 7, 1, 10, tzinfo=UTC)
    with Journal(tmp_path / "journal.sqlite3", clock=lambda: at) as journal:
        for state in (State.JUDGED, State.DELIVERING, State.ARCHIVED):
            journal.record(one(state, uri="/archive/experiments/E1"), f"note on {state}")
        journal.record(replace(one(State.ARCHIVED, "another"), session="CORK-2"))
    code, text = told(tmp_path, capsys, "--study", name)
    assert code == Exit.PASSED
    assert [line.strip() for line in text.splitlines() if "note on" in line] == [
        "2026-07-01 11:00:00 IST  judged  note on judged",
        "2026-07-01 11:00:00 IST  delivering  note on delivering",
        "2026-07-01 11:00:00 IST  archived  note on archived",
    ]
    assert "another" not in text
    document = json.loads(told(tmp_path, capsys, "--study", name, "--format", "json")[1])
    [line] = document["finished"]
    assert [step["state"] for step in line["steps"]] == ["judged", "delivering", "archived"]


def test_earlier_arrivals_of_a_study_are_told_when_asked_for_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = replace(one(State.ARCHIVED), arrival="later")
    noted(tmp_path, one(State.REJECTED), later)
    code, text = told(tmp_path, capsys)
    assert (code, "rejected" in text) == (Exit.PASSED, False)
    for more in (["--all"], ["--study", "1.2.3"]):
        code, text = told(tmp_path, capsys, *more)
        assert (code, "an earlier arrival" in text) == (Exit.PASSED, True)


def test_the_story_of_a_study_tells_of_the_dead_letter_it_came_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(tmp_path, replace(one(State.FAILED), tries=12), one(State.FAILED, "2"))
    name = laid(tmp_path, "failed")
    code, text = told(tmp_path, capsys, "--study", "1.2.3")
    assert code == Exit.STOPPED
    assert [command[1:3] for command in commands(text)] == [["retry", name]]


def test_a_name_that_nobody_knows_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noted(tmp_path, one(State.ARCHIVED))
    assert main(["status", "--state", str(tmp_path), "--study", "9.9"]) == Exit.WRONG
    assert "9.9" in capsys.readouterr().err


def test_hostile_text_does_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\rfine\n  fine"
    reasons = (Reason(id="XNAT", effect="hold", message=evil),)
    noted(tmp_path, replace(one(State.HELD, uri=WAITS), session=evil, reasons=reasons))
    for options in ([], ["--study", "1.2.3"]):
        text = told(tmp_path, capsys, *options)[1]
        assert "\x1b" not in text
        assert "\r" not in text
        assert "\n  fine" not in text
