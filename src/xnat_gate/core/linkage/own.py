"""The verdict on one object's own edges, situation by situation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from xnat_gate.core.drawing import Drawing
from xnat_gate.core.linkage.items import ITEMISED, by_items
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.presence import Presence
from xnat_gate.core.linkage.references import Evidence, support
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.pointers import Reference
from xnat_gate.core.study import Instance

Found = Mapping[str, tuple[Instance, ...]]
"""Referenced SOP instance UID to the files that can be meant by it."""


def judge_own(instance: Instance, kind: RTKind, presence: Presence) -> RTLink:
    evidence = support(instance, kind)
    counted = _count(instance, kind, evidence, presence)
    if kind in ITEMISED and counted.reason is not Reason.TARGET_AMBIGUOUS:
        counted = by_items(counted, presence) or counted
    if counted.present or counted.own is not Linkage.ORPHAN:
        return counted
    match kind:
        case RTKind.STRUCTURE_SET | RTKind.SEGMENTATION:
            return _without_images(counted, evidence, presence)
        case RTKind.FIDUCIALS | RTKind.REGISTRATION:
            return _without_images(counted, evidence, presence) if counted.referenced else counted
        case RTKind.DOSE:
            return _dose_without_plan(counted, evidence, presence)
        case RTKind.PLAN:
            return _plan_without_structures(counted)
        case RTKind.RECORD | RTKind.RT_IMAGE | RTKind.SECOND_GENERATION:
            return _alone(counted)


def _count(instance: Instance, kind: RTKind, evidence: Evidence, presence: Presence) -> RTLink:
    """The verdict by counting alone: how many of the named instances are here."""
    found = _find(evidence.named, instance, presence)
    sessions = {uid: presence.elsewhere(uid) for uid, targets in found.items() if not targets}
    elsewhere = {uid: label for uid, label in sessions.items() if label is not None}
    here = {uid for uid, targets in found.items() if targets}
    there = here | elsewhere.keys()
    lost = [ref for ref in evidence.contoured if ref.sop_instance_uid not in there]
    own, reason = _by_count(found, len(there), presence)
    return RTLink(
        instance=instance,
        kind=kind,
        own=own,
        reason=reason,
        effective=own,
        referenced=len(found),
        present=len(there),
        missing=tuple(uid for uid in found if uid not in there),
        missing_contoured=tuple(dict.fromkeys(ref.sop_instance_uid for ref in lost)),
        missing_rois=tuple(dict.fromkeys(ref.roi for ref in lost if ref.roi)),
        stands_on=tuple(uid for uid in found if uid in here),
        damaged=tuple(uid for uid in found if uid not in there and presence.damaged(uid)),
        elsewhere=len(elsewhere),
        sessions=tuple(sorted({label for label in elsewhere.values() if label})),
        other_series=_in_other_series(found, set(evidence.series_uids), presence),
    )


def _in_other_series(found: Found, named: Set[str], presence: Presence) -> bool:
    """Whether a named series is not here, and something that is here lies in a series that is not named."""
    if all(presence.any_image_series((uid,)) for uid in named):
        return False
    return any(target.series_uid not in named for targets in found.values() for target in targets)


def _find(named: Iterable[Reference], source: Instance, presence: Presence) -> Found:
    """What is here of each named instance: files that every reference to it can mean."""
    found: dict[str, tuple[Instance, ...]] = {}
    for reference in named:
        targets = presence.find(reference, source)
        before = found.get(reference.sop_instance_uid)
        if before is not None and before != targets:
            fitting = set(map(id, targets))
            targets = tuple(target for target in before if id(target) in fitting)
        found[reference.sop_instance_uid] = targets
    return found


def _by_count(found: Found, present: int, presence: Presence) -> tuple[Linkage, Reason]:
    if any(targets and presence.disputed(uid) for uid, targets in found.items()):
        return Linkage.UNVERIFIABLE, Reason.TARGET_AMBIGUOUS
    if not found:
        return Linkage.ORPHAN, Reason.NO_REFERENCE
    if present == len(found):
        return Linkage.LINKED, Reason.INSTANCE_ALL
    if present:
        return Linkage.PARTIAL, Reason.INSTANCE_SOME
    if any(presence.claimed(uid) for uid in found):
        return Linkage.ORPHAN, Reason.TARGET_MISMATCH
    return Linkage.ORPHAN, Reason.TARGET_ABSENT


def _without_images(counted: RTLink, evidence: Evidence, presence: Presence) -> RTLink:
    """No named image is here: what else fits tells a person where to look, and links nothing."""
    if counted.reason is Reason.TARGET_MISMATCH:
        return counted
    series_here = presence.any_image_series(evidence.series_uids)
    if counted.referenced and series_here:
        return counted.judged(Linkage.ORPHAN, Reason.SERIES_PRESENT_INSTANCES_ABSENT)
    volumes = presence.volumes_in(evidence.frame_uids)
    if counted.referenced:
        return counted.judged(Linkage.ORPHAN, Reason.FRAME_ONLY_INSTANCES_ABSENT) if volumes else counted
    if series_here:
        return counted.judged(Linkage.UNVERIFIABLE, Reason.SERIES_ONLY)
    if evidence.series_uids:
        return counted.judged(Linkage.ORPHAN, Reason.SERIES_ABSENT)
    return _by_frame(counted, volumes)


def _by_frame(counted: RTLink, volumes: int) -> RTLink:
    """A conformant structure set may name no image at all (PS3.3 C.8.8.5, type 3): only its frame can fit."""
    if not volumes:
        return counted
    if _holds_points_only(counted.instance.drawing):
        return counted.judged(Linkage.UNVERIFIABLE, Reason.STANDALONE_ALLOWED)
    return counted.judged(
        Linkage.UNVERIFIABLE, Reason.FRAME_UNIQUE if volumes == 1 else Reason.FRAME_AMBIGUOUS
    )


def _holds_points_only(drawing: Drawing) -> bool:
    """And nothing of which the kind is not known."""
    known = not drawing.unmeasured and all(outline.kind for outline in drawing.outlines)
    return known and drawing.kinds == {"POINT"}


def _plan_without_structures(counted: RTLink) -> RTLink:
    """Geometry TREATMENT_DEVICE says that no structure set exists (PS3.3 C.8.8.9)."""
    device = counted.instance.value("RTPlanGeometry") == "TREATMENT_DEVICE"
    if device and not counted.referenced:
        return counted.judged(Linkage.UNVERIFIABLE, Reason.STANDALONE_ALLOWED)
    return counted


def _alone(counted: RTLink) -> RTLink:
    """An RT image need not name a plan (PS3.3 C.8.8.2, type 3), a record may leave the sequence empty (C.8.8.17, type
    2), and an object of the second generation may stand by itself."""
    return counted if counted.referenced else counted.judged(Linkage.UNVERIFIABLE, Reason.STANDALONE_ALLOWED)


def _dose_without_plan(counted: RTLink, evidence: Evidence, presence: Presence) -> RTLink:
    """The chain to the images may still exist through the structure set of the DVH or header."""
    here = tuple(ref.sop_instance_uid for ref in evidence.instead if presence.find(ref, counted.instance))
    if here or any(presence.elsewhere(ref.sop_instance_uid) is not None for ref in evidence.instead):
        return counted.judged(Linkage.PARTIAL, Reason.PLAN_ABSENT_STRUCT_PRESENT, stands_on=here)
    if evidence.instead and counted.reason is Reason.NO_REFERENCE:
        return counted.judged(Linkage.ORPHAN, Reason.TARGET_ABSENT)
    return counted
