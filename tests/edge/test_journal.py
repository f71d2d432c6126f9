"""The journal over a real file, with real processes that write at once and die."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xnat_gate.core.states import FINISHED, State
from xnat_gate.edge.journal import (
    Entry,
    Journal,
    JournalBusy,
    JournalDamaged,
    JournalTooNew,
    JournalUnavailable,
    Reason,
)
from xnat_gate.edge.journal.schema import VERSION

START = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
ENTRY = Entry(
    arrival="A1",
    study_uid="1.2.3",
    state=State.JUDGED,
    outcome="quarantine",
    project="QUARANTINE",
    session="ID-1",
    xnat_uri="/prearchive/projects/QUARANTINE/20240506_070809/ID-1",
    files=191,
    rejected=2,
    reasons=(Reason(id="SITE-001", effect="quarantine", message="burnt-in names; größer als „erlaubt“"),),
    protocol_name="hospital import",
    protocol_sha256="ab" * 32,
)


class Ticking:
    """A clock that goes on by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = START - timedelta(seconds=1)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path, clock=Ticking()) as opened:
        yield opened


def writer(path: Path, script: str) -> subprocess.Popen[str]:
    head = "import sys; from pathlib import Path\nfrom xnat_gate.edge.journal import *\n"
    head += "from xnat_gate.core.states import State\npath = Path(sys.argv[1])\n"
    command = [sys.executable, "-c", head + textwrap.dedent(script), str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def query(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(statement)
    finally:
        connection.close()


# -- recording and reading back ----------------------------------------------------------------------------------


def test_what_was_recorded_is_read_back_whole_by_another_process_too(journal: Journal, path: Path) -> None:
    stored = journal.record(ENTRY)
    assert replace(stored, created="", updated="") == ENTRY
    assert journal.entry("A1", "1.2.3") == stored
    with Journal(path) as other:
        assert other.entries() == (stored,)


def test_times_are_utc_and_sort_as_text(journal: Journal) -> None:
    assert journal.record(ENTRY).created == "2024-05-06T07:08:09.000000+00:00"


def test_a_later_record_takes_the_place_of_the_earlier_and_keeps_its_beginning(journal: Journal) -> None:
    first = journal.record(ENTRY)
    second = journal.record(replace(first, state=State.DELIVERED, files=189, reasons=()))
    assert (second.created, second.updated > first.updated) == (first.created, True)
    assert journal.entries() == (second,)
    assert (second.state, second.files, second.reasons) == (State.DELIVERED, 189, ())


def test_every_record_stays_as_a_step(journal: Journal, path: Path) -> None:
    journal.record(ENTRY, note="judged with 2 rejected")
    journal.record(replace(ENTRY, state=State.DELIVERING))
    journal.record(replace(ENTRY, arrival="A2"))
    steps = journal.steps("A1", "1.2.3")
    assert [(step.state, step.note) for step in steps] == [
        (State.JUDGED, "judged with 2 rejected"),
        (State.DELIVERING, ""),
    ]
    assert steps[0].at < steps[1].at
    for change in ("UPDATE steps SET note = 'other'", "DELETE FROM steps"):
        with pytest.raises(sqlite3.IntegrityError, match="steps stay"):
            query(path, change)
    assert journal.steps("A1", "1.2.3") == steps


def test_an_entry_is_not_written_without_its_step(journal: Journal, path: Path) -> None:
    query(path, "CREATE TRIGGER no_more BEFORE INSERT ON steps BEGIN SELECT RAISE(ABORT, 'no more'); END")
    with pytest.raises(JournalUnavailable, match="no more"):
        journal.record(ENTRY)
    assert journal.entries() == ()


def test_one_arrival_may_hold_several_studies_and_one_study_come_twice(journal: Journal) -> None:
    one = journal.record(ENTRY)
    two = journal.record(replace(ENTRY, study_uid="1.2.4"))
    three = journal.record(replace(ENTRY, arrival="A2"))
    assert journal.entries() == (three, two, one)
    assert journal.of_study("1.2.3") == (three, one)
    assert journal.of_study("1.2.4") == (two,)


def test_an_arrival_without_a_study_yet_has_an_entry_of_its_own(journal: Journal) -> None:
    stored = journal.record(Entry(arrival="A1", state=State.CLAIMED))
    assert journal.entry("A1") == stored
    assert journal.entry("A1", "1.2.3") is None


def test_entries_can_be_asked_for_by_time_and_number(journal: Journal) -> None:
    stored = [journal.record(replace(ENTRY, arrival=f"A{number}")) for number in range(5)]
    third = START + timedelta(seconds=2)
    assert journal.entries(since=third) == (stored[4], stored[3], stored[2])
    assert journal.entries(since=third.astimezone(timezone(timedelta(hours=9)))) == journal.entries(
        since=third
    )
    assert journal.entries(limit=2) == (stored[4], stored[3])
    assert journal.entries(since=third, limit=0) == ()


def test_the_unfinished_are_those_the_machinery_has_still_to_work_on(journal: Journal) -> None:
    for state in State:
        journal.record(replace(ENTRY, arrival=state.value, state=state))
    unfinished = {entry.state for entry in journal.unfinished()}
    assert unfinished == {
        State.SETTLING,
        State.CLAIMED,
        State.JUDGED,
        State.WAITING,
        State.DELIVERING,
        State.DELIVERED,
    }
    assert unfinished == {state for state in State if not state.finished} == set(State) - FINISHED


TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
REASONS = st.lists(st.builds(Reason, id=TEXTS, effect=TEXTS, message=TEXTS), max_size=3).map(tuple)
ENTRIES = st.builds(
    Entry,
    arrival=TEXTS,
    study_uid=TEXTS,
    state=st.sampled_from(State),
    project=TEXTS,
    session=TEXTS,
    files=st.integers(0, 2**63 - 1),
    reasons=REASONS,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(ENTRIES, TEXTS)
def test_any_text_can_be_recorded_and_found_again(journal: Journal, entry: Entry, note: str) -> None:
    stored = journal.record(entry, note)
    assert journal.entry(entry.arrival, entry.study_uid) == stored
    assert (stored.files, stored.reasons) == (entry.files, entry.reasons)
    if entry.session.isprintable():
        assert stored.session == entry.session


def test_text_that_is_no_valid_unicode_is_written_with_backslashes(journal: Journal) -> None:
    stored = journal.record(replace(ENTRY, session="J\udcf6rg"), note="J\udcf6rg")
    assert stored.session == journal.steps("A1", "1.2.3")[0].note == r"J\udcf6rg"


# -- several processes -------------------------------------------------------------------------------------------

RECORD_MANY = """
    print("ready", flush=True)
    name = sys.stdin.readline().strip()
    with Journal(path) as journal:
        for number in range(50):
            journal.record(Entry(arrival=f"{name}-{number}", state=State.CLAIMED))
            journal.record(Entry(arrival="shared", state=State.CLAIMED), note=name)
"""


OPEN_MANY = """
    print("ready", flush=True)
    name = sys.stdin.readline()
    for number in range(20):
        Journal(path.with_name(f"{number}.sqlite3")).close()
"""


def start_together(path: Path, script: str) -> None:
    """Run the script in four processes that begin at once, each told its name, and wait for their success."""
    writers = [writer(path, script) for _ in range(4)]
    for process in writers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for number, process in enumerate(writers):
        assert process.stdin is not None
        process.stdin.write(f"writer{number}\n")
        process.stdin.flush()
    for process in writers:
        process.communicate()
        assert process.returncode == 0


def test_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    start_together(path, RECORD_MANY)
    with Journal(path) as journal:
        assert len(journal.entries()) == 4 * 50 + 1
        assert len(journal.steps("shared")) == 4 * 50


def test_processes_may_make_one_new_journal_at_once(path: Path) -> None:
    start_together(path, OPEN_MANY)


def test_a_lock_that_sqlite_reports_without_waiting_is_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite does so when one connection writes to a new file which another switches to its write-ahead log."""
    path.parent.mkdir()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        other.execute("ROLLBACK")
        pauses.append(seconds)

    monkeypatch.setattr(time, "sleep", pause)
    Journal(path).close()
    other.close()
    assert len(pauses) == 1


def test_what_was_committed_survives_a_process_that_is_killed(path: Path) -> None:
    process = writer(
        path,
        """
        journal = Journal(path)
        journal.record(Entry(arrival="A1", study_uid="1.2.3", state=State.DELIVERED, files=191), note="sent")
        journal._connection.execute("BEGIN IMMEDIATE")
        journal._connection.execute("UPDATE entries SET files = 0")
        print("committed", flush=True)
        sys.stdin.read()
        """,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "committed\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    with Journal(path) as journal:
        [entry] = journal.unfinished()
        assert (entry.arrival, entry.files) == ("A1", 191)
        assert [step.note for step in journal.steps("A1", "1.2.3")] == ["sent"]


def test_every_commit_is_flushed_to_disk(journal: Journal) -> None:
    settings_in_force = {
        name: journal._connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    }
    assert settings_in_force == {"journal_mode": "wal", "synchronous": 2}


def test_a_journal_held_by_a_process_that_hangs_is_told_by_name(journal: Journal, path: Path) -> None:
    journal._connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalBusy, match="held by another process"):
        Journal(path, patience=0.01)
    journal._connection.execute("ROLLBACK")
    Journal(path, patience=0.01).close()


# -- files that are no journal -----------------------------------------------------------------------------------


def test_a_newer_journal_is_refused_and_left_as_it_is(path: Path) -> None:
    with Journal(path) as journal:
        journal.record(ENTRY)
    query(path, f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(JournalTooNew, match="update xnat-gate"):
        Journal(path)
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    query(path, "CREATE TABLE theirs (a)")
    with pytest.raises(JournalDamaged, match="another program"):
        Journal(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]
    connection.close()


def test_a_file_that_is_no_database_is_told_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"this was never a database, but it is long enough to look" * 100)
    with pytest.raises(JournalDamaged, match="move it away"):
        Journal(path)
    assert path.read_bytes().startswith(b"this was never")


def test_a_journal_with_a_spoilt_page_is_told_with_a_remedy(path: Path) -> None:
    with Journal(path) as journal:
        for number in range(200):
            journal.record(replace(ENTRY, arrival=f"A{number}"))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    with pytest.raises(JournalDamaged, match="studies are safe"), Journal(path) as journal:
        journal.entries()


def test_a_journal_cut_short_is_told_with_a_remedy(path: Path) -> None:
    with Journal(path) as journal:
        for number in range(200):
            journal.record(replace(ENTRY, arrival=f"A{number}"))
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(JournalDamaged, match="move it away"), Journal(path) as journal:
        journal.entries()


def test_a_place_where_no_journal_can_be_is_told_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnavailable, match="cannot be made"):
        Journal(tmp_path / "file" / "journal.sqlite3")
    with pytest.raises(JournalUnavailable, match="local disk"):
        Journal(tmp_path)
