"""What an importer does beside its errands: tell that it lives, and let go of what was rejected long enough ago.

Law: what is removed is written down first, with the protocol that allows it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from xnat_gate.edge.journal import JournalError
from xnat_gate.edge.keeping import KeepingFailed, Kept
from xnat_gate.roads.gate import Gate

BEAT, CLEAR = 5.0, 3600.0
"""Seconds between two signs of life, and two clearances."""
SERVICE = "importer"


@dataclass(kw_only=True)
class Chores:
    """`observe` hears the same as the journal."""

    gate: Gate
    observe: Callable[[Mapping[str, object]], None]
    _beaten: float | None = None
    _cleared: float | None = None

    def do(self, facts: Mapping[str, object]) -> None:
        """Each when its time has come. Raises JournalError."""
        now = time.monotonic()
        if self._beaten is None or now - self._beaten >= BEAT:
            self._beaten = now
            self.observe(facts)
            with contextlib.suppress(JournalError):  # a sign of life is not worth an import
                self.gate.journal.beat(SERVICE, facts)
        if self._cleared is None or now - self._cleared >= CLEAR:
            self._cleared = now
            try:
                self._clear(self.gate.now())
            except KeepingFailed as error:
                self.gate.tell(f"what was rejected long ago could not all be removed: {error}")

    def last(self, facts: Mapping[str, object]) -> None:
        """The last sign of life of an importer that ends of its own will."""
        with contextlib.suppress(JournalError):
            self.gate.journal.beat(SERVICE, {**facts, "ended": True})

    def _clear(self, now: datetime) -> None:
        days = self.gate.protocol.rejected_keep.days

        def tell(one: Kept) -> None:
            facts: dict[str, str | int] = {"files": one.files, "bytes": one.size, "kept_days": days}
            self.gate.journal.note("expired", arrival=one.arrival, facts=facts)
            self.gate.tell(
                f"removing from rejected/ after {days} days: {one.files} file(s) of arrival {one.arrival}"
            )

        self.gate.own_shelf.expire(now - self.gate.protocol.rejected_keep, tell=tell)
