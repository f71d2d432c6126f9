"""One association, from its request to its end: what came with it, and the line that is told of it.

Law: UIDs, AE titles, addresses and counts are told, and nothing of a data set beside its UIDs.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from xnat_gate.core.receiving import Placed, Refusal, Status, told_uid
from xnat_gate.edge.receiver.service import Service


def _new_name() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@dataclass(eq=False)
class Visit:
    """`name` is unique; `outcome` stays empty when nobody ever asked for an association."""

    service: Service
    address: str
    name: str = field(default_factory=_new_name)
    calling: str = ""
    called: str = ""
    outcome: str = ""
    why: str = ""
    failed: int = 0
    bytes: int = 0
    placed: dict[Placed, int] = field(default_factory=lambda: dict.fromkeys(Placed, 0))
    studies: set[str] = field(default_factory=set)
    _since: float = field(default_factory=time.monotonic)

    def scratch(self) -> Path:
        """A folder for what is on its way."""
        return self.service.landing.scratch(self.name)

    def asked(self, *, called: str, calling: str) -> None:
        """Somebody asks for an association under these AE titles."""
        self.called, self.calling = called.strip(), calling.strip()
        self.outcome = "aborted"

    def refused(self, refusal: Refusal) -> None:
        self.outcome, self.why = "rejected", refusal.value.why

    def took(self, study_uid: str, placed: Placed, size: int) -> None:
        """An object is safe."""
        self.studies.add(told_uid(study_uid))
        self.placed[placed] += 1
        self.bytes += size
        self.service.tally({"event": "stored", "outcome": placed.value, "bytes": size})

    def missed(self, sop_class_uid: str, sop_instance_uid: str, status: Status, trouble: OSError) -> None:
        """An object was not taken: told at once, by reason and not by path."""
        self.failed += 1
        self.service.tell(
            {
                "event": "object",
                "outcome": "refused" if status is Status.OUT_OF_RESOURCES else "failed",
                "association": self.name,
                "calling": self.calling,
                "address": self.address,
                "sop_class_uid": told_uid(sop_class_uid),
                "sop_instance_uid": told_uid(sop_instance_uid),
                "status": f"0x{status:04X}",
                "why": trouble.strerror or "input/output error",
            }
        )

    def end(self) -> None:
        """What never became whole goes, and the association is told about if there was one."""
        self.service.landing.discard(self.name)
        if self.outcome:
            self.service.tell(self._line())

    def _line(self) -> dict[str, object]:
        return {
            "event": "association",
            "outcome": self.outcome,
            **({"why": self.why} if self.why else {}),
            "association": self.name,
            "calling": self.calling,
            "called": self.called,
            "address": self.address,
            "objects": sum(self.placed.values()),
            "again": self.placed[Placed.SAME],
            "other_bytes": self.placed[Placed.OTHER],
            "failed": self.failed,
            "bytes": self.bytes,
            "seconds": round(time.monotonic() - self._since, 3),
            "studies": sorted(self.studies),
        }
