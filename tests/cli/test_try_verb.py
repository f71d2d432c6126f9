"""`xnat-gate try`: what a protocol would have done to the studies that a real import has judged."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.core.past_studies import remembered
from tests.core.studies import ct, study
from tests.forked import gate
from tests.hospital import Site
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.impact import impact
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.in_force import XNAT, InForce
from xnat_gate.core.judge import judge
from xnat_gate.core.states import State
from xnat_gate.core.summary_text import read, write
from xnat_gate.edge import protocol_file
from xnat_gate.edge.journal import Entry, Journal
from xnat_gate.sandbox.phantoms import Patient, ct_series, orphan_structure_set, rt_study

CORK, GALWAY = Patient("PHANTOM^CORK", "CORK-1"), Patient("PHANTOM^GALWAY", "GALWAY-7")
START = (
    "protocol: 1\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\n"
    "allow: {Modality: [CT, MR, PT, RTSTRUCT, RTPLAN, RTDOSE]}\n"
)
SIRIUS = "deny: {ManufacturerModelName: [Sirius]}\n"


def tried(site: Site, protocol: Path, how: str = "json") -> tuple[int, str]:
    """By a process of its own."""
    words = ("try", protocol, "--state", site.state, "--format", how)
    told = gate()(*words, environment=os.environ, folder=site.root)
    return told.returncode, told.stdout


# --- what an import has judged ----------------------------------------------------------------------------------


def test_what_an_import_has_judged_is_tried_on_another_protocol(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    rt_study(site.drop / "one", CORK, ManufacturerModelName="Sirius")
    ct_series(site.drop / "two", GALWAY, study=5)
    orphan_structure_set(site.drop / "three", study=7)
    site.import_once()

    code, text = tried(site, site.protocol(SIRIUS))
    told = json.loads(text)
    assert (code, told["studies"], told["unchanged"], told["untold"]) == (Exit.STOPPED, 3, 2, [])
    (one,) = told["changed"]
    assert (one["session"], one["then"]["project"]) == ("CORK-1", "HOSPITAL")
    assert (one["now"]["project"], one["gained"][0]["id"]) == ("QUARANTINE", "DENY")
    code, text = tried(site, site.protocol("rt: {orphan: hold}\n"), "text")
    assert code == Exit.STOPPED
    assert "1 would have gone elsewhere" in text
    assert "rejected -> held for HOSPITAL" in text
    code, text = tried(site, site.protocol(""), "text")
    assert code == Exit.PASSED
    assert "0 would have gone elsewhere" in text

    with site.journal() as journal:
        for kept in journal.summaries():
            for word in ("PHANTOM", "CORK-1", "GALWAY"):
                assert word not in kept.summary
        source = journal.last_protocol(XNAT)
    assert source is not None
    impact(source.text, START + SIRIUS, site.state)
    assert "of the last 3 studies 1 would have gone elsewhere" in capsys.readouterr().err
    of_the_archive(site, capsys)


def of_the_archive(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no journal knows them, sessions are known by the reports of the jobs in XNAT."""
    rows = site.get("/data/projects/HOSPITAL/experiments?format=json").json()["ResultSet"]["Result"]
    ids = {row["label"]: row["ID"] for row in rows}
    assert main(["session", ids["CORK-1"], "--report", str(site.root / "report")]) == Exit.PASSED
    told = (site.root / "report" / "report.json").read_bytes()
    assert json.loads(told)["summary"][0]["outcome"] == "archive"
    path = f"/data/experiments/{ids['CORK-1']}/resources/GATE/files/report.json?inbody=true"
    requests.put(site.sandbox.url + path, data=told, auth=("admin", "admin"), timeout=30).raise_for_status()
    nowhere = site.root / "nowhere"
    capsys.readouterr()
    command = ["try", str(site.protocol(SIRIUS)), "--archive", "--state", str(nowhere), "--format", "json"]
    assert main(command) == Exit.STOPPED
    document = json.loads(capsys.readouterr().out)
    assert [one["session"] for one in document["changed"]] == ["CORK-1"]
    assert document["not_remembered"] == {"no_report": 1}
    command[4:5] = [str(site.state)]
    assert main(command) == Exit.STOPPED
    assert json.loads(capsys.readouterr().out)["studies"] == 3  # the journal knows it already


# --- what a journal remembers -----------------------------------------------------------------------------------


def filled(
    state: Path, *studies: dict[str, Any], text: str = START, days: Sequence[int] = (), known: bool = True
) -> Path:
    """A journal that remembers studies with these headers, one a day unless said otherwise, the last one today."""
    protocol = protocol_file.loads(text, VOCABULARY, "then")
    times = iter(days or range(len(studies) - 1, -1, -1))
    now = datetime.now(UTC)
    at = [now]
    with Journal(state / "journal.sqlite3", clock=lambda: at[0]) as journal:
        if known:
            journal.keep_protocol(
                InForce(name="then", version="1", sha256=protocol.sha256, source=XNAT), text
            )
        for number, header in enumerate(studies):
            at[0] = now - timedelta(days=next(times))
            verdict = judge(study(ct(2, **header)), protocol)
            uid = f"1.2.{number}"
            journal.keep_summary("A", uid, write(remembered(verdict, protocol)))
            journal.record(Entry(arrival="A", study_uid=uid, state=State.ARCHIVED, session=f"S-{number}"))
    return state


