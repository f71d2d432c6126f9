"""What carries an object: the references on which it stands, and what may take their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xnat_gate.core.linkage.edges import (
    CONTOUR_IMAGES,
    DEFORMED,
    DERIVED_ALL,
    DERIVED_EACH,
    FIDUCIAL_SETS,
    FIDUCIALS,
    HEADER_IMAGES,
    IMAGES,
    LISTED,
    LISTED_ELSEWHERE,
    OVERVIEW_IMAGES,
    OVERVIEW_STRUCTURES,
    PLANS,
    RECORDS,
    REGISTERED,
    STRUCTURES,
    Edge,
    edge_of,
)
from xnat_gate.core.linkage.kinds import RTKind, kind_of
from xnat_gate.core.linkage.summation import Summation, summation_of
from xnat_gate.core.pointers import Path, Reference
from xnat_gate.core.study import Instance

_PICTURES = frozenset({None, RTKind.RT_IMAGE, RTKind.DOSE, RTKind.SEGMENTATION, RTKind.SECOND_GENERATION})
"""All that has pixels, or may have."""

_TARGETS: dict[Path, frozenset[RTKind | None]] = {
    HEADER_IMAGES: frozenset({None, RTKind.RT_IMAGE}),
    CONTOUR_IMAGES: frozenset({None, RTKind.RT_IMAGE}),
    OVERVIEW_IMAGES: frozenset({None}),
    REGISTERED: _PICTURES,
    DEFORMED: _PICTURES,
    FIDUCIAL_SETS: _PICTURES,
    FIDUCIALS: _PICTURES,
    DERIVED_EACH: _PICTURES,
    DERIVED_ALL: _PICTURES,
    STRUCTURES: frozenset({RTKind.STRUCTURE_SET}),
    OVERVIEW_STRUCTURES: frozenset({RTKind.STRUCTURE_SET}),
    PLANS: frozenset({RTKind.PLAN}),
    RECORDS: frozenset({RTKind.RECORD}),
}
"""What a reference on this path may point at; None is an image. Paths not listed may point at anything."""

_WITHOUT_PLAN = {
    Summation.PLAN_OVERVIEW: (OVERVIEW_STRUCTURES, OVERVIEW_IMAGES),
    Summation.RECORD: (RECORDS,),
}
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


def fits(reference: Reference, target: Instance) -> bool:
    """Whether the target is of the kind that a reference on this path may name, and has the frames that it names."""
    may = _TARGETS.get(reference.path)
    return (may is None or kind_of(target.sop_class_uid) in may) and _has_frames(reference, target)


def _has_frames(reference: Reference, target: Instance) -> bool:
    """An image without NumberOfFrames has one."""
    if not reference.frames:
        return True
    told = target.value("NumberOfFrames")
    last = int(told) if told.isdecimal() and len(told) <= 12 else 1
    return min(reference.frames) >= 1 and max(reference.frames) <= last


def on(instance: Instance, *paths: Path) -> tuple[Reference, ...]:
    """The references that stand on one of these paths."""
    return tuple(ref for ref in instance.pointers.references if ref.path in paths)


def with_edge(instance: Instance, *edges: Edge) -> Iterator[Reference]:
    """The references of these classes."""
    kind = kind_of(instance.sop_class_uid)
    return (ref for ref in instance.pointers.references if edge_of(kind, ref.path) in edges)


def support(instance: Instance, kind: RTKind) -> Evidence:
    """What this object stands on."""
    if kind is RTKind.DOSE:
        return _of_dose(instance)
    named = tuple(with_edge(instance, Edge.SUPPORT))
    if kind is RTKind.SECOND_GENERATION:
        return Evidence(named or _listed(instance, tuple(with_edge(instance, Edge.INDEX))))
    if kind is RTKind.SEGMENTATION:
        named = _listed(instance, tuple(ref for ref in named if ref.path != IMAGES) or named)
    if kind in (RTKind.PLAN, RTKind.RECORD, RTKind.RT_IMAGE):
        return Evidence(named)
    own = kind is not RTKind.REGISTRATION  # which stands in the frame that it leads to
    return Evidence(
        named=named,
        contoured=on(instance, CONTOUR_IMAGES),
        series_uids=instance.pointers.series_uids,
        frame_uids=tuple(dict.fromkeys(one.uid for one in instance.pointers.frames if own or one.path)),
    )


def _listed(instance: Instance, named: tuple[Reference, ...]) -> tuple[Reference, ...]:
    """Without what only the index names, and what the object says elsewhere came before it or gave its definition: an
    index holds whatever is named anywhere (PS3.3 C.12.2)."""
    beside = {
        ref.sop_instance_uid
        for ref in instance.pointers.references
        if ref.path[-1] == "DefinitionSourceSequence"
        or edge_of(kind_of(instance.sop_class_uid), ref.path) is Edge.LINEAGE
    }
    beside -= {ref.sop_instance_uid for ref in named if ref.path not in (LISTED, LISTED_ELSEWHERE)}
    return tuple(ref for ref in named if ref.sop_instance_uid not in beside)


def _of_dose(instance: Instance) -> Evidence:
    return Evidence(named=on(instance, *carriers(instance)), instead=on(instance, STRUCTURES))


def carriers(dose: Instance) -> tuple[Path, ...]:
    """Where a dose names what it stands on: its plans, unless it lawfully names none."""
    summation = summation_of(dose)
    if summation is None or on(dose, PLANS):
        return (PLANS,)
    return _WITHOUT_PLAN.get(summation, (PLANS,))
