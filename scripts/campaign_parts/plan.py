"""What is sent and dropped: an endless row of made-up studies that follows from the seed alone.

Laws: the same seed gives the same studies, bytes and doors; every object is of one study, one file and one door; every
study has a patient of its own, so that no two can run into each other by their labels.
"""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydicom import Dataset, dcmread

from xnat_gate.sandbox.phantoms import (
    Patient,
    ct_series,
    orphan_structure_set,
    rt_study,
    save,
    study_uid,
    ultrasound,
)

HOSPITAL, QUARANTINE = "HOSPITAL", "QUARANTINE"
RT = frozenset({"RTSTRUCT", "RTPLAN", "RTDOSE"})


class Door(StrEnum):
    PUSHED = "pushed"
    DROPPED = "dropped"


class Place(StrEnum):
    """Where something may end. Below the state folder there may be others, and nothing ends there."""

    ARCHIVE = "archive"
    PREARCHIVE = "prearchive"
    REJECTED = "rejected/"


IN_XNAT = frozenset({Place.ARCHIVE, Place.PREARCHIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One file. `key`: its SOPInstanceUID, or its SHA-256 where it is no DICOM; `sha256`: of the file; `content`: of
    the transfer syntax and the encoded data set, which a receiver has to keep; `places`: where it may end."""

    key: str
    study_uid: str
    path: Path
    door: Door
    places: frozenset[Place]
    project: str
    sha256: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """`kind` is told in the table."""

    number: int
    kind: str
    things: tuple[Thing, ...]

    def by(self, door: Door) -> tuple[Thing, ...]:
        return tuple(thing for thing in self.things if thing.door is door)


WEIGHTS = {
    "images": 40,
    "RT": 18,
    "big images": 12,
    "images dropped": 9,
    "RT dropped": 9,
    "by both doors": 6,
    "ultrasound": 3,
    "orphan dropped": 3,
}


def studies(seed: int, folder: Path) -> Iterator[StudyPlan]:
    """Written below `folder` as they are asked for."""
    chance = random.Random(f"{seed}/plan")
    number = 0
    while True:
        number += 1
        kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        yield _study(number, kind, chance, folder / str(number))


def digests(raw: bytes) -> tuple[str, str, str]:
    """SOPInstanceUID (empty for what is no DICOM), SHA-256 of the file, SHA-256 of transfer syntax and data set."""
    whole = hashlib.sha256(raw).hexdigest()
    if raw[128:132] != b"DICM":
        return "", whole, whole
    head = dcmread(io.BytesIO(raw), stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
    start = 144 + int.from_bytes(raw[140:144], "little")
    syntax = str(head.file_meta.TransferSyntaxUID).encode()
    return str(head.SOPInstanceUID), whole, hashlib.sha256(syntax + b"\n" + raw[start:]).hexdigest()


def _study(number: int, kind: str, chance: random.Random, folder: Path) -> StudyPlan:
    patient = Patient(f"PHANTOM^{number}", f"C-{number}")
    slices = chance.randint(3, 9)
    if kind in ("RT", "RT dropped"):
        rt_study(folder, patient, number, slices)
    elif kind == "ultrasound":
        ultrasound(folder, patient, number)
    elif kind == "orphan dropped":
        orphan_structure_set(folder, patient, number)
    elif kind == "big images":
        for image in ct_series(None, patient, number, slices=3):
            save(_fatter(image, chance), folder / f"CT.{image.InstanceNumber}.dcm")
    else:
        ct_series(folder, patient, number, slices=slices)
    if kind == "RT dropped":
        (folder / "notes.txt").write_text(f"Nothing to see here: {number}\n", encoding="utf-8")
    files = sorted(folder.iterdir())
    return StudyPlan(
        number=number,
        kind=kind,
        things=tuple(_thing(path, number, _door(kind, at, len(files))) for at, path in enumerate(files)),
    )


def _fatter(image: Dataset, chance: random.Random) -> Dataset:
    """So long that a kill finds it on its way."""
    image.add_new(0x00090010, "LO", "PHANTOM")
    image.add_new(0x00091001, "UN", chance.randbytes(chance.randrange(100_000, 600_000, 2)))
    return image


def _door(kind: str, at: int, of: int) -> Door:
    dropped = kind.endswith("dropped") or (kind == "by both doors" and at >= of // 2)
    return Door.DROPPED if dropped else Door.PUSHED


def _thing(path: Path, number: int, door: Door) -> Thing:
    uid, sha256, content = digests(path.read_bytes())
    modality = path.name.split(".")[0]
    places = {"notes": frozenset({Place.REJECTED})}.get(modality, IN_XNAT)
    if modality in RT:
        places |= {Place.REJECTED}  # when the kills have kept its images away for too long
    return Thing(
        key=uid or sha256,
        study_uid=study_uid(number),
        path=path,
        door=door,
        places=places,
        project=QUARANTINE if modality == "US" else HOSPITAL,
        sha256=sha256,
        content=content,
    )
