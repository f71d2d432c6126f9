"""Instance, Series, Study: one DICOM study as the core sees it, and the grouping of instances into studies.

Laws: StudyInstanceUID alone says what belongs together, never the folder; nothing is invented: an absent
keyword is absent from the header, an empty one is there with no values; DICOM keywords keep their spelling.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xnat_gate.core.drawing import NOTHING_DRAWN, Drawing
from xnat_gate.core.media import Directory
from xnat_gate.core.pointers import Pointers

Header = Mapping[str, tuple[str, ...]]
"""Canonical name of an element (`core.addresses`) to its values as text: absent key = absent element, empty tuple =
present without a value. A sequence says "item" for each of its items, bulk says "bytes"; an element inside sequences
has the values of all items in the order of the file, "" for each item that lacks it or has it without a value."""

IDENTITY = (
    "PatientName",
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "Modality",
)
"""What no object may lack (check RT002)."""

READ_ALWAYS = (
    frozenset(IDENTITY)
    | {
        "DoseSummationType",
        "FrameOfReferenceUID",
        "ImageType",
        "IssuerOfPatientID",
        "PlanIntent",
        "RTPlanGeometry",
        "RTPlanLabel",
        "SeriesDescription",
        "SeriesNumber",
        "SpecificCharacterSet",
        "StructureSetLabel",
    }
    | {"MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "PatientBirthDate", "PatientSex"}
    | {
        "AcquisitionNumber",
        "AcquisitionTime",
        "BeamSequence.TreatmentDeliveryType",
        "ConcatenationUID",
        "Columns",
        "EchoTime",
        "GridFrameOffsetVector",
        "ImageOrientationPatient",
        "ImagePositionPatient",
        "InConcatenationNumber",
        "InConcatenationTotalNumber",
        "InstanceNumber",
        "IonBeamSequence.TreatmentDeliveryType",
        "NumberOfFrames",
        "NumberOfRRIntervals",
        "NumberOfSlices",
        "NumberOfTimeSlices",
        "NumberOfTimeSlots",
        "PatientPosition",
        "PatientSetupSequence.PatientPosition",
        "PixelSpacing",
        "RTROIObservationsSequence.RTROIInterpretedType",
        "RTROIObservationsSequence.ReferencedROINumber",
        "ReferencedBeamNumber",
        "ReferencedFractionGroupNumber",
        "Rows",
        "SeriesType",
        "TemporalPositionIdentifier",
        "TriggerTime",
        "SharedFunctionalGroupsSequence.PixelMeasuresSequence.PixelSpacing",
        "SharedFunctionalGroupsSequence.PlaneOrientationSequence.ImageOrientationPatient",
        "SharedFunctionalGroupsSequence.PlanePositionSequence.ImagePositionPatient",
        "PerFrameFunctionalGroupsSequence.PixelMeasuresSequence.PixelSpacing",
        "PerFrameFunctionalGroupsSequence.PlaneOrientationSequence.ImageOrientationPatient",
        "PerFrameFunctionalGroupsSequence.PlanePositionSequence.ImagePositionPatient",
    }
    | {
        "ApprovalStatus",
        "DoseType",
        "DoseUnits",
        "RTImageLabel",
        "RTPlanDate",
        "StructureSetDate",
        "StructureSetTime",
    }
    | {
        "BodyPartExamined",
        "BurnedInAnnotation",
        "ConversionType",
        "InstitutionAddress",
        "InstitutionName",
        "OperatorsName",
        "PatientIdentityRemoved",
        "PerformingPhysicianName",
        "PhysiciansOfRecord",
        "RecognizableVisualFeatures",
        "ReferringPhysicianName",
        "ReviewerName",
        "StationName",
    }
)
"""The keywords that the checks and the linkage ask for; a protocol adds its own."""


@dataclass(frozen=True)
class Instance:
    """One SOP instance. `file` names it to people: a '/'-separated path relative to what was read.

    `digest`: SHA-256 of the whole file in hex, set only where somebody had to know it (two files that claim one
    UID, or objects read back from XNAT). `part10`: the file begins with the preamble and file meta of PS3.10.
    """

    file: str
    header: Header
    pointers: Pointers = field(default_factory=Pointers)
    drawing: Drawing = NOTHING_DRAWN
    digest: str | None = None
    part10: bool = True

    def values(self, keyword: str) -> tuple[str, ...]:
        """All values; empty both for an absent and for an empty element (ask `header` to tell them apart)."""
        return self.header.get(keyword, ())

    def value(self, keyword: str) -> str:
        """The first value, or the empty string."""
        values = self.values(keyword)
        return values[0] if values else ""

    @property
    def sop_instance_uid(self) -> str:
        return self.value("SOPInstanceUID")

    @property
    def sop_class_uid(self) -> str:
        return self.value("SOPClassUID")

    @property
    def series_uid(self) -> str:
        return self.value("SeriesInstanceUID")

    @property
    def study_uid(self) -> str:
        return self.value("StudyInstanceUID")

    @property
    def modality(self) -> str:
        return self.value("Modality")


@dataclass(frozen=True)
class Series:
    """The instances of one study that carry one SeriesInstanceUID (which may be the empty string)."""

    uid: str
    instances: tuple[Instance, ...]

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(sorted({instance.modality for instance in self.instances}))

    @cached_property
    def called(self) -> tuple[str, str]:
        """SeriesNumber and SeriesDescription as most files have them, in whatever order these came."""
        said = Counter((one.value("SeriesNumber"), one.value("SeriesDescription")) for one in self.instances)
        return max(said, key=lambda one: (said[one], one))

    @property
    def name(self) -> str:
        """The words a radiographer would use: modality, number and description."""
        number, words = self.called
        kinds = "/".join(filter(None, self.modalities))
        return " ".join(part for part in (kinds, number and f"series {number}", words) if part)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is DICOM or may have been (it is empty, or all zeros), but cannot be read to its end.

    `study_uid`, `sop_instance_uid`, `sop_class_uid` where that much was read. `limit`: it may be whole, and is beyond
    what can be read.
    """

    file: str
    why: str
    study_uid: str = ""
    sop_instance_uid: str = ""
    sop_class_uid: str = ""
    limit: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was found in one place: every file is in exactly one of the four. `directories`: the indexes of media,
    which are neither objects nor junk."""

    instances: tuple[Instance, ...] = ()
    not_dicom: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    directories: tuple[Directory, ...] = ()


@dataclass(frozen=True)
class Study:
    """The instances that carry one StudyInstanceUID, and the damaged files known to belong to them."""

    uid: str
    instances: tuple[Instance, ...]
    damaged: tuple[Unreadable, ...] = ()

    @cached_property
    def series(self) -> tuple[Series, ...]:
        by_uid: dict[str, list[Instance]] = defaultdict(list)
        for instance in self.instances:
            by_uid[instance.series_uid].append(instance)
        return tuple(Series(uid, tuple(members)) for uid, members in sorted(by_uid.items()))

    @cached_property
    def by_uid(self) -> Mapping[str, tuple[Instance, ...]]:
        """SOPInstanceUID to the files that claim it: one, unless something is wrong."""
        claims: dict[str, list[Instance]] = defaultdict(list)
        for instance in self.instances:
            claims[instance.sop_instance_uid].append(instance)
        return {uid: tuple(files) for uid, files in claims.items()}


def group(reading: Reading) -> tuple[Study, ...]:
    """Studies in the order of their UIDs; instances without StudyInstanceUID form one study of empty UID."""
    by_study: dict[str, list[Instance]] = defaultdict(list)
    for instance in reading.instances:
        by_study[instance.study_uid].append(instance)
    return tuple(
        Study(uid, tuple(members), damaged_in(uid, reading.unreadable))
        for uid, members in sorted(by_study.items())
    )


def damaged_in(study_uid: str, unreadable: Iterable[Unreadable]) -> tuple[Unreadable, ...]:
    """The unreadable files whose header still told that they belong to this study."""
    return tuple(item for item in unreadable if study_uid and item.study_uid == study_uid)
