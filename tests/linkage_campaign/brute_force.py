"""A second reader of references, by brute force: every sequence of every file is walked with pydicom.

Laws: nothing is shared with the program, so none of its errors is; what supports an object is written down here once
more, from PS3.3; whoever is not sure says no.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from io import BytesIO

from pydicom import dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

STORAGE = "1.2.840.10008.5.1.4.1.1."
RT = f"{STORAGE}481."
STRUCTURE_SET, DOSE, IMAGE_OF_LINAC = f"{RT}3", f"{RT}2", f"{RT}1"
PLANS, RECORDS = frozenset({f"{RT}5", f"{RT}8"}), frozenset(f"{RT}{tail}" for tail in (4, 6, 7, 9))
SEGMENTATIONS = frozenset(f"{STORAGE}66.{tail}" for tail in (4, 5, 7, 8))
REGISTRATIONS = frozenset(f"{STORAGE}66.{tail}" for tail in (1, 2, 3))
FIDUCIALS = f"{STORAGE}66.2"
JUDGED = frozenset({STRUCTURE_SET, DOSE, IMAGE_OF_LINAC}) | PLANS | RECORDS | SEGMENTATIONS | REGISTRATIONS

Path = tuple[str, ...]
STRUCTURES: Path = ("ReferencedStructureSetSequence",)
TREATED: Path = ("ReferencedRTPlanSequence",)
OF_STRUCTURES: tuple[Path, ...] = (
    (
        "ReferencedFrameOfReferenceSequence",
        "RTReferencedStudySequence",
        "RTReferencedSeriesSequence",
        "ContourImageSequence",
    ),
    ("ROIContourSequence", "ContourSequence", "ContourImageSequence"),
)
OF_SEGMENTS: tuple[Path, ...] = (
    ("PerFrameFunctionalGroupsSequence", "DerivationImageSequence", "SourceImageSequence"),
    ("SharedFunctionalGroupsSequence", "DerivationImageSequence", "SourceImageSequence"),
    ("SegmentSequence", "ReferencedSurfaceSequence", "SegmentSurfaceSourceInstanceSequence"),
    ("ReferencedSeriesSequence", "ReferencedInstanceSequence"),
    (
        "StudiesContainingOtherReferencedInstancesSequence",
        "ReferencedSeriesSequence",
        "ReferencedInstanceSequence",
    ),
    ("SourceImageSequence",),
    ("ReferencedImageSequence",),
)
OF_REGISTRATIONS: tuple[Path, ...] = (
    ("RegistrationSequence", "ReferencedImageSequence"),
    ("DeformableRegistrationSequence", "ReferencedImageSequence"),
    ("FiducialSetSequence", "ReferencedImageSequence"),
    (
        "FiducialSetSequence",
        "FiducialSequence",
        "GraphicCoordinatesDataSequence",
        "ReferencedImageSequence",
    ),
)
OVERVIEW: tuple[Path, ...] = (
    ("PlanOverviewSequence", "ReferencedStructureSetSequence"),
    ("PlanOverviewSequence", "ReferencedImageSequence"),
)
RECORDED: Path = ("ReferencedTreatmentRecordSequence",)


class Object:
    """One whole file, as pydicom reads it."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.digest = hashlib.sha256(content).hexdigest()
        self.data = dcmread(BytesIO(content), force=True)
        self.uid, self.sop_class = said(self.data, "SOPInstanceUID"), said(self.data, "SOPClassUID")
        self.patient, self.study = said(self.data, "PatientID"), said(self.data, "StudyInstanceUID")
        self.references = tuple(references(self.data))

    @property
    def frames(self) -> int:
        told = said(self.data, "NumberOfFrames")
        return int(told) if told.isdecimal() and len(told) < 10 else 1

    @property
    def stands_on(self) -> list[tuple[Path, Dataset]]:
        """The items that must lead to something."""
        paths = self._paths()
        beside = {
            said(item, "ReferencedSOPInstanceUID")
            for path, item in self.references
            if path[-1] == "DefinitionSourceSequence" or any("Predecessor" in step for step in path)
        }
        beside -= {
            said(item, "ReferencedSOPInstanceUID")
            for path, item in self.references
            if path in paths and path[-2:] != ("ReferencedSeriesSequence", "ReferencedInstanceSequence")
        }
        aside = beside if self.sop_class in SEGMENTATIONS else set[str]()
        return [
            (path, item)
            for path, item in self.references
            if path in paths and said(item, "ReferencedSOPInstanceUID") not in aside
        ]

    def _paths(self) -> tuple[Path, ...]:
        if self.sop_class == STRUCTURE_SET:
            return OF_STRUCTURES
        if self.sop_class in PLANS:
            return (STRUCTURES,)
        if self.sop_class in SEGMENTATIONS:
            better = any(path in OF_SEGMENTS[:-1] for path, _ in self.references)
            return OF_SEGMENTS[:-1] if better else OF_SEGMENTS
        if self.sop_class in REGISTRATIONS:
            return OF_REGISTRATIONS
        if self.sop_class == DOSE and not any(path == TREATED for path, _ in self.references):
            summation = said(self.data, "DoseSummationType")
            return {"PLAN_OVERVIEW": OVERVIEW, "RECORD": (RECORDED,)}.get(summation, ())
        return (TREATED,)


