"""The protocol changes while the importer is at work."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.hospital import Site
from tests.roads.test_launched_look import Containers, says, waiting
from tests.roads.test_protocol_in_force import BROKEN, GOOD, NO_ARCHIVE, STRICT, push, study, switched
from tests.roads.test_waiting_room import CORK, drop
from xnat_gate.cli import parts
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.core.archive import ArchiveUnavailable
from xnat_gate.core.in_force import InForce, Refused
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Journal
from xnat_gate.roads import arrival, protocol_sources
from xnat_gate.roads.gate import Gate
from xnat_gate.roads.launched import Launched
from xnat_gate.sandbox.phantoms import rt_study


def by_container(
    site: Site, containers: Containers, protocol: Path | None = None, meanwhile: str = ""
) -> None:
    """The one waiting row, looked at by an importer that launches; `meanwhile`: pushed while it is at work."""
    with parts.gate(
        parts.settings_for(None), protocol=protocol, state=site.state, tell=lambda _: None
    ) as made:
        gate: Gate = replace(made, launching=containers)
        (row,) = gate.archive.rows("HOSPITAL")
        if meanwhile:
            push(site, meanwhile)
        list(Launched()(row, gate, "ab12"))


# -- the second look ---------------------------------------------------------------------------------------------


def test_an_importer_with_a_file_does_not_have_a_container_judge_by_another_protocol(site: Site) -> None:
    waiting(site)
    containers = Containers(log=says(State.HELD, site, nameless="RT034: not whole"))
    by_container(site, containers, protocol=site.protocol(GOOD, base=""))
    assert not containers.launched


@pytest.mark.parametrize("from_file", [False, True], ids=["pushed meanwhile", "the importer has a file"])
def test_what_a_container_decided_is_never_recorded_as_decided_by_a_protocol_that_it_did_not_have(
    site: Site, from_file: bool
) -> None:
    waiting(site)
    containers = Containers(log=says(State.HELD, site, nameless="DENY: ManufacturerModelName"))
    protocol = site.protocol(GOOD, base="") if from_file else None
    by_container(site, containers, protocol=protocol, meanwhile=STRICT)
    if containers.launched:  # it began after STRICT had come into force in XNAT, and could have no other
        with site.journal() as journal:
            (entry,) = journal.entries()
        assert entry.protocol_sha256 in ("", sha256(STRICT.encode()).hexdigest())


def test_a_trial_compares_with_what_became_of_the_study_and_not_with_what_was_meant_on_arrival(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def not_now(*_: object, **__: object) -> list[object]:
        return []

    drop(site, "study", *study(site, 1))
    with monkeypatch.context() as dying:
        dying.setattr(Launched, "__call__", not_now)
        site.import_once()
    push(site, STRICT)
    site.prearchive()
    with site.journal() as journal:
        (entry,) = journal.entries()
    assert (entry.state, entry.project) == (State.QUARANTINED, "QUARANTINE")
    file = site.root / "strict.yaml"
    file.write_text(STRICT, encoding="utf-8")
    capsys.readouterr()
    main(["try", str(file), "--state", str(site.state), "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["studies"], told["changed"]) == (1, [])


# -- two protocols in the middle of one arrival ------------------------------------------------------------------


def test_what_an_earlier_try_has_sent_is_not_forgotten_when_the_next_protocol_rejects_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(site, GOOD + "rt: {orphan: hold, wait_for_images: 0s}\n")
    rt_study(site.root / "made", CORK)
    plan = [one.read_bytes() for one in sorted((site.root / "made").glob("*.dcm")) if "CT" not in one.name]
    drop(site, "plan", *plan)
    whole = arrival.deliver

    def unheard(*given: Any, **named: Any) -> Any:
        whole(*given, **named)
        raise ArchiveUnavailable("XNAT went away")

    with monkeypatch.context() as cut:
        cut.setattr(arrival, "deliver", unheard)
        site.import_once()
    assert len(site.waiting("HOSPITAL")) == 1
    push(site, GOOD + "rt: {orphan: reject, wait_for_images: 0s}\n")
    site.import_once()
    with site.journal() as journal:
        told = [one.xnat_uri for one in journal.entries() if one.xnat_uri]
    assert not site.waiting("HOSPITAL") or told


# -- the last good one -------------------------------------------------------------------------------------------


def test_what_was_switched_off_does_not_come_back_because_something_broken_was_pushed(site: Site) -> None:
    switched(site, "disabled")
    assert site.prearchive() == Exit.WRONG
    push(site, BROKEN)
    assert site.prearchive() == Exit.WRONG


def test_a_half_written_file_is_not_the_protocol_of_whoever_begins_just_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    half, rest = STRICT.split("deny")
    file.write_text(half, encoding="utf-8")
    monkeypatch.setattr(protocol_sources, "STILL", 0.0)
    monkeypatch.setattr(
        protocol_sources.time, "sleep", lambda _: file.write_text(f"{half}deny{rest}", encoding="utf-8")
    )
    asked = parts.protocols(file)
    asked.now(NO_ARCHIVE, None, lambda _: None)
    assert asked.told is not None
    assert asked.told.sha256 == sha256(STRICT.encode()).hexdigest()


# -- the journal -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", [False, True], ids=["both good", "one of them refused"])
def test_two_services_with_two_sources_do_not_write_an_audit_line_each_time_they_begin(
    tmp_path: Path, broken: bool
) -> None:
    refused = Refused(version="", sha256="cc" * 32, faults=("line 4",)) if broken else None
    ours = InForce(name="file", version="", sha256="aa" * 32, source="/etc/mine.yaml", refused=refused)
    theirs = InForce(name="xnat", version="7", sha256="bb" * 32, source="XNAT")
    with Journal(tmp_path / "journal.sqlite3") as journal:
        for _ in range(20):
            journal.keep_protocol(ours, "ours")
            journal.keep_protocol(theirs, "theirs")
        assert len(list(journal.audit())) <= 3


def test_where_every_import_is_one_run_old_summaries_go_as_well(site: Site) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=1000)
    with Journal(site.state / "journal.sqlite3", clock=lambda: long_ago) as journal:
        journal.keep_summary("old", "1.2.3", "{}")
    drop(site, "study", *study(site, 1))
    assert site.import_once() == Exit.PASSED
    with site.journal() as journal:
        assert [one.arrival for one in journal.summaries() if one.arrival == "old"] == []


# -- what people see ---------------------------------------------------------------------------------------------


def test_a_refusal_that_one_run_told_of_goes_away_when_another_verb_of_this_journal_finds_it_mended(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    push(site, GOOD)
    push(site, BROKEN)
    drop(site, "study", *study(site, 1))
    site.import_once()
    push(site, GOOD)
    site.prearchive()
    capsys.readouterr()
    main(["status", "--state", str(site.state)])
    assert "REFUSED" not in capsys.readouterr().out
