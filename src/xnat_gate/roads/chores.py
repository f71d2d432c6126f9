"""What an importer does beside its errands: ask for the protocol in force, tell that it lives, and let go of what was
rejected long enough ago.

Laws: what is removed is written down first, with the protocol that allows it, which is in force just then; an XNAT that
does not answer holds up nothing here: the errands meet it, too.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from xnat_gate.core.archive import ArchiveError
from xnat_gate.core.in_force import as_facts
from xnat_gate.edge.journal import JournalError
from xnat_gate.edge.keeping import KeepingFailed, Kept
from xnat_gate.roads.gate import Gate
from xnat_gate.roads.in_force import Protocols
from xnat_gate.roads.remembering import forget

BEAT, CLEAR = 5.0, 3600.0
"""Seconds between two signs of life, and two clearances."""
WITHIN, AGAIN = 10.0, 60.0
"""Seconds that XNAT gets to tell the protocol in force, and those until it is asked again when it did not."""
SERVICE = "importer"


def protocol_facts(protocols: Protocols | None) -> Mapping[str, object]:
    """For a sign of life: which protocol is in force, as far as that has been asked."""
    told = protocols.told if protocols is not None else None
    return {"protocol": as_facts(told)} if told is not None else {}


@dataclass(kw_only=True)
class Chores:
    """`gate` has the protocol as it was asked for last. `observe` hears the same as the journal. `_unanswered`: when
    XNAT did not tell the protocol; None since it did."""

    gate: Gate
    observe: Callable[[Mapping[str, object]], None]
    _beaten: float | None = None
    _cleared: float | None = None
    _unanswered: float | None = None

    def do(self, facts: Mapping[str, object]) -> None:
        """Each when its time has come. Raises JournalError."""
        now = time.monotonic()
        if self._beaten is None or now - self._beaten >= BEAT:
            self._beaten = now
            self._ask(now)
            facts = {**facts, **self._in_force()}
            self.observe(facts)
            with contextlib.suppress(JournalError):  # a sign of life is not worth an import
                self.gate.journal.beat(SERVICE, facts)
        if self._unanswered is None and (self._cleared is None or now - self._cleared >= CLEAR):
            self._cleared = now
            try:
                self._clear(self.gate.now())
            except KeepingFailed as error:
                self.gate.tell(f"what was rejected long ago could not all be removed: {error}")

    def last(self, facts: Mapping[str, object]) -> None:
        """The last sign of life of an importer that ends of its own will."""
        with contextlib.suppress(JournalError):
            self.gate.journal.beat(SERVICE, {**facts, **self._in_force(), "ended": True})

    def _ask(self, now: float) -> None:
        """Unless an errand has just done so. `gate` has the answer."""
        if self._unanswered is not None and now - self._unanswered < AGAIN:
            return
        try:
            self.gate = self.gate.up_to_date(age=BEAT, within=WITHIN)
            self._unanswered = None
        except ArchiveError:
            self._unanswered = now

    def _in_force(self) -> Mapping[str, object]:
        return protocol_facts(self.gate.protocols)

    def _clear(self, now: datetime) -> None:
        forget(self.gate)
        days = self.gate.protocol.rejected_keep.days

        def tell(one: Kept) -> None:
            facts: dict[str, str | int] = {"files": one.files, "bytes": one.size, "kept_days": days}
            self.gate.journal.note("expired", arrival=one.arrival, facts=facts)
            self.gate.tell(
                f"removing from rejected/ after {days} days: {one.files} file(s) of arrival {one.arrival}"
            )

        self.gate.own_shelf.expire(now - self.gate.protocol.rejected_keep, tell=tell)
