"""Doses lie where the images lie (RT085, RT086)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check
from xnat_gate.core.checks.consequence import is_ignored
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.geometry.boxes import apart
from xnat_gate.core.geometry.dose_grids import dose_box
from xnat_gate.core.linkage.ground import Place
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, RTLink

_REGISTERED = "ReferencedSpatialRegistrationSequence"


def _doses(case: Case) -> Iterator[tuple[RTLink, str, frozenset[Place]]]:
    """Each with its frame of reference and the images that it was made for, where both can be told."""
    for link in case.links:
        if link.kind is RTKind.DOSE and not is_ignored(link, case.protocol):
            frame, under = link.instance.value("FrameOfReferenceUID"), case.ground.under(link)
            if frame and under:
                yield link, frame, under


@check(
    "RT085",
    "A dose lies in the coordinate system of its images",
    Severity.ERROR,
    "Export the dose again for the images of its plan, or send the registration that it was made with.",
)
def in_their_frame(case: Case) -> Iterator[Remark]:
    """The positions of a dose grid are told in its frame of reference (PS3.3 C.8.8.3), which must be that of the images
    that the dose reaches over plan and structure set. In another one, nothing says where the dose lies in the patient,
    and systems that lay it on the images all the same show it in the wrong place. A dose that was summed over
    registrations may lie in another one; one that a registration of the same study leads to is told for information."""
    for link, frame, under in _doses(case):
        frames = {its for _, its in under}
        if frame not in frames and "" not in frames and not _registered(link):
            words = f"{name(link)} and the images of its plan use different coordinate systems"
            if _brought_together(case, frame, frames):
                told = sentence(f"{words}; a registration of the two is here")
                yield about(link, told, Effect.NOTE, Severity.INFO)
            else:
                yield about(link, sentence(words), Effect.HOLD)


def _brought_together(case: Case, frame: str, frames: set[str]) -> bool:
    """Whether a registration of this study is between that frame and one of the others."""
    for link in case.links:
        if link.kind is RTKind.REGISTRATION and link.own is not Linkage.ORPHAN:
            images = (one for uid in link.stands_on for one in case.study.by_uid.get(uid, ()))
            its = {*link.instance.pointers.frame_uids, *(one.value("FrameOfReferenceUID") for one in images)}
            if frame in its and not frames.isdisjoint(its):
                return True
    return False


def _registered(link: RTLink) -> bool:
    return any(_REGISTERED in reference.path for reference in link.instance.pointers.references)


@check(
    "RT086",
    "A dose lies where its images lie",
    Severity.WARNING,
    "Check in the planning system that dose and images belong together.",
)
def over_the_images(case: Case) -> Iterator[Remark]:
    """The grid of a dose (PS3.3 C.8.8.3.2) and the volume of the images that it was made for, in the same coordinate
    system, must have something in common. A dose beside all images has been moved, or belongs to others. A grid that
    reaches beyond the images is usual."""
    for link, frame, under in _doses(case):
        boxes = [case.geometry.boxes.get(uid) for uid, its in under if its == frame]
        grid = dose_box(link.instance)
        if grid and boxes and all(box and apart(grid, box) for box in boxes):
            yield about(link, sentence(f"{name(link)} lies outside the images of its plan"), Effect.NOTE)


ALL = (in_their_frame, over_the_images)
