"""Registrations and fiducials: each of their items names images or a frame of reference, and is here or not (PS3.3
C.20.2, C.20.3, C.21.2).

Laws: an item is whole when all images that it names are here, or when it names none and its frame has images here, of
whatever kind; images prove, a frame suggests; the frame that everything is registered to can be missed and proves
nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from xnat_gate.core.linkage.edges import SUPPORTING
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.presence import Presence
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.study import Instance

ITEMISED = (RTKind.REGISTRATION, RTKind.FIDUCIALS)
_HOLDING = ("RegistrationSequence", "DeformableRegistrationSequence", "FiducialSetSequence")
_WELL_KNOWN = "1.2.840.10008."
"""How frames of reference of atlases begin (PS3.6 A): nobody sends images of them."""


@dataclass(frozen=True)
class Item:
    """What one item names: images by their UIDs, or a frame of reference."""

    images: frozenset[str]
    frames: frozenset[str]


def items_of(instance: Instance, kind: RTKind) -> tuple[Item, ...]:
    """In the order of the file, without those that name nothing or an atlas."""
    images: dict[tuple[str, int], set[str]] = defaultdict(set)
    frames: dict[tuple[str, int], set[str]] = defaultdict(set)
    for ref in instance.pointers.references:
        if ref.path in SUPPORTING[kind]:
            images[ref.path[0], ref.item].add(ref.sop_instance_uid)
    for frame in instance.pointers.frames:
        if len(frame.path) == 1 and frame.path[0] in _HOLDING and not frame.uid.startswith(_WELL_KNOWN):
            frames[frame.path[0], frame.item].add(frame.uid)
    return tuple(
        Item(frozenset(images.get(key, ())), frozenset(frames.get(key, ())))
        for key in sorted(images.keys() | frames.keys())
    )


def by_items(counted: RTLink, presence: Presence) -> RTLink | None:
    """The verdict by items on what has been counted; None when not one of them is whole."""
    items = items_of(counted.instance, counted.kind)
    named = [item for item in items if item.images]
    by_images = [item for item in named if item.images.isdisjoint(counted.missing)]
    series = [presence.images_in(item.frames) for item in items if not item.images]
    if not by_images and not any(series):
        return None
    if len(by_images) < len(named):
        return counted.judged(Linkage.PARTIAL, Reason.INSTANCE_SOME)
    if not all(series) or not _is_target_here(counted, items, presence):
        return counted.judged(Linkage.PARTIAL, Reason.FRAME_SOME)
    if by_images:
        return counted.judged(Linkage.LINKED, Reason.INSTANCE_ALL)
    unique = all(number == 1 for number in series)
    return counted.judged(Linkage.UNVERIFIABLE, Reason.FRAME_UNIQUE if unique else Reason.FRAME_AMBIGUOUS)


def _is_target_here(counted: RTLink, items: tuple[Item, ...], presence: Presence) -> bool:
    """The frame of the registration itself is that of one of its items, or of something else that is here. Images that
    are in the archive may lie in any."""
    target = counted.instance.value("FrameOfReferenceUID")
    if counted.kind is not RTKind.REGISTRATION or not target or target.startswith(_WELL_KNOWN):
        return True
    known = {frame for item in items for frame in item.frames}
    if target in known or counted.elsewhere or presence.images_in([target]):
        return True
    return any(frame == target for frame in _frames_of_images(counted, presence))


def _frames_of_images(counted: RTLink, presence: Presence) -> Iterator[str]:
    for ref in counted.instance.pointers.references:
        if ref.path in SUPPORTING[counted.kind]:
            yield from (one.value("FrameOfReferenceUID") for one in presence.find(ref, counted.instance))
