"""What the index of a medium (DICOMDIR, PS3.3 annex F) says that lies on it, held against what came.

Laws: a study of which a part came is not whole, whoever judges it must know; a study of which nothing came was left
behind by a person who copied what was wanted, and is only counted. Several indexes that name one study are one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xnat_gate.core.finding import Effect, Finding, Severity

if TYPE_CHECKING:  # a Reading holds directories
    from xnat_gate.core.study import Reading

ID = "MEDIA"


@dataclass(frozen=True, slots=True)
class Directory:
    """One DICOMDIR: `file` as in an Instance; `objects`: StudyInstanceUID to the SOPInstanceUIDs that it names."""

    file: str
    objects: Mapping[str, frozenset[str]]


def absent(directory: Directory, reading: Reading) -> Mapping[str, int]:
    """How many of the objects that the index names did not come, by study; studies that came whole are left out."""
    return _absent(directory.objects, reading)


def findings(reading: Reading) -> Mapping[str, Finding]:
    """What stands against studies that came in part, by study, after all indexes of the reading."""
    missing = _absent(_together(reading.directories), reading)
    came = _studies_in(reading)
    return {study: _finding(study, count) for study, count in missing.items() if study in came}


def left_behind(directory: Directory, reading: Reading) -> int:
    """How many studies the index names of which nothing came."""
    came = _studies_in(reading)
    return sum(1 for study, objects in directory.objects.items() if objects and study not in came)


def _absent(objects: Mapping[str, frozenset[str]], reading: Reading) -> dict[str, int]:
    """A damaged file of a study came, too, and is spoken of elsewhere; which of the objects it is nobody can say."""
    came = {instance.sop_instance_uid for instance in reading.instances}
    damaged = Counter(item.study_uid for item in reading.unreadable)
    counts = {study: len(uids - came) - damaged[study] for study, uids in objects.items()}
    return {study: count for study, count in sorted(counts.items()) if count > 0}


def _together(directories: Iterable[Directory]) -> dict[str, frozenset[str]]:
    objects: dict[str, frozenset[str]] = defaultdict(frozenset)
    for directory in directories:
        for study, uids in directory.objects.items():
            objects[study] |= uids
    return objects


def _studies_in(reading: Reading) -> frozenset[str]:
    return frozenset(
        [instance.study_uid for instance in reading.instances]
        + [item.study_uid for item in reading.unreadable]
    )


def _finding(study_uid: str, count: int) -> Finding:
    more, were = ("1 more object", "was") if count == 1 else (f"{count} more objects", "were")
    return Finding(
        id=ID,
        severity=Severity.ERROR,
        effect=Effect.HOLD,
        message=f"The DICOMDIR names {more} of this study, which {were} not copied.",
        remedy="Copy the whole medium again; where a part is all that is wanted, copy it without the DICOMDIR.",
        about=(study_uid,),
    )
