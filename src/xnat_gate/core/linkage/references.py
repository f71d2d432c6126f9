"""Which references carry an RT object, by the path on which they stand (PS3.3 A.18-A.20).

Law: a path that is not listed here carries nothing; it is a cross reference at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from xnat_gate.core.pointers import Reference
from xnat_gate.core.study import Instance


class RTKind(StrEnum):
    """The RT objects whose links are judged."""

    STRUCTURE_SET = "structure set"
    PLAN = "plan"
    DOSE = "dose"


_KINDS = {
    "1.2.840.10008.5.1.4.1.1.481.2": RTKind.DOSE,
    "1.2.840.10008.5.1.4.1.1.481.3": RTKind.STRUCTURE_SET,
    "1.2.840.10008.5.1.4.1.1.481.5": RTKind.PLAN,
    "1.2.840.10008.5.1.4.1.1.481.8": RTKind.PLAN,  # RT Ion Plan
}

_FRAME = "ReferencedFrameOfReferenceSequence"
HEADER_IMAGES = (_FRAME, "RTReferencedStudySequence", "RTReferencedSeriesSequence", "ContourImageSequence")
CONTOUR_IMAGES = ("ROIContourSequence", "ContourSequence", "ContourImageSequence")
STRUCTURES = ("ReferencedStructureSetSequence",)
PLANS = ("ReferencedRTPlanSequence",)
OVERVIEW_STRUCTURES = ("PlanOverviewSequence", "ReferencedStructureSetSequence")
OVERVIEW_IMAGES = ("PlanOverviewSequence", "ReferencedImageSequence")
RECORDS = ("ReferencedTreatmentRecordSequence",)

_TARGETS: dict[tuple[str, ...], RTKind | None] = {
    HEADER_IMAGES: None,
    CONTOUR_IMAGES: None,
    OVERVIEW_IMAGES: None,
    STRUCTURES: RTKind.STRUCTURE_SET,
    OVERVIEW_STRUCTURES: RTKind.STRUCTURE_SET,
    PLANS: RTKind.PLAN,
    RECORDS: None,
}
"""What a reference on this path may point at; None is an image or a treatment record. Paths not listed may point at
anything."""

_WITHOUT_PLAN = {"PLAN_OVERVIEW": (OVERVIEW_STRUCTURES, OVERVIEW_IMAGES), "RECORD": (RECORDS,)}
"""Dose summation types that lawfully name no plan (PS3.3 C.8.8.3), and what carries them instead."""


@dataclass(frozen=True)
class Evidence:
    """`named`: references that must resolve; `contoured`: those of them that carry contours; `instead`: references
    that keep a chain to the images when no named one resolves; series and frames as in Pointers."""

    named: tuple[Reference, ...] = ()
    contoured: tuple[Reference, ...] = ()
    instead: tuple[Reference, ...] = ()
    series_uids: tuple[str, ...] = ()
    frame_uids: tuple[str, ...] = ()


def kind_of(sop_class_uid: str) -> RTKind | None:
    """By SOP class, never by Modality: an ion plan says RTPLAN, and a plan may say anything."""
    return _KINDS.get(sop_class_uid)


def is_rt_class(sop_class_uid: str) -> bool:
    """Any object of the RT family (1.2.840.10008.5.1.4.1.1.481.x), judged here or not."""
    return sop_class_uid.startswith("1.2.840.10008.5.1.4.1.1.481.")


def fits(reference: Reference, target: Instance) -> bool:
    """Whether the target is of the kind that a reference on this path may name."""
    return reference.path not in _TARGETS or kind_of(target.sop_class_uid) is _TARGETS[reference.path]


def on(instance: Instance, *paths: tuple[str, ...]) -> tuple[Reference, ...]:
    """The references that stand on one of these paths."""
    return tuple(ref for ref in instance.pointers.references if ref.path in paths)


def support(instance: Instance, kind: RTKind) -> Evidence:
    """What this object stands on."""
    if kind is RTKind.STRUCTURE_SET:
        return Evidence(
            named=on(instance, HEADER_IMAGES, CONTOUR_IMAGES),
            contoured=on(instance, CONTOUR_IMAGES),
            series_uids=instance.pointers.series_uids,
            frame_uids=instance.pointers.frame_uids,
        )
    if kind is RTKind.PLAN:
        return Evidence(named=on(instance, STRUCTURES))
    other = _WITHOUT_PLAN.get(instance.value("DoseSummationType"))
    if other is not None and not on(instance, PLANS):
        return Evidence(named=on(instance, *other), instead=on(instance, STRUCTURES))
    return Evidence(named=on(instance, PLANS), instead=on(instance, STRUCTURES))
