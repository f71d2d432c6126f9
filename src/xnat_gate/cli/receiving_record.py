"""What the receiver does, written down in the journal: by one thread, behind a queue.

Laws: no association waits for the journal, and a journal in trouble stops nothing: it is told once, tried again until
it can be written, and what had to be let go meanwhile is counted and told.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from xnat_gate.core.audit import Fact
from xnat_gate.edge.journal import Journal, JournalError

ACTOR = "receiver"
BEAT = 5.0
"""Seconds between two signs of life."""
PATIENCE = 5.0
"""Seconds to wait for another process that writes."""
AGAIN = 5.0
"""Seconds before a journal in trouble is tried again."""
LAST = 10.0
"""Seconds that the end may take."""
MANY = 10_000
"""Notes that may wait; then the oldest go."""

Note = tuple[str, dict[str, Fact]]


class Record:
    """Called with what is told and tallied: the ends of associations are written down, objects and bytes are summed up
    for the sign of life. `tell` hears when the journal cannot be written (once), and when it can again."""

    def __init__(
        self, path: Path, tell: Callable[[Mapping[str, object]], None], *,
        patience: float = PATIENCE, again: float = AGAIN,
    ) -> None:  # fmt: skip
        self._path, self._tell = path, tell
        self._patience, self._again = patience, again
        self._change = threading.Condition()
        self._waiting: deque[Note] = deque()
        self._sign: dict[str, object] = {"associations": 0}
        self._objects, self._bytes = 0, 0
        self._lost = 0
        self._ending = False
        self._well = True
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def __call__(self, happened: Mapping[str, object]) -> None:
        """Who connected and asked for no association stands in the log alone: it is no visit, and there may be many."""
        match happened:
            case {"event": "association", "outcome": str(outcome)} if outcome != "refused":
                self._note(happened)
            case {"event": "started"}:
                self._change_sign({**happened, "since": _now()})
                self._note(happened)
            case {"event": "stopped"}:
                self._note(happened)
            case {"event": "stored", "bytes": int(size)}:
                with self._change:
                    self._objects += 1
                    self._bytes += size
            case {"event": "running", "associations": int(number)}:
                self._change_sign({"associations": number})
            case _:
                return

    def _change_sign(self, facts: Mapping[str, object]) -> None:
        with self._change:
            self._sign |= facts

    def _note(self, happened: Mapping[str, object]) -> None:
        facts = {name: _fact(value) for name, value in happened.items() if name != "event"}
        note = str(happened["event"]), facts | {"happened": _now()}  # which may be long before it is written
        with self._change:
            self._waiting.append(note)
            if len(self._waiting) > MANY:
                self._waiting.popleft()
                self._lost += 1
            self._change.notify()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._change:
            self._ending = True
            self._change.notify()
        self._thread.join(LAST)
        with self._change:
            lost = self._lost + len(self._waiting)
        if lost:
            self._tell({"event": "journal", "outcome": "incomplete", "lost": lost})

    def _run(self) -> None:
        ending = False
        while not ending:
            with self._change:
                ending = self._ending  # then this is the last try
            try:
                with Journal(self._path, patience=self._patience, actor=ACTOR) as journal:
                    self._write(journal)
                return
            except JournalError as trouble:
                self._failed(trouble)
            with self._change:
                self._change.wait_for(lambda: self._ending, self._again)

    def _write(self, journal: Journal) -> None:
        """Until the end. What could not be written stays first in the queue."""
        due = 0.0
        while True:
            if time.monotonic() >= due:
                journal.beat(ACTOR, self._sign_of_life())
                due = time.monotonic() + BEAT
                if not self._waiting:
                    self._worked()
            note = self._next(due - time.monotonic())
            if note is not None:
                journal.note(note[0], facts=note[1])
                self._written(note)
                self._worked()
            elif self._ending:
                journal.beat(ACTOR, self._sign_of_life())
                return

    def _sign_of_life(self) -> dict[str, object]:
        with self._change:
            sums = {"objects": self._objects, "bytes": self._bytes, "ended": self._ending}
            return {name: value for name, value in self._sign.items() if name != "event"} | sums

    def _next(self, within: float) -> Note | None:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._ending, max(0.0, within))
            return self._waiting[0] if self._waiting else None

    def _written(self, note: Note) -> None:
        with self._change:
            if self._waiting and self._waiting[0] is note:  # else it was let go meanwhile, and counts as lost
                self._waiting.popleft()

    def _failed(self, trouble: JournalError) -> None:
        if self._well:
            self._well = False
            self._tell({"event": "journal", "outcome": "trouble", "why": str(trouble)})

    def _worked(self) -> None:
        if self._well:
            return
        self._well = True
        with self._change:
            lost, self._lost = self._lost, 0
        self._tell({"event": "journal", "outcome": "back", "lost": lost})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _fact(value: object) -> Fact:
    if isinstance(value, str | int | float):
        return value
    return [str(one) for one in value] if isinstance(value, list) else str(value)
