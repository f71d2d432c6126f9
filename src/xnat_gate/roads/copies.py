"""Whether what arrives is a copy of something that came before under another name: looked up and remembered.

Law: an object is remembered once it is with XNAT; only digests are kept, of the patient ID, too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from xnat_gate.core.finding import Finding
from xnat_gate.core.likeness import Print, findings
from xnat_gate.core.study import Instance, Reading, Study
from xnat_gate.edge.dicom_files.prints import print_of
from xnat_gate.roads.gate import Gate

Prints = Mapping[str, Print]
"""By the `file` of the instance."""


def prints_of(reading: Reading, folder: Path) -> Prints:
    """A file that cannot be read to its end now is told of by whoever has to read it."""
    found: dict[str, Print] = {}
    for one in reading.instances:
        with contextlib.suppress(OSError):
            found[one.file] = print_of(folder / one.file, one)
    return found


def likenesses(studies: Iterable[Study], prints: Prints, gate: Gate) -> dict[str, tuple[Finding, ...]]:
    """By StudyInstanceUID: what is known of copies, of earlier arrivals and of the others of this one."""
    known = (*gate.journal.alike(prints.values()), *prints.values())
    return {study.uid: findings(study, prints, known, gate.protocol) for study in studies}


def remember(instances: Iterable[Instance], prints: Prints, gate: Gate) -> None:
    """These are with XNAT now."""
    gate.journal.remember(prints[one.file] for one in instances if one.file in prints)
