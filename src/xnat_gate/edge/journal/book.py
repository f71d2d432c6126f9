"""Journal: record, and read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from xnat_gate.core.states import FINISHED, State
from xnat_gate.edge.journal.entry import COLUMNS, STEP_COLUMNS, Entry, Step, as_entry, as_row, plain
from xnat_gate.edge.journal.refusals import JournalUnavailable, told_plainly
from xnat_gate.edge.journal.schema import prepare

PATIENCE = 30.0
"""Seconds to wait for another process that writes."""

ALL = ", ".join(COLUMNS)
UPSERT = f"""
    INSERT INTO entries ({ALL}) VALUES ({", ".join(f":{name}" for name in COLUMNS)})
    ON CONFLICT (arrival, study_uid) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in {"arrival", "study_uid", "created"})}
    RETURNING {ALL}
"""  # noqa: S608 - column names only, all our own
APPEND = "INSERT INTO steps (arrival, study_uid, state, at, note) VALUES (?, ?, ?, ?, ?)"
READ = f"SELECT {ALL} FROM entries"  # noqa: S608
READ_STEPS = (
    f"SELECT {', '.join(STEP_COLUMNS)} FROM steps WHERE arrival = ? AND study_uid = ? ORDER BY number"  # noqa: S608
)


def now() -> datetime:
    return datetime.now(UTC)


class Journal:
    """The journal in the file `path` (by custom STATE/journal.sqlite3), which is made when it is not there.

    Any number of processes may have it open; one object belongs to the thread that made it. Every verb raises
    JournalError in one of its kinds.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = now, patience: float = PATIENCE) -> None:
        self.path = path
        self._clock = clock
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JournalUnavailable(
                f"the folder of the journal {path} cannot be made ({error.strerror})"
            ) from error
        with told_plainly(path):
            self._connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            try:
                prepare(self._connection, path, patience)
            except BaseException:
                self._connection.close()
                raise

    def record(self, entry: Entry, note: str = "") -> Entry:
        """Write down where a study stands, in place of what was there, and add the step; the entry as it now is.

        Committed and flushed to disk on return.
        """
        at = self._clock().astimezone(UTC).isoformat(timespec="microseconds")
        row = as_row(replace(entry, created=at, updated=at))
        step = (row["arrival"], row["study_uid"], row["state"], at, plain(note))
        with told_plainly(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                (stored,) = self._connection.execute(UPSERT, row).fetchall()
                self._connection.execute(APPEND, step)
        return as_entry(dict(stored))

    def entry(self, arrival: str, study_uid: str = "") -> Entry | None:
        """The entry of this name."""
        found = self._entries("WHERE arrival = ? AND study_uid = ?", (plain(arrival), plain(study_uid)))
        return found[0] if found else None

    def entries(self, since: datetime | None = None, limit: int | None = None) -> tuple[Entry, ...]:
        """Those updated at `since` (a time with a zone) or later, the latest first; no more than `limit`."""
        start = since.astimezone(UTC).isoformat(timespec="microseconds") if since else ""
        return self._entries("WHERE updated >= ?", (start,), -1 if limit is None else limit)

    def unfinished(self) -> tuple[Entry, ...]:
        """Those on which the machinery has still to work, the latest first: where to go on after a restart."""
        states = tuple(state.value for state in State if state not in FINISHED)
        return self._entries(f"WHERE state IN ({', '.join('?' for _ in states)})", states)

    def of_study(self, study_uid: str) -> tuple[Entry, ...]:
        """All arrivals of one study, the latest first."""
        return self._entries("WHERE study_uid = ?", (plain(study_uid),))

    def steps(self, arrival: str, study_uid: str = "") -> tuple[Step, ...]:
        """All that was ever recorded under this name, the earliest first."""
        with told_plainly(self.path):
            rows = self._connection.execute(READ_STEPS, (plain(arrival), plain(study_uid))).fetchall()
        return tuple(Step(**{**dict(row), "state": State(row["state"])}) for row in rows)

    def close(self) -> None:
        """Let go of the file."""
        with told_plainly(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _entries(self, where: str, values: Sequence[str | int], limit: int = -1) -> tuple[Entry, ...]:
        query = f"{READ} {where} ORDER BY updated DESC, rowid DESC LIMIT ?"
        with told_plainly(self.path):
            rows = self._connection.execute(query, (*values, limit)).fetchall()
        return tuple(as_entry(dict(row)) for row in rows)
