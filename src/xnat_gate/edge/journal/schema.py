"""The tables of the journal, and which versions of them this program may touch."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from xnat_gate.edge.journal.refusals import JournalDamaged, JournalTooNew, JournalUnavailable

VERSION = 1
RETRY = 0.01
"""Seconds between two attempts."""
APPLICATION = 0x584E4754
"""'XNGT' in SQLite's application_id: tells a journal from any other database."""

TABLES = (
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


def prepare(connection: sqlite3.Connection, path: Path, patience: float) -> None:
    """Make the tables in an empty file, or refuse a file that is not ours to write. Waits `patience` seconds."""
    if _switched_to_wal(connection, patience) != "wal":
        raise JournalUnavailable(
            f"the journal {path} lies where no write-ahead log can be: put it on a local disk"
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        if _check(connection, path):
            for statement in TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")


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


def _check(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file is still empty."""
    version, application, objects = (
        connection.execute(question).fetchone()[0]
        for question in ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_schema")
    )
    if version == application == objects == 0:
        return True
    if application != APPLICATION:
        raise JournalDamaged(f"{path} is a database of another program: name another state folder")
    if version > VERSION:
        raise JournalTooNew(
            f"the journal {path} has version {version}, this xnat-gate knows up to {VERSION}: update xnat-gate"
        )
    return False