def said(data: Dataset, keyword: str) -> str:
    """The text of an element as it stands in the bytes, without padding; whatever is in it."""
    try:
        found = data.get_item(Tag(keyword))
    except KeyError:
        return ""
    if found is None or found.value is None:
        return ""
    raw = found.value if isinstance(found, RawDataElement) else str(found.value)
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace")
    return raw.strip(" \0")


def references(data: Dataset, above: Path = ()) -> Iterator[tuple[Path, Dataset]]:
    """Every item, at whatever depth, that names an instance."""
    for tag in list(data.keys()):
        found = data.get_item(tag)
        vr = (found.VR if found is not None else None) or (
            dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"
        )
        if vr != "SQ":
            continue
        element = data[tag]
        path = (*above, element.keyword or str(element.tag))
        for item in element.value:
            if said(item, "ReferencedSOPInstanceUID"):
                yield path, item
            yield from references(item, path)


class Folder:
    """The whole files of a folder, by name."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.objects = [Object(name, content) for name, content in files.items()]

    def unique(self, study: str) -> bool:
        """Whether no two files of different content claim one identity in this study."""
        claims = {(one.uid, one.digest) for one in self.objects if one.study == study}
        return len(claims) == len({uid for uid, _ in claims})

    def complete(self, one: Object, on_the_way: tuple[str, ...] = ()) -> bool:
        """Whether all that it stands on is here, whole, unique in its study, of this patient and of the class named,
        and complete itself."""
        if one.sop_class not in JUDGED:
            return True
        if one.uid in on_the_way:
            return False
        items = one.stands_on
        found = all(self._leads(one, path, item, (*on_the_way, one.uid)) for path, item in items)
        return bool(items) and found and self._framed(one)

    def _leads(self, one: Object, path: Path, item: Dataset, on_the_way: tuple[str, ...]) -> bool:
        uid, named = said(item, "ReferencedSOPInstanceUID"), said(item, "ReferencedSOPClassUID")
        meant = [
            other
            for other in self.objects
            if (other.uid, other.study, other.patient) == (uid, one.study, one.patient)
            and named in ("", other.sop_class)
            and _may(path, other.sop_class)
            and _has(other, said(item, "ReferencedFrameNumber"))
        ]
        claims = {other.digest for other in self.objects if (other.uid, other.study) == (uid, one.study)}
        return bool(meant) and len(claims) == 1 and self.complete(meant[0], on_the_way)

    def _framed(self, one: Object) -> bool:
        """Items of a registration that name a frame of reference and no image need something in that frame; and what
        everything is registered to is the frame of an item, or of something."""
        if one.sop_class not in REGISTRATIONS:
            return True
        here = {
            said(other.data, "FrameOfReferenceUID")
            for other in self.objects
            if other.study == one.study and other.sop_class not in JUDGED
        }
        sequences = ("RegistrationSequence", "DeformableRegistrationSequence", "FiducialSetSequence")
        items = [item for keyword in sequences for item in one.data.get(keyword) or ()]
        blind = [item for item in items if not any(True for _ in references(item))]
        words = ("FrameOfReferenceUID", "SourceFrameOfReferenceUID")
        frames = {said(item, word) for item in blind for word in words} - {""}
        own = said(one.data, "FrameOfReferenceUID")
        if one.sop_class != FIDUCIALS and own not in {said(item, word) for item in items for word in words}:
            frames |= {own} - {""}
        return all(frame in here or frame.startswith("1.2.840.10008.") for frame in frames)


def _may(path: Path, sop_class: str) -> bool:
    """Whether an object of this class can stand behind such a reference."""
    last = path[-1]
    if last == "ReferencedStructureSetSequence":
        return sop_class == STRUCTURE_SET
    if last == "ReferencedRTPlanSequence":
        return sop_class in PLANS
    if last == "ReferencedTreatmentRecordSequence":
        return sop_class in RECORDS
    if path in OF_STRUCTURES:
        return sop_class not in JUDGED
    if path in OF_REGISTRATIONS or path in OF_SEGMENTS[:2]:
        return sop_class not in PLANS | RECORDS | REGISTRATIONS | {STRUCTURE_SET}
    return True


def _has(target: Object, frames: str) -> bool:
    numbers = [text.strip().lstrip("+") for text in frames.split("\\")]
    known = [int(text) if len(text) < 12 else 10**12 for text in numbers if text.isdecimal()]
    return all(1 <= number <= target.frames for number in known)  # frames count from 1 (PS3.3 10.3)
