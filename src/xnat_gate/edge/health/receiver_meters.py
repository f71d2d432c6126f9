"""What the receiver measures: read off the happenings that it tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from prometheus_client import Counter

from xnat_gate.edge.health.meters import Disks, Meters

ASSOCIATIONS = ("released", "aborted", "rejected", "refused")
"""How one can end; `refused`: TLS was not agreed upon."""
OBJECTS = ("new", "same", "other", "refused", "failed")
"""What can become of one; `same`: it was there already; `other`: its name held other bytes; `refused`: no room."""
TROUBLES = ("error", "protocol")
ELSE = "unknown"
"""For a word that is in none of the lists: it is counted and never shown."""


class ReceiverMeters(Meters):
    """Called with each happening: `association` and `object` as the log gets them, and those that are too many for
    it: `stored` (`outcome`, `bytes`) and `running` (`associations`)."""

    def __init__(
        self, version: str, disks: Disks, *, reserve: int, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__("receiver", version, disks)
        self._clock = clock
        self._gauge("receiver_reserve_bytes", "With less free on the disk of DROP objects are refused.").set(
            reserve
        )
        self._associations = self._counters(
            "receiver_associations", "Associations that have ended.", "outcome", (*ASSOCIATIONS, ELSE)
        )
        self._objects = self._counters(
            "receiver_objects",
            "Objects that were sent; new, same and other are safe.",
            "outcome",
            (*OBJECTS, ELSE),
        )
        self._troubles = self._counters(
            "receiver_troubles",
            "Connections that failed, and wrongs of the protocol.",
            "kind",
            (*TROUBLES, ELSE),
        )
        self._bytes = self._counter("receiver_bytes", "Bytes of the data sets that are safe.")
        self._running = self._gauge("receiver_associations_running", "Associations that run now.")
        self._latest = self._gauge(
            "receiver_last_object_timestamp_seconds", "When the latest object was safe."
        )
        self._journal = self._gauge("receiver_journal_up", "0 when the journal cannot be written.")
        self._journal.set(1)

    def __call__(self, happened: Mapping[str, object]) -> None:
        outcome = str(happened.get("outcome", ""))
        match happened.get("event"):
            case "stored":
                _one(self._objects, outcome)
                self._bytes.inc(_number(happened.get("bytes")))
                self._latest.set(self._clock())
            case "object":
                _one(self._objects, outcome)
            case "association":
                _one(self._associations, outcome)
            case "running":
                self._running.set(_number(happened.get("associations")))
            case "journal":
                self._journal.set(outcome == "back")
            case "error" | "protocol" as kind:
                _one(self._troubles, str(kind))
            case _:
                return


def _one(counters: Mapping[str, Counter], outcome: str) -> None:
    counters.get(outcome, counters[ELSE]).inc()


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
