"""The audit record in a real file: written by several processes at once, killed, tampered with."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.edge.test_journal import ENTRY, START, Ticking, query, start_together, writer
from xnat_gate.core.audit import START as NOTHING
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal, JournalUnavailable
from xnat_gate.edge.journal.schema import VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path, clock=Ticking(), actor="importer") as opened:
        yield opened


# -- what is written ---------------------------------------------------------------------------------------------


def test_every_record_has_its_audit_line_without_the_session_label(journal: Journal) -> None:
    entry = journal.record(replace(ENTRY, tries=2, until="2024-05-06T08:00:00+00:00"), note="ID-1 waits")
    assert (entry.tries, entry.until) == (2, "2024-05-06T08:00:00+00:00")
    [line] = journal.audit()
    assert (line.number, line.actor, line.event) == (1, "importer", "state")
    assert (line.arrival, line.study_uid, line.at) == (
        "A1",
        "1.2.3",
        START.isoformat(timespec="microseconds"),
    )
    assert line.previous == NOTHING
    assert json.loads(line.facts) == {
        "state": "judged",
        "outcome": "quarantine",
        "project": "QUARANTINE",
        "files": 191,
        "rejected": 2,
        "reasons": ["SITE-001"],
        "protocol_sha256": "ab" * 32,
        "protocol_version": "",
        "tries": 2,
        "until": "2024-05-06T08:00:00+00:00",
        "uri": "/prearchive/projects/QUARANTINE/20240506_070809",
        "note": "(session) waits",
    }


def test_what_is_no_state_can_be_noted(journal: Journal) -> None:
    journal.note("started")
    journal.note(
        "association", arrival="A1", study_uid="1.2", facts={"seconds": 0.5, "ok": True, "files": ["1", "2"]}
    )
    first, second = journal.audit()
    assert (first.event, first.arrival, first.study_uid, first.facts) == ("started", "", "", "{}")
    assert (second.arrival, second.study_uid) == ("A1", "1.2")
    assert second.facts == '{"files":["1","2"],"ok":true,"seconds":0.5}'
    assert second.previous == first.digest
    assert list(journal.audit(after=1)) == [second]
    assert journal.entries() == ()


def test_text_that_is_no_valid_unicode_keeps_the_chain_whole(journal: Journal) -> None:
    journal.note("J\udcf6rg", arrival="\udcf6", facts={"\udcf6": "\udcf6"})
    journal.record(replace(ENTRY, arrival="\udcf6"), note="\udcf6\0")
    assert journal.verify().whole
    assert journal.verify().count == 2


def test_a_long_record_is_read_to_its_end(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xnat_gate.edge.journal.chain.PAGE", 3)
    for number in range(7):
        journal.note(f"event {number}")
    assert [line.event for line in journal.audit()] == [f"event {number}" for number in range(7)]
    assert journal.verify().count == 7


def test_somebody_who_reads_the_record_holds_up_no_writer(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xnat_gate.edge.journal.chain.PAGE", 1)
    for number in range(3):
        journal.note(f"event {number}")
    with Journal(path, patience=0.01) as other:
        for line in journal.audit():
            if line.number < 4:
                other.note("meanwhile")
                journal.note("meanwhile")
    assert journal.verify().count == 9


def test_neither_entry_nor_step_is_written_without_its_audit_line(journal: Journal, path: Path) -> None:
    query(path, "CREATE TRIGGER no_more BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no more'); END")
    with pytest.raises(JournalUnavailable, match="no more"):
        journal.record(ENTRY)
    assert journal.entries() == ()
    assert journal.steps("A1", "1.2.3") == ()


@pytest.mark.parametrize("change", ["UPDATE audit SET event = 'other'", "DELETE FROM audit"])
def test_lines_stay_as_they_are(change: str, journal: Journal, path: Path) -> None:
    journal.note("started")
    with pytest.raises(sqlite3.IntegrityError, match="lines stay"):
        query(path, change)
    assert [line.event for line in journal.audit()] == ["started"]


# -- several processes, and death --------------------------------------------------------------------------------

NOTE_MANY = """
    print("ready", flush=True)
    name = sys.stdin.readline().strip()
    with Journal(path, actor=name) as journal:
        for number in range(25):
            journal.note("counted", facts={"number": number})
            journal.record(Entry(arrival=f"{name}-{number}", state=State.CLAIMED))
