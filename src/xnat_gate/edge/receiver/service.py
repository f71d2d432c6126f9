"""What every association of one receiver shares: limits, landing, who is inside, and whom to tell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pynetdicom.association import Association

from xnat_gate.core.receiving import Admission, Placed, Refusal

Tell = Callable[[Mapping[str, object]], None]
"""Takes what happened as words and numbers, `event` among them; called from many threads."""


def _nobody(_: Mapping[str, object]) -> None:
    """Who is told where nobody asked to be."""


class Landing(Protocol):
    """Where objects are put; every verb may raise OSError. `place` returns when the object is safe."""

    def free(self) -> int: ...

    def scratch(self, association: str) -> Path: ...

    def discard(self, association: str) -> None: ...

    def place(self, file: Path, folder: str, name: str) -> Placed: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds and bytes. `idle`: the longest silence between two messages; `network`: within one; `acse`: until an
    association is asked for; `dimse`: until an answer to us; `pdu`: what a sender may send in one piece."""

    idle: float = 60.0
    network: float = 30.0
    acse: float = 30.0
    dimse: float = 30.0
    pdu: int = 131072
    nodelay: bool = True
    reserve: int = 10**9


@dataclass(eq=False)
class Service:
    """`study_of`: the StudyInstanceUID of a file, empty where there is none; may raise OSError. `tally` hears what is
    too much for `tell`: of each object that is `stored`, and how many associations are `running` when that changes."""

    admission: Admission
    limits: Limits
    landing: Landing
    study_of: Callable[[Path], str]
    tell: Tell
    tally: Tell = _nobody
    _running: dict[str, Association] = field(default_factory=dict)
    _change: threading.Condition = field(default_factory=threading.Condition)
    _closing: bool = False

    def enter(
        self, name: str, association: Association, *, called: str, calling: str, address: str
    ) -> Refusal | None:
        """None when the association may go on; then it counts as running until `leave`."""
        with self._change:
            refusal = self.admission.refusal(
                called=called, calling=calling, address=address, running=len(self._running)
            )
            if refusal is None and self._closing:
                refusal = Refusal.TOO_MANY
            if refusal is None:
                self._running[name] = association
                self.tally({"event": "running", "associations": len(self._running)})
            return refusal

    def leave(self, name: str) -> None:
        with self._change:
            if self._running.pop(name, None) is not None:
                self.tally({"event": "running", "associations": len(self._running)})
            self._change.notify_all()

    @property
    def closing(self) -> bool:
        """Whether nobody is let in any more."""
        return self._closing

    def close(self, within: float) -> tuple[Association, ...]:
        """Let nobody in any more; those that are still running when the time is over."""
        with self._change:
            self._closing = True
            self._change.wait_for(lambda: not self._running, within)
            return tuple(self._running.values())
