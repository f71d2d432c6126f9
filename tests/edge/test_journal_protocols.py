"""What the journal keeps of protocols and of verdicts, in a real file; and journals of version 2."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from tests.edge.test_journal import ENTRY, START, Ticking
from tests.edge.test_journal_audit import VERSION_1, schema
from xnat_gate.core.in_force import InForce, Refused
from xnat_gate.core.likeness import Print
from xnat_gate.edge.journal import Entry, Journal, KeptProtocol, Summary
from xnat_gate.edge.journal.protocols import RECENT

FIRST = InForce(name="hospital import", version="1", sha256="1" * 64, source="XNAT")
SECOND = replace(FIRST, version="2", sha256="2" * 64)
BROKEN = Refused(version="3", sha256="3" * 64, faults=("line 4: unknown key", "line 5: another"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path, clock=Ticking(), actor="importer") as opened:
        yield opened


def events(journal: Journal) -> list[str]:
    return [line.event for line in journal.audit()]


# -- protocols ---------------------------------------------------------------------------------------------------


def test_the_protocol_that_was_in_force_last_is_known_by_its_source(journal: Journal) -> None:
    assert journal.last_protocol("XNAT") is None
    one = journal.keep_protocol(FIRST, "text: 1\n")
    assert one == KeptProtocol(
        sha256="1" * 64,
        source="XNAT",
        name="hospital import",
        version="1",
        text="text: 1\n",
        at=START.isoformat(timespec="microseconds"),
    )
    of_file = replace(FIRST, source="/etc/gate/mine.yaml", version="")
    journal.keep_protocol(of_file, "text: 1\n")
    two = journal.keep_protocol(SECOND, "text: 2\n")
    assert journal.last_protocol("XNAT") == two
    assert journal.last_protocol(of_file.source) == replace(one, source=of_file.source, version="", at=_at(1))


def _at(seconds: int) -> str:
    return (START + timedelta(seconds=seconds)).isoformat(timespec="microseconds")


def test_what_stays_in_force_keeps_the_time_since_when_it_is(journal: Journal) -> None:
    assert journal.keep_protocol(FIRST, "1").at == _at(0)
    assert journal.keep_protocol(FIRST, "1").at == _at(0)
    assert journal.keep_protocol(SECOND, "2").at == _at(2)
    assert journal.keep_protocol(FIRST, "1").at == _at(3)
    assert journal.last_protocol("XNAT") == journal.keep_protocol(FIRST, "1")


def test_the_last_one_is_the_one_written_last_whatever_the_clock_says(path: Path) -> None:
    times = iter([START, START - timedelta(days=1)])
    with Journal(path, clock=lambda: next(times)) as journal:
        journal.keep_protocol(FIRST, "1")
        two = journal.keep_protocol(SECOND, "2")
        assert journal.last_protocol("XNAT") == two


def test_the_audit_record_tells_each_change_once(path: Path) -> None:
    refused = replace(SECOND, refused=BROKEN)
    other = replace(SECOND, refused=replace(BROKEN, version="4", sha256="4" * 64))
    for one in (FIRST, SECOND, refused, other, refused, SECOND, refused):
        for _ in range(2):
            with Journal(path, actor="importer") as journal:  # as another process would
                journal.keep_protocol(one, "text")
    with Journal(path) as journal:
        assert events(journal) == [
            "protocol",
            "protocol",
            "protocol refused",
            "protocol refused",
            "protocol",
            "protocol refused",
        ]
        first, _, told, *_ = [json.loads(line.facts) for line in journal.audit()]
        assert journal.verify().whole
    assert first == {"name": "hospital import", "version": "1", "sha256": "1" * 64, "source": "XNAT"}
    known = {"version": "3", "sha256": "3" * 64, "faults": 2, "first": "line 4: unknown key"}
    assert told == {**known, "source": "XNAT"}


def test_neither_text_nor_audit_line_is_kept_without_the_other(journal: Journal) -> None:
    journal._connection.execute(
        "CREATE TRIGGER no_more BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no more'); END"
    )
    with pytest.raises(Exception, match="no more"):
        journal.keep_protocol(FIRST, "1")
    assert journal.last_protocol("XNAT") is None


def test_a_long_record_is_not_read_for_the_lines_on_protocols(journal: Journal) -> None:
    plan = " ".join(row["detail"] for row in journal._connection.execute(f"EXPLAIN QUERY PLAN {RECENT}"))
    assert "USING INDEX audit_of_protocols" in plan
    assert "TEMP B-TREE" not in plan


def test_an_entry_tells_the_version_of_the_protocol_that_judged_it(journal: Journal) -> None:
    stored = journal.record(replace(ENTRY, protocol_version="7"))
    assert stored.protocol_version == "7"
    assert journal.entry("A1", "1.2.3") == stored
    [line] = journal.audit()
    assert json.loads(line.facts)["protocol_version"] == "7"


# -- summaries ---------------------------------------------------------------------------------------------------


def test_summaries_are_told_the_latest_first_and_replace_each_other(journal: Journal) -> None:
    for number in range(4):
        journal.keep_summary(f"A{number}", "1.2.3", f"summary {number}")
    journal.keep_summary("A1", "1.2.3", "another")
    found = journal.summaries()
    assert [(one.arrival, one.summary) for one in found] == [
        ("A1", "another"),
        ("A3", "summary 3"),
        ("A2", "summary 2"),
        ("A0", "summary 0"),
    ]
    assert found[0] == Summary("A1", "1.2.3", _at(4), "another") == ("A1", "1.2.3", _at(4), "another")
    assert journal.summaries(limit=2) == found[:2]
    third = START + timedelta(seconds=3)
    assert (
        journal.summaries(third)
        == journal.summaries(third.astimezone(timezone(timedelta(hours=9))))
        == found[:2]
    )


def test_old_summaries_are_forgotten(journal: Journal) -> None:
    for number in range(4):
        journal.keep_summary(f"A{number}", "1.2.3", "")
    before = START + timedelta(seconds=2)
    assert journal.forget_summaries(before) == 2
    assert [one.arrival for one in journal.summaries()] == ["A3", "A2"]
    assert journal.forget_summaries(before) == 0


def test_a_summary_of_any_text_can_be_kept(journal: Journal) -> None:
    journal.keep_summary("A1", "1.2", '{"größer": "J\udcf6rg\0"}')
    [found] = journal.summaries()
    assert found.summary == '{"größer": "J\\udcf6rg\0"}'


# -- journals of version 2 ---------------------------------------------------------------------------------------

VERSION_2 = (
    *VERSION_1,
    "ALTER TABLE entries ADD COLUMN tries INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE entries ADD COLUMN until TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE audit (
         number INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, event TEXT NOT NULL,
         arrival TEXT NOT NULL, study_uid TEXT NOT NULL, facts TEXT NOT NULL,
         previous TEXT NOT NULL, digest TEXT NOT NULL)""",
    "CREATE TRIGGER audit_does_not_change BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'lines stay'); END",
    "CREATE TRIGGER audit_does_not_go BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'lines stay'); END",
    "CREATE TABLE services (name TEXT PRIMARY KEY NOT NULL, at TEXT NOT NULL, facts TEXT NOT NULL)",
    """CREATE TABLE prints (
         sop_instance_uid TEXT NOT NULL, study_uid TEXT NOT NULL, patient TEXT NOT NULL,
         pixels TEXT NOT NULL, content TEXT NOT NULL, at TEXT NOT NULL,
         PRIMARY KEY (sop_instance_uid, content))""",
    "CREATE INDEX prints_by_pixels ON prints (pixels)",
    "CREATE INDEX prints_by_content ON prints (content)",
    "PRAGMA user_version = 2",
    "UPDATE entries SET tries = 3, until = '2024-05-06T08:00:00+00:00' WHERE study_uid = '1.2.1'",
    "INSERT INTO prints VALUES ('1.2.9', '1.2.1', 'p', 'x', 'y', '2024-01-01T00:00:00.000000+00:00')",
    "INSERT INTO services VALUES ('importer', '2024-01-01T00:00:00.000000+00:00', '{}')",
    """INSERT INTO audit VALUES (1, '2024-01-01T00:00:00.000000+00:00', 'importer', 'started', '', '', '{}',
         '0000000000000000000000000000000000000000000000000000000000000000',
         'd2943af08b36ac5c1fd5bd451e8a3a6f279c03686289b928d16ac4dd82b4504c')""",
)


def test_a_journal_of_version_2_keeps_all_its_rows_and_is_then_as_a_new_one(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in VERSION_2:
        connection.execute(statement)
    connection.close()
    for _ in range(2):
        with Journal(path, actor="importer") as journal:
            found = {one.study_uid: one for one in journal.unfinished()}
            assert {(one.protocol_name, one.protocol_version) for one in found.values()} == {("name", "")}
            assert (found["1.2.1"].tries, found["1.2.1"].until) == (3, "2024-05-06T08:00:00+00:00")
            assert [one.name for one in journal.services()] == ["importer"]
            assert events(journal) == ["started"]
            assert journal.verify().whole
            assert journal.summaries() == ()
            assert [one.sop_instance_uid for one in journal.alike([Print("1", "2", "3", "x", "")])] == [
                "1.2.9"
            ]
    new = path.with_name("new.sqlite3")
    Journal(new).close()
    assert schema(path) == schema(new)
    with Journal(path, actor="importer") as journal:
        journal.record(Entry(arrival="A2", state=ENTRY.state, protocol_version="4"))
        journal.keep_protocol(FIRST, "text")
        assert events(journal) == ["started", "state", "protocol"]
        assert journal.verify().whole
