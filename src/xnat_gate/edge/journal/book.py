"""Journal: record, and read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from xnat_gate.core.audit import Facts, Line, Verified, verify
from xnat_gate.core.in_force import InForce
from xnat_gate.core.likeness import Print
from xnat_gate.core.states import FINISHED, State
from xnat_gate.edge.journal import chain, heartbeats, prints, protocols, summaries
from xnat_gate.edge.journal.entry import COLUMNS, STEP_COLUMNS, Entry, Step, as_entry, as_row, plain
from xnat_gate.edge.journal.heartbeats import Service
from xnat_gate.edge.journal.protocols import KeptProtocol
from xnat_gate.edge.journal.refusals import JournalUnavailable, told_plainly
from xnat_gate.edge.journal.schema import prepare
from xnat_gate.edge.journal.summaries import Summary

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
BEFORE_THE_VERDICT = (State.SETTLING.value, State.CLAIMED.value)
REMOVE = "DELETE FROM entries WHERE arrival = ? AND study_uid = '' AND state IN (?, ?)"
READ = f"SELECT {ALL} FROM entries"  # noqa: S608
READ_STEPS = (
    f"SELECT {', '.join(STEP_COLUMNS)} FROM steps WHERE arrival = ? AND study_uid = ? ORDER BY number"  # noqa: S608
)


def now() -> datetime:
    return datetime.now(UTC)


def _text(at: datetime | None) -> str:
    """As it stands in the tables; None is before all times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else ""


