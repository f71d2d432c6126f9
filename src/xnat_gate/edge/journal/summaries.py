"""What a verdict was made of, in short, for each study that was judged: so that another protocol can be tried on it.

A summary goes when it is old: unlike entries, steps and audit lines it proves nothing.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from xnat_gate.edge.journal.entry import plain

KEEP = """
    INSERT INTO summaries (arrival, study_uid, at, summary) VALUES (?, ?, ?, ?)
    ON CONFLICT (arrival, study_uid) DO UPDATE SET at = excluded.at, summary = excluded.summary
"""
READ = """
    SELECT arrival, study_uid, at, summary FROM summaries WHERE at >= ? ORDER BY at DESC, rowid DESC LIMIT ?
"""
FORGET = "DELETE FROM summaries WHERE at < ?"


class Summary(NamedTuple):
    """Of one study of one arrival. `at`: ISO 8601, UTC; `summary`: whatever was kept."""

    arrival: str
    study_uid: str
    at: str
    summary: str


def keep(connection: sqlite3.Connection, arrival: str, study_uid: str, at: str, summary: str) -> None:
    """In place of an earlier one."""
    connection.execute(KEEP, (plain(arrival), plain(study_uid), at, plain(summary)))


def read(connection: sqlite3.Connection, since: str, limit: int) -> tuple[Summary, ...]:
    """Those of this time (as text) or later, the latest first; a negative `limit` is none."""
    return tuple(Summary(*row) for row in connection.execute(READ, (since, limit)).fetchall())


def forget(connection: sqlite3.Connection, before: str) -> int:
    """How many went."""
    return connection.execute(FORGET, (before,)).rowcount