"""


def test_processes_that_write_at_once_make_one_chain(path: Path) -> None:
    start_together(path, NOTE_MANY)
    with Journal(path) as journal:
        verified = journal.verify()
        lines = list(journal.audit())
    assert (verified.count, verified.faults) == (4 * 50, ())
    for number in range(4):
        own = [json.loads(line.facts) for line in lines if line.actor == f"writer{number}"]
        assert [facts["number"] for facts in own if "number" in facts] == list(range(25))


def test_a_process_that_is_killed_while_it_writes_leaves_a_whole_chain(path: Path) -> None:
    process = writer(
        path,
        """
        with Journal(path) as journal:
            for number in range(10**6):
                journal.record(Entry(arrival=f"A{number}", state=State.CLAIMED))
                print(number, flush=True)
        """,
    )
    with process:
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        told = 20 + len(process.stdout.read().split())
    with Journal(path) as journal:
        verified = journal.verify()
        assert verified.whole
        assert told <= verified.count == len(journal.entries()) <= told + 1


KILLED_AT_EVERY_STATEMENT = """
    import itertools, os, shutil, signal, sqlite3
    connect = sqlite3.connect

    def deadly(left):
        def connected(*arguments, **options):
            steps = itertools.count(1)
            connection = connect(*arguments, **options)
            connection.set_trace_callback(lambda _: next(steps) < left or os.kill(os.getpid(), signal.SIGKILL))
            return connection
        return connected

    def act(path):
        with Journal(path) as journal:
            journal.record(Entry(arrival="A2", state=State.CLAIMED))

    for left in itertools.count(1):
        copy = path.with_name(f"{left}.sqlite3")
        shutil.copy(path, copy)
        child = os.fork()
        if not child:
            sqlite3.connect = deadly(left)
            act(copy)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
    print(left)
"""


def killed_at_every_statement(path: Path) -> list[Path]:
    """Copies of the journal, each worked on by a process that was killed at the first, second, ... statement."""
    with writer(path, KILLED_AT_EVERY_STATEMENT) as process:
        output, _ = process.communicate()
    return [path.with_name(f"{number}.sqlite3") for number in range(1, int(output) + 1)]


def test_a_process_killed_at_any_statement_leaves_all_or_nothing_of_a_record(path: Path) -> None:
    with Journal(path) as journal:
        journal.record(replace(ENTRY, arrival="A1", study_uid=""))
    seen = set()
    for copy in killed_at_every_statement(path):
        with Journal(copy) as journal:
            assert journal.verify().whole
            counts = journal.verify().count, len(journal.entries()), len(journal.steps("A2"))
        assert counts in {(1, 1, 0), (2, 2, 1)}
        seen.add(counts)
    assert len(seen) == 2


# -- tampering ---------------------------------------------------------------------------------------------------


@pytest.fixture
def written(path: Path) -> Path:
    with Journal(path, clock=Ticking()) as journal:
        for number in range(1, 6):
            journal.note("counted", facts={"word": f"word-{number}"})
    return path


def tampered(path: Path, *statements: str) -> None:
    """As somebody does who may write the file: the triggers are no hindrance."""
    for statement in ("DROP TRIGGER audit_does_not_change", "DROP TRIGGER audit_does_not_go", *statements):
        query(path, statement)


def faulty(path: Path) -> list[int]:
    with Journal(path) as journal:
        return sorted({fault.number for fault in journal.verify().faults})


COPY_OF_THE_LAST = """
    INSERT INTO audit SELECT 6, at, actor, event, arrival, study_uid, facts, digest, digest FROM audit WHERE number = 5