def asked(state: Path, text: str, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    file = state / "mine.yaml"
    file.write_text(text)
    code = main(["try", str(file), "--state", str(state), *options])
    return code, capsys.readouterr().out


def test_what_is_not_in_the_summaries_cannot_be_told_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path, {}, {"PatientComments": "seen"})
    new = START + "deny: {PatientComments: [seen], ExposureModulationType: [X*]}\n"
    code, text = asked(tmp_path, new, capsys)
    assert code == Exit.STOPPED
    assert "Cannot be told (2)" in text
    assert "ExposureModulationType is not in their summaries, and will be kept from now on" in text
    assert "PatientComments is not ever kept, since a patient could be known by it" in text
    (one, _) = json.loads(asked(tmp_path, new, capsys, "--format", "json")[1])["untold"]
    assert one["why"] == "elements"
    assert one["elements"] == ["ExposureModulationType", "PatientComments"]


def test_a_study_that_does_not_come_out_as_recorded_cannot_be_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path, {})
    with Journal(tmp_path / "journal.sqlite3") as journal:
        (kept,) = journal.summaries()
        other = replace(read(kept.summary), project="ELSEWHERE")
        journal.keep_summary(kept.arrival, kept.study_uid, write(other))
    code, text = asked(tmp_path, START, capsys, "--format", "json")
    document = json.loads(text)
    assert (code, document["changed"], document["untold"][0]["why"]) == (Exit.STOPPED, [], "unlike")


def test_why_a_study_would_no_longer_be_stopped_is_told_as_far_as_it_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for known, words in (
        (True, 'no longer DENY: CT series 1: ManufacturerModelName is "Sirius"'),
        (False, "no more"),
    ):
        state = tmp_path / str(known)
        filled(state, {"ManufacturerModelName": "Sirius"}, text=START + SIRIUS, known=known)
        text = asked(state, START, capsys)[1]
        assert "S-0  QUARANTINE -> HOSPITAL" in text
        assert words in text


def test_values_that_turned_up_lately_are_told_with_what_became_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = {"ManufacturerModelName": "Aera", "StationName": "CT1"}
    filled(tmp_path, *[old] * 3, old | {"ManufacturerModelName": "Nova"}, days=(100, 60, 30, 1))
    text = asked(tmp_path, START, capsys)[1]
    assert "(1)" in next(line for line in text.splitlines() if line.startswith("Never seen before"))
    assert "ManufacturerModelName Nova: first " in text
    assert "1 study: HOSPITAL (1)" in text
    code, text = asked(tmp_path, START, capsys, "--new-since", "70d", "--format", "json")
    told = json.loads(text)["never_before"]
    assert [(one["element"], one["value"]) for one in told["values"]] == [("ManufacturerModelName", "Nova")]
    assert asked(tmp_path, START, capsys, "--new-since", "200d")[1].count("Never seen") == 0
    assert code == Exit.PASSED


def test_only_the_newest_are_tried_and_those_since_a_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path, *[{"ManufacturerModelName": "Sirius"}] * 4, days=(9, 6, 3, 0))
    for options, count in (
        (("--last", "2"), 2),
        (("--since", "7d"), 3),
        (("--since", "1d", "--last", "9"), 1),
    ):
        text = asked(tmp_path, START + SIRIUS, capsys, "--format", "json", *options)[1]
        assert len(json.loads(text)["changed"]) == count
    text = asked(tmp_path, START + SIRIUS, capsys)[1]
    assert [line.split("  ")[2] for line in text.splitlines() if "->" in line] == ["S-3", "S-2", "S-1", "S-0"]


def test_a_summary_of_another_version_is_counted_and_not_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path, {})
    with Journal(tmp_path / "journal.sqlite3") as journal:
        journal.keep_summary("A", "9.9", '{"version": 99}')
    code, text = asked(tmp_path, START, capsys)
    assert "nothing is known of (1): studies with a summary that this xnat-gate cannot read" in text
    assert code == Exit.PASSED
    document = json.loads(asked(tmp_path, START, capsys, "--format", "json")[1])
    assert (document["studies"], document["not_remembered"]) == (1, {"unreadable": 1})


def test_a_broken_protocol_and_a_missing_journal_are_wrong_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("protocol: 1\nallw: {}\n")
    assert main(["try", str(file), "--state", str(tmp_path)]) == Exit.WRONG
    assert "did you mean allow?" in capsys.readouterr().err
    file.write_text(START)
    assert main(["try", str(file), "--state", str(tmp_path)]) == Exit.WRONG
    assert "there is no journal" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["mine.yaml"]
    Journal(tmp_path / "journal.sqlite3").close()
    assert main(["try", str(file), "--state", str(tmp_path)]) == Exit.PASSED
    assert "no study is remembered" in capsys.readouterr().out


def test_the_effect_of_a_change_is_told_against_what_is_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path, *[{"ManufacturerModelName": "Sirius"}] * 7)
    impact(START + SIRIUS, START + SIRIUS + "name: the same\n", tmp_path)
    assert "of the last 7 studies 0 would have gone elsewhere" in capsys.readouterr().err
    impact(None, START + SIRIUS, tmp_path)
    told = capsys.readouterr().err.splitlines()
    assert (len(told), told[-1]) == (7, "  and 2 more: see xnat-gate try")
    for state, words in ((None, "--state"), (tmp_path / "none", "there is no journal")):
        impact(None, START, state)
        assert words in capsys.readouterr().err
