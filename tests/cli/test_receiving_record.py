"""The receiver's part of the journal, when the journal is in trouble: nobody waits, and nothing is forgotten untold."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.dicom_network import until
from xnat_gate.cli import receiving_record
from xnat_gate.cli.receiving_record import Record
from xnat_gate.edge.journal import Journal

STARTED = {"event": "started", "port": 8104}
ENDED = {"event": "association", "outcome": "released", "studies": ["1.2"], "objects": 1, "bytes": 10}
REFUSED = {"event": "association", "outcome": "refused", "why": "TLS: no certificate"}


class Told(list[Mapping[str, object]]):
    """What the log would hold of the journal."""

    def __call__(self, happened: Mapping[str, object]) -> None:
        self.append(happened)

    @property
    def outcomes(self) -> list[object]:
        return [happened["outcome"] for happened in self]


def events(path: Path) -> list[str]:
    with Journal(path) as journal:
        return [line.event for line in journal.audit()]


def test_what_could_not_be_written_is_written_when_it_can_be(tmp_path: Path) -> None:
    path, told = tmp_path / "state" / "journal.sqlite3", Told()
    path.parent.write_bytes(b"no folder")
    with Record(path, told, again=0.01) as record:
        record(STARTED)
        record(ENDED)
        until(lambda: told)
        path.parent.unlink()
        until(lambda: len(told) > 1)
    assert told.outcomes == ["trouble", "back"]
    assert "cannot be made" in str(told[0]["why"])
    assert events(path) == ["started", "association"]


def test_a_journal_that_another_one_holds_is_told_once_and_holds_up_nobody(tmp_path: Path) -> None:
    path, told = tmp_path / "journal.sqlite3", Told()
    Journal(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Record(path, told, patience=0.01, again=0.01) as record:
            record(STARTED)
            until(lambda: told)
            record(ENDED)
            other.execute("ROLLBACK")
            until(lambda: len(told) > 1)
    assert told.outcomes == ["trouble", "back"]
    assert events(path) == ["started", "association"]


def test_what_waits_for_too_long_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving_record, "MANY", 2)
    path, told = tmp_path / "state" / "journal.sqlite3", Told()
    path.parent.write_bytes(b"no folder")
    with Record(path, told, again=60) as record:
        for _ in range(5):
            record(ENDED)
        until(lambda: told)
    assert told.outcomes == ["trouble", "incomplete"]
    assert told[-1]["lost"] == 5


def test_who_asked_for_no_association_is_not_in_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with Record(path, Told()) as record:
        for happened in (REFUSED, {"event": "protocol", "why": "wrong"}, ENDED, {"event": "stopping"}):
            record(happened)
    with Journal(path) as journal:
        (line,) = journal.audit()
    facts = json.loads(line.facts)
    assert facts.pop("happened") <= line.at
    assert (line.actor, facts) == (
        "receiver",
        {name: value for name, value in ENDED.items() if name != "event"},
    )


def test_the_sign_of_life_sums_up_what_came(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with Record(path, Told()) as record:
        record(STARTED)
        record({"event": "running", "associations": 2})
        for _ in range(3):
            record({"event": "stored", "outcome": "new", "bytes": 5})
    with Journal(path) as journal:
        (service,) = journal.services()
    wanted = {"port": 8104, "associations": 2, "objects": 3, "bytes": 15, "ended": True}
    assert service.name == "receiver"
    assert wanted.items() <= service.facts.items()