"""


@pytest.mark.parametrize(
    ("statements", "where"),
    [
        (["UPDATE audit SET event = 'other' WHERE number = 2"], [2]),
        (["UPDATE audit SET facts = facts || ' ' WHERE number = 5"], [5]),
        (["UPDATE audit SET at = X'FF' WHERE number = 3"], [3]),
        (["UPDATE audit SET digest = upper(digest) WHERE number = 4"], [4, 5]),
        (["DELETE FROM audit WHERE number = 3"], [4]),
        (["DELETE FROM audit WHERE number < 3"], [3]),
        (
            [COPY_OF_THE_LAST],
            [6],
        ),
        (
            [
                "UPDATE audit SET number = 9 WHERE number = 3",
                "UPDATE audit SET number = 3 WHERE number = 4",
                "UPDATE audit SET number = 4 WHERE number = 9",
            ],
            [3, 4, 5],
        ),
        (["UPDATE audit SET number = -number"], [-5, -4, -3, -2, -1]),
    ],
    ids=["changed", "a blank", "no text", "digest", "removed", "beginning", "copied", "reordered", "hidden"],
)
def test_whatever_is_done_to_a_line_is_found(statements: list[str], where: list[int], written: Path) -> None:
    tampered(written, *statements)
    assert faulty(written) == where


def test_a_byte_changed_in_the_file_itself_is_found(written: Path) -> None:
    content = written.read_bytes()
    assert content.count(b"word-3") == 1
    assert faulty(written) == []
    written.write_bytes(content.replace(b"word-3", b"word-8"))
    assert faulty(written) == [3]
    written.write_bytes(content.replace(b"word-3", b"word-\xff"))
    assert faulty(written) == [3]


def test_a_record_that_was_tampered_with_is_written_on_and_keeps_its_fault(written: Path) -> None:
    tampered(written, "UPDATE audit SET event = 'other' WHERE number = 5")
    with Journal(written) as journal:
        journal.record(Entry(arrival="A1", state=State.CLAIMED))
    assert faulty(written) == [5]


# -- journals of version 1 ---------------------------------------------------------------------------------------

VERSION_1 = (
    """CREATE TABLE entries (
         arrival TEXT NOT NULL, study_uid TEXT NOT NULL, state TEXT NOT NULL, outcome TEXT NOT NULL,
         project TEXT NOT NULL, session TEXT NOT NULL, xnat_uri TEXT NOT NULL,
         files INTEGER NOT NULL, rejected INTEGER NOT NULL, reasons TEXT NOT NULL,
         protocol_name TEXT NOT NULL, protocol_sha256 TEXT NOT NULL,
         created TEXT NOT NULL, updated TEXT NOT NULL,
         PRIMARY KEY (arrival, study_uid))""",
    "CREATE INDEX entries_by_study ON entries (study_uid)",
    "CREATE INDEX entries_by_time ON entries (updated)",
    """CREATE TABLE steps (
         number INTEGER PRIMARY KEY, arrival TEXT NOT NULL, study_uid TEXT NOT NULL,
         state TEXT NOT NULL, at TEXT NOT NULL, note TEXT NOT NULL)""",
    "CREATE INDEX steps_by_entry ON steps (arrival, study_uid)",
    "CREATE TRIGGER steps_do_not_change BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'steps stay'); END",
    "CREATE TRIGGER steps_do_not_go BEFORE DELETE ON steps BEGIN SELECT RAISE(ABORT, 'steps stay'); END",
    "PRAGMA application_id = 0x584E4754",
    "PRAGMA user_version = 1",
    *(
        f"""INSERT INTO entries VALUES ('A1', '1.2.{number}', 'delivered', 'archive', 'HOSPITAL', 'ID-1', '/uri', 7, 1,
            '[{{"id": "R", "effect": "note", "message": "m"}}]', 'name', 'sha',
            '2024-01-01T00:00:00.000000+00:00', '2024-01-02T00:00:00.00000{number}+00:00')"""
        for number in range(3)
    ),
    *(f"INSERT INTO steps VALUES ({number}, 'A1', '1.2.0', 'judged', 'then', 'n')" for number in range(1, 6)),
)


def old_journal(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    for statement in VERSION_1:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.close()


def is_brought_up_to_date(path: Path) -> None:
    with Journal(path) as journal:
        assert [entry.study_uid for entry in journal.unfinished()] == ["1.2.2", "1.2.1", "1.2.0"]
        assert {(entry.tries, entry.until, entry.files) for entry in journal.unfinished()} == {(0, "", 7)}
        assert [step.note for step in journal.steps("A1", "1.2.0")] == ["n"] * 5
        begun, *others = journal.audit()
        assert (begun.number, begun.event, begun.facts) == (1, "begun", '{"unchained_steps":5}')
        assert [line.event for line in others if line.event != "state"] == []
        assert journal.verify().whole


def schema(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
        return [*rows, connection.execute("PRAGMA user_version").fetchone()]
    finally:
        connection.close()


def test_an_old_journal_keeps_all_its_rows_and_is_then_as_a_new_one(path: Path) -> None:
    old_journal(path)
    is_brought_up_to_date(path)
    is_brought_up_to_date(path)
    new = path.with_name("new.sqlite3")
    Journal(new).close()
    assert schema(path) == schema(new)


def test_who_brought_an_old_journal_up_to_date_is_told(path: Path) -> None:
    old_journal(path)
    with Journal(path, Ticking(), 1.0, "receiver") as journal:
        [begun] = journal.audit()
    assert (begun.actor, begun.at) == ("receiver", START.isoformat(timespec="microseconds"))


OPEN_OLD = """
    print("ready", flush=True)
    name = sys.stdin.readline()
    for number in range(10):
        with Journal(path.with_name(f"{number}.sqlite3")) as journal:
            journal.record(Entry(arrival=name, state=State.ARCHIVED))
"""


def test_processes_may_open_one_old_journal_at_once(path: Path) -> None:
    for number in range(10):
        old_journal(path.with_name(f"{number}.sqlite3"))
    start_together(path, OPEN_OLD)
    for number in range(10):
        is_brought_up_to_date(path.with_name(f"{number}.sqlite3"))


def test_a_process_killed_at_any_statement_leaves_an_old_journal_or_a_new_one(path: Path) -> None:
    old_journal(path)
    versions = set()
    for copy in killed_at_every_statement(path):
        [version] = schema(copy)[-1]
        connection = sqlite3.connect(copy)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        connection.close()
        new = {"audit", "services", "prints", "protocols", "summaries"}
        assert tables == ({"entries", "steps"} | (new if version == VERSION else set()))
        with Journal(copy) as journal:
            assert {entry.study_uid for entry in journal.unfinished()} >= {"1.2.0", "1.2.1", "1.2.2"}
            assert next(journal.audit()).event == "begun"
            assert journal.verify().whole
        versions.add(version)
    assert versions == {1, VERSION}