class Journal:
    """The journal in the file `path` (by custom STATE/journal.sqlite3), which is made when it is not there.

    `actor` is the service that writes, as the audit record names it ('importer', 'receiver', ...). Any number of
    processes may have it open; one object belongs to the thread that made it. Every verb raises JournalError in one
    of its kinds.
    """

    def __init__(
        self, path: Path, clock: Callable[[], datetime] = now, patience: float = PATIENCE, actor: str = ""
    ) -> None:
        self.path = path
        self.actor = actor
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
                prepare(self._connection, path, patience, self._now, actor)
            except BaseException:
                self._connection.close()
                raise

    def record(self, entry: Entry, note: str = "") -> Entry:
        """Write down where a study stands, in place of what was there, and add step and audit line; the entry as it
        now is.

        Committed and flushed to disk on return.
        """
        with self._writing() as at:
            return self._record(entry, note, at)

    def judged(self, arrival: str, entries: Sequence[Entry], note: str = "") -> None:
        """Record the studies that were found in an arrival, in place of the arrival's own entry, all or nothing.

        That entry, (`arrival`, ''), goes while it is settling or claimed; its steps stay. Without `entries` it just
        goes.
        """
        name = plain(arrival)
        with self._writing() as at:
            if (name, "") not in {(plain(entry.arrival), plain(entry.study_uid)) for entry in entries}:
                self._connection.execute(REMOVE, (name, *BEFORE_THE_VERDICT))
            for entry in entries:
                self._record(entry, note, at)

    def note(self, event: str, *, arrival: str = "", study_uid: str = "", facts: Facts | None = None) -> None:
        """Add an audit line for what is no state: started, stopped, association, restored, retried, ...

        The caller sees to it that `facts` hold no names and no session labels.
        """
        with self._writing() as at:
            chain.append(
                self._connection, at, self.actor, event, facts or {}, arrival=arrival, study_uid=study_uid
            )

    def audit(self, after: int = 0) -> Iterator[Line]:
        """The lines of the audit record behind this number, in order, as they stand in the file, checked or not."""
        with told_plainly(self.path):
            yield from chain.lines(self._connection, after)

    def verify(self) -> Verified:
        """Whether the audit record is one whole chain."""
        return verify(self.audit(chain.BEFORE_ALL))

    def beat(self, service: str, facts: Mapping[str, object]) -> None:
        """A service's sign of life, in place of its last one. No audit line, and lost when the machine dies at once.

        `facts`: anything that JSON can hold.
        """
        with told_plainly(self.path), heartbeats.unflushed(self._connection), self._writing() as at:
            heartbeats.beat(self._connection, service, at, facts)

    def services(self) -> tuple[Service, ...]:
        """The last sign of life of every service, in the order of their names."""
        with told_plainly(self.path):
            return heartbeats.services(self._connection)

    def remember(self, given: Iterable[Print]) -> None:
        """Keep the fingerprints of these objects; those that are known already stay as they are."""
        every = tuple(given)  # before the lock, whatever it takes to make them
        with self._writing() as at:
            prints.remember(self._connection, every, at)

    def alike(self, given: Iterable[Print]) -> tuple[Print, ...]:
        """The remembered objects that share their pixels or their content with one of these of another UID."""
        with told_plainly(self.path):
            return prints.alike(self._connection, given)

    def keep_protocol(self, one: InForce, text: str) -> KeptProtocol:
        """This protocol is in force now: keep its text, and write audit lines when it, or what was refused in its
        place, is not what they said last. It is told since when it is in force."""
        with self._writing() as at:
            return protocols.keep(self._connection, at, self.actor, one, text)

    def last_protocol(self, source: str) -> KeptProtocol | None:
        """The one of this source (XNAT, or the path of a file) that was in force last."""
        with told_plainly(self.path):
            return protocols.last(self._connection, source)

    def protocol_text(self, sha256: str) -> str | None:
        """The text of a protocol that was in force once; None when it is not known."""
        with told_plainly(self.path):
            return protocols.text_of(self._connection, sha256)

    def keep_summary(self, arrival: str, study_uid: str, summary: str) -> None:
        """What this study's verdict was made of, in place of an earlier one. The caller sees to it that no names are
        in it."""
        with self._writing() as at:
            summaries.keep(self._connection, arrival, study_uid, at, summary)

    def summaries(self, since: datetime | None = None, limit: int | None = None) -> tuple[Summary, ...]:
        """Those kept at `since` (a time with a zone) or later, the latest first; no more than `limit`."""
        with told_plainly(self.path):
            return summaries.read(self._connection, _text(since), -1 if limit is None else limit)

    def forget_summaries(self, before: datetime) -> int:
        """Let go of those that were kept before this time (with a zone); how many there were."""
        with self._writing():
            return summaries.forget(self._connection, _text(before))

    def entry(self, arrival: str, study_uid: str = "") -> Entry | None:
        """The entry of this name."""
        found = self._entries("WHERE arrival = ? AND study_uid = ?", (plain(arrival), plain(study_uid)))
        return found[0] if found else None

    def entries(self, since: datetime | None = None, limit: int | None = None) -> tuple[Entry, ...]:
        """Those updated at `since` (a time with a zone) or later, the latest first; no more than `limit`."""
        return self._entries("WHERE updated >= ?", (_text(since),), -1 if limit is None else limit)

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

    @contextmanager
    def _writing(self) -> Iterator[str]:
        """A transaction that alone may write, all or nothing; its time."""
        with told_plainly(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield self._now()

    def _now(self) -> str:
        return _text(self._clock())

    def _record(self, entry: Entry, note: str, at: str) -> Entry:
        row = as_row(replace(entry, created=at, updated=at))
        (stored,) = self._connection.execute(UPSERT, row).fetchall()
        self._connection.execute(APPEND, (row["arrival"], row["study_uid"], row["state"], at, plain(note)))
        chain.append(
            self._connection,
            at,
            self.actor,
            chain.STATE,
            chain.facts_of(entry, note),
            arrival=entry.arrival,
            study_uid=entry.study_uid,
        )
        return as_entry(dict(stored))

    def _entries(self, where: str, values: Sequence[str | int], limit: int = -1) -> tuple[Entry, ...]:
        query = f"{READ} {where} ORDER BY updated DESC, rowid DESC LIMIT ?"
        with told_plainly(self.path):
            rows = self._connection.execute(query, (*values, limit)).fetchall()
        return tuple(as_entry(dict(row)) for row in rows)
