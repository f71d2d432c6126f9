"""The tables of the journal, and which versions of them this program may touch."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from xnat_gate.edge.journal.chain import BEGUN, append
from xnat_gate.edge.journal.refusals import JournalDamaged, JournalTooNew, JournalUnavailable

RETRY = 0.01
"""Seconds between two attempts."""
APPLICATION = 0x584E4754
"""'XNGT' in SQLite's application_id: tells a journal from any other database."""

FIRST = (
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
)

SECOND = (
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
)

THIRD = (
    "ALTER TABLE entries ADD COLUMN protocol_version TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE protocols (
         sha256 TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
         text TEXT NOT NULL, at TEXT NOT NULL,
         PRIMARY KEY (sha256, source))""",
    "CREATE INDEX audit_of_protocols ON audit (number) WHERE event IN ('protocol', 'protocol refused')",
    """CREATE TABLE summaries (
         arrival TEXT NOT NULL, study_uid TEXT NOT NULL, at TEXT NOT NULL, summary TEXT NOT NULL,
         PRIMARY KEY (arrival, study_uid))""",
    "CREATE INDEX summaries_by_time ON summaries (at)",
)

FOURTH = (
    "ALTER TABLE prints RENAME TO prints_of_one_patient",
    """CREATE TABLE prints (
         sop_instance_uid TEXT NOT NULL, study_uid TEXT NOT NULL, patient TEXT NOT NULL,
         pixels TEXT NOT NULL, content TEXT NOT NULL, at TEXT NOT NULL,
         PRIMARY KEY (sop_instance_uid, patient, content))""",
    """INSERT INTO prints (sop_instance_uid, study_uid, patient, pixels, content, at)
         SELECT sop_instance_uid, study_uid, patient, pixels, content, at FROM prints_of_one_patient""",
    "DROP TABLE prints_of_one_patient",
    "CREATE INDEX prints_by_pixels ON prints (pixels)",
    "CREATE INDEX prints_by_content ON prints (content)",
)

VERSIONS = (FIRST, SECOND, THIRD, FOURTH)
"""What makes each version of the one before; the first is made of nothing. What stands here once is not changed."""
VERSION = len(VERSIONS)


def prepare(
    connection: sqlite3.Connection, path: Path, patience: float, now: Callable[[], str], actor: str
) -> None:
    """Make the tables in an empty file, bring an older journal up to date, or refuse a file that is not ours to write.

    Waits `patience` seconds. All is one transaction: a process that is killed leaves the file as it was, and of
    several that come at once one does the work. `now`, `actor`: when an older journal began its audit record, by whom.
    """
    if _switched_to_wal(connection, patience) != "wal":
        raise JournalUnavailable(
            f"the journal {path} lies where no write-ahead log can be: put it on a local disk"
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        version = _check(connection, path)
        for statement in (one for changes in VERSIONS[version:] for one in changes):
            connection.execute(statement)
        if version < VERSION:
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        if version == 1:
            (steps,) = connection.execute("SELECT count(*) FROM steps").fetchone()
            append(connection, now(), actor, BEGUN, {"unchained_steps": steps})


def _switched_to_wal(connection: sqlite3.Connection, patience: float) -> str:
    """The mode now in force. SQLite's own busy timeout does not cover two processes that make the switch at once."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(RETRY)


def _check(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the file, 0 when it is still empty."""
    version, application, objects = (
        connection.execute(question).fetchone()[0]
        for question in ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_schema")
    )
    if version == application == objects == 0:
        return 0
    if application != APPLICATION:
        raise JournalDamaged(f"{path} is a database of another program: name another state folder")
    if version > VERSION:
        raise JournalTooNew(
            f"the journal {path} has version {version}, this xnat-gate knows up to {VERSION}: update xnat-gate"
        )
    return int(version)
