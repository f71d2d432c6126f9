"""What a reference is for, by the path on which it stands in an object of its kind (PS3.3 A.17-A.20, A.29, A.39, A.51,
A.86).

Laws: an item is classed by its position, never by its class, since the item of RT Referenced Study Sequence looks like
an instance and names a study; a path that nobody knows is a cross edge.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.pointers import Path


class Edge(StrEnum):
    """What an absent target means for the object that names it."""

    SUPPORT = "support"
    """The object stands on it: the verdict follows."""
    CROSS = "cross"
    """It is useful beside it."""
    BACK = "back"
    """It stands on the object itself, as the doses that a plan names."""
    LINEAGE = "lineage"
    """It came before."""
    INDEX = "index"
    """It is listed once more, for finding it."""
    CONTEXT = "context"
    """No object at all: a study, a procedure step."""


_FRAME = "ReferencedFrameOfReferenceSequence"
HEADER_IMAGES = (_FRAME, "RTReferencedStudySequence", "RTReferencedSeriesSequence", "ContourImageSequence")
STUDY_ITEMS = (_FRAME, "RTReferencedStudySequence")
CONTOUR_IMAGES = ("ROIContourSequence", "ContourSequence", "ContourImageSequence")
STRUCTURES = ("ReferencedStructureSetSequence",)
PLANS = ("ReferencedRTPlanSequence",)
RECORDS = ("ReferencedTreatmentRecordSequence",)
OVERVIEW_STRUCTURES = ("PlanOverviewSequence", "ReferencedStructureSetSequence")
OVERVIEW_IMAGES = ("PlanOverviewSequence", "ReferencedImageSequence")
REGISTERED = ("RegistrationSequence", "ReferencedImageSequence")
DEFORMED = ("DeformableRegistrationSequence", "ReferencedImageSequence")
FIDUCIAL_SETS = ("FiducialSetSequence", "ReferencedImageSequence")
FIDUCIALS = (
    "FiducialSetSequence",
    "FiducialSequence",
    "GraphicCoordinatesDataSequence",
    "ReferencedImageSequence",
)
DERIVED_EACH = ("PerFrameFunctionalGroupsSequence", "DerivationImageSequence", "SourceImageSequence")
DERIVED_ALL = ("SharedFunctionalGroupsSequence", "DerivationImageSequence", "SourceImageSequence")
SURFACES = ("SegmentSequence", "ReferencedSurfaceSequence", "SegmentSurfaceSourceInstanceSequence")
LISTED = ("ReferencedSeriesSequence", "ReferencedInstanceSequence")
LISTED_ELSEWHERE = ("StudiesContainingOtherReferencedInstancesSequence", *LISTED)
SOURCES = ("SourceImageSequence",)
IMAGES = ("ReferencedImageSequence",)

SUPPORTING: dict[RTKind, tuple[Path, ...]] = {
    RTKind.STRUCTURE_SET: (HEADER_IMAGES, CONTOUR_IMAGES),
    RTKind.PLAN: (STRUCTURES,),
    RTKind.DOSE: (PLANS, STRUCTURES, RECORDS, OVERVIEW_STRUCTURES, OVERVIEW_IMAGES),
    RTKind.RT_IMAGE: (PLANS,),
    RTKind.RECORD: (PLANS,),
    RTKind.REGISTRATION: (REGISTERED, DEFORMED),
    RTKind.FIDUCIALS: (FIDUCIAL_SETS, FIDUCIALS),
    RTKind.SEGMENTATION: (DERIVED_EACH, DERIVED_ALL, SURFACES, LISTED, LISTED_ELSEWHERE, SOURCES, IMAGES),
}

_SECOND_GENERATION = frozenset(
    {
        "RTRadiationSequence",
        "ReferencedRTRadiationSequence",
        "ReferencedRTRadiationSetSequence",
        "ReferencedRTRadiationRecordSequence",
        "ReferencedRTInstanceSequence",
        "DefinitionSourceSequence",
    }
)
"""Sequences that carry objects of the second generation, wherever they stand (PS3.3 C.36)."""
_SEGMENTS = ("DirectSegmentReferenceSequence", "ReferencedSOPSequence")

_CONTEXT = frozenset(
    {
        "RTReferencedStudySequence",
        "ReferencedStudySequence",
        "ReferencedPerformedProcedureStepSequence",
        "ReferencedPatientSequence",
        "ReferencedVisitSequence",
    }
)
_LINEAGE = {
    RTKind.PLAN: frozenset({"ReferencedRTPlanSequence"}),
    RTKind.RECORD: frozenset({"ReferencedTreatmentRecordSequence"}),
    RTKind.DOSE: frozenset({"ReferencedInstanceSequence"}),
}
_BACK = {RTKind.PLAN: frozenset({"ReferencedDoseSequence"})}


@lru_cache(maxsize=4096)
def edge_of(kind: RTKind | None, path: Path) -> Edge:
    """`kind`: of the object that holds the reference, None for one that nobody stands on."""
    if not path:
        return Edge.CROSS
    last = path[-1]
    if last in _CONTEXT:
        return Edge.CONTEXT
    if any("Predecessor" in step for step in path):
        return Edge.LINEAGE
    if kind is None:
        return Edge.CROSS
    if path in SUPPORTING.get(kind, ()) or (kind is RTKind.SECOND_GENERATION and _carries(path)):
        return Edge.SUPPORT
    if last in _LINEAGE.get(kind, ()):
        return Edge.LINEAGE
    if last in _BACK.get(kind, ()):
        return Edge.BACK
    return Edge.INDEX if path in (LISTED, LISTED_ELSEWHERE) else Edge.CROSS


def _carries(path: Path) -> bool:
    return path[-1] in _SECOND_GENERATION or path[-2:] == _SEGMENTS
