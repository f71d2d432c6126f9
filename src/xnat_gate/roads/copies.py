"""Whether what arrives is a copy of something that came before under another name: looked up and remembered.

Laws: an object is remembered once it is with XNAT; what other workers have in hand counts meanwhile; only digests are
kept, of the patient ID, too.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from xnat_gate.core.finding import Finding
from xnat_gate.core.likeness import Print, findings
from xnat_gate.core.study import Instance, Reading, Study
from xnat_gate.edge.dicom_files.prints import print_of
from xnat_gate.roads.gate import Gate

Prints = Mapping[str, Print]
"""By the `file` of the instance."""


class UnderWay:
    """The prints of what the workers of one importer have in hand. Safe for many threads."""

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._prints: dict[str, tuple[Print, ...]] = {}

    @contextlib.contextmanager
    def while_in_hand(self, claim_id: str) -> Iterator[None]:
        """What is told of this claim counts until the end of the block."""
        try:
            yield
        finally:
            with self._one:
                self._prints.pop(claim_id, None)

    def and_of_others(self, claim_id: str, prints: Iterable[Print], gate: Gate) -> tuple[Print, ...]:
        """These count from now on; what else is known that is like them."""
        own = tuple(prints)
        with self._one:  # else two workers with two copies would each find nothing
            others = [one for id, theirs in self._prints.items() if id != claim_id for one in theirs]
            self._prints[claim_id] = own
            return (*gate.journal.alike(own), *others, *own)


def prints_of(reading: Reading, folder: Path) -> Prints:
    """A file that cannot be read to its end now is told of by whoever has to read it."""
    found: dict[str, Print] = {}
    for one in reading.instances:
        with contextlib.suppress(OSError):
            found[one.file] = print_of(folder / one.file, one)
    return found


def likenesses(
    studies: Iterable[Study], prints: Prints, known: Iterable[Print], gate: Gate
) -> dict[str, tuple[Finding, ...]]:
    """By StudyInstanceUID: what is known of copies, of earlier arrivals and of the others of this one."""
    everything = tuple(known)
    return {study.uid: findings(study, prints, everything, gate.protocol) for study in studies}


def remember(instances: Iterable[Instance], prints: Prints, gate: Gate) -> None:
    """These are with XNAT now."""
    gate.journal.remember(prints[one.file] for one in instances if one.file in prints)
