"""Contours lie on and in the images (RT045, RT046)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

from xnat_gate.core.checks.check import Case, Remark, check, counted, listed
from xnat_gate.core.checks.consequence import is_ignored
from xnat_gate.core.checks.rt_object import about, name
from xnat_gate.core.drawing import Outline
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.geometry.boxes import Box, reaches_out, stands_across
from xnat_gate.core.geometry.planes import Plane
from xnat_gate.core.geometry.stacks import Stack
from xnat_gate.core.geometry.vectors import Vector, dot
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.study import Instance

_PLANAR = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "OPEN_PLANAR"})


def _sets(case: Case) -> Iterator[RTLink]:
    for link in case.links:
        drawn = link.kind is RTKind.STRUCTURE_SET and link.instance.drawing.outlines
        if drawn and not is_ignored(link, case.protocol):
            yield link


def _referred_to(case: Case, link: RTLink) -> tuple[tuple[str, str], ...]:
    """The series that it is drawn on, with the frame of reference of each."""
    named = frozenset(link.instance.pointers.series_uids) & case.geometry.slices.keys()
    by_name = {(uid, case.geometry.slices[uid][0].value("FrameOfReferenceUID")) for uid in named}
    return tuple(sorted(case.ground.under(link) | by_name))


def _whole(link: RTLink) -> bool:
    """All of its images are in this study."""
    return not link.missing and not link.elsewhere


def _frames(link: RTLink) -> dict[str, str]:
    """The frame of reference of each ROI, by its number."""
    return {roi.number: roi.frame_uid for roi in link.instance.drawing.rois}


def _names(link: RTLink) -> dict[str, str]:
    return {roi.number: roi.name or f"structure {roi.number}" for roi in link.instance.drawing.rois}


def _comparable(one: str, other: str) -> bool:
    """Coordinates in two frames of reference cannot be compared; one that is not told is taken for the same."""
    return not one or not other or one == other


@dataclass(frozen=True, slots=True)
class Slip:
    """A contour beside its slice: by how much, and how far the slices are apart."""

    roi: str
    off: float
    spacing: float | None

    @property
    def grave(self) -> bool:
        return self.spacing is not None and self.off > self.spacing / 2 + _ROUNDING


_ROUNDING = 0.05
"""Millimetres: what coordinates may lose where they are written with one decimal."""
_SLIGHT = 0.1
"""Of the distance between two slices."""


@check(
    "RT045",
    "Contours lie on the slices they were drawn on",
    Severity.ERROR,
    "Compare contours and images in the planning system, and export both again together.",
)
def on_their_slices(case: Case) -> Iterator[Remark]:
    """A planar contour lies in the plane of the image that it names, or, where it names none, of a slice of the series
    that its structure set refers to (PS3.3 C.8.8.6). Off by more than half the distance between two slices, it lies
    on another slice than it says: contours and images do not belong together, or one of them was moved, and the study
    waits. Off by less, yet by more than a tenth, it is noted, since every system will show it on the slice meant.
    Contours in another frame of reference, or on images that are not here, or that stand across the slices, as those
    that were drawn in a sagittal view, are not compared."""
    for link in _sets(case):
        slips = list(_slips(case, link))
        if slips:
            grave = any(slip.grave for slip in slips)
            effect, severity = (Effect.HOLD, Severity.ERROR) if grave else (Effect.NOTE, Severity.WARNING)
            yield about(link, _beside(link, slips), effect, severity)


def _beside(link: RTLink, slips: list[Slip]) -> str:
    names, worst = _names(link), max(slips, key=lambda slip: slip.off)
    whose = listed(names.get(slip.roi, f"structure {slip.roi}") for slip in slips)
    verb = "does" if len(slips) == 1 else "do"
    apart = f"; these are {_mm(worst.spacing)} mm apart" if worst.spacing is not None else ""
    return (
        f"{counted(len(slips), 'contour')} of {name(link)} ({whose}) {verb} not lie on the image slices, "
        f"but beside them by up to {_mm(worst.off)} mm{apart}."
    )


def _mm(length: float) -> str:
    return f"{round(length, 2):g}"


def _slips(case: Case, link: RTLink) -> Iterator[Slip]:
    frames, slices = _frames(link), Slices(case)
    under = _referred_to(case, link) if _whole(link) else ()
    stacks = [(frame, case.geometry.stacks[uid]) for uid, frame in under if uid in case.geometry.stacks]
    for outline in link.instance.drawing.outlines:
        if outline.kind not in _PLANAR or outline.first is None:
            continue
        frame = frames.get(outline.roi, "")
        if outline.image_uid:
            measured = slices.beside(outline, outline.image_uid, frame)
        else:
            fitting = [
                stack
                for its, stack in stacks
                if _comparable(its, frame) and not stands_across(outline, stack.orientation)
            ]
            measured = min(
                (nearest(outline.first, stack) for stack in fitting if _between(outline.first, stack)),
                key=itemgetter(0),
                default=None,
            )
        if measured is not None:
            off, spacing = measured
            if off > max(_ROUNDING, _SLIGHT * (spacing or 0.0)):
                yield Slip(outline.roi, off, spacing)


class Slices:
    """The planes of single images, and the stacks they belong to."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._known: dict[str, tuple[str, Plane | None, Stack | None] | None] = {}

    def beside(self, outline: Outline, uid: str, frame: str) -> tuple[float, float | None] | None:
        """How far it lies beside this image, and how far its slices are apart; None where it cannot be told."""
        if uid not in self._known:
            self._known[uid] = self._look_up(uid)
        known = self._known[uid]
        if known is None or not _comparable(known[0], frame):
            return None
        _, plane, stack = known
        point, turned = outline.first, plane or stack
        if point is None or turned is None or stands_across(outline, turned.orientation):
            return None
        if plane is None:
            return nearest(point, stack) if stack is not None else None
        normal = plane.orientation.normal
        return abs(dot(point, normal) - dot(plane.origin, normal)), stack.spacing if stack else None

    def _look_up(self, uid: str) -> tuple[str, Plane | None, Stack | None] | None:
        """Of a multi-frame image there is no one plane."""
        image = next(iter(self._case.study.by_uid.get(uid, ())), None)
        if image is None:
            return None
        planes = self._case.geometry.planes.get(image.series_uid, {}).get(uid, ())
        stack = self._case.geometry.stacks.get(image.series_uid)
        if not planes:
            return None
        return image.value("FrameOfReferenceUID"), planes[0] if len(planes) == 1 else None, stack


def nearest(point: Vector, stack: Stack) -> tuple[float, float | None]:
    """How far the point lies beside the nearest level, and how far levels are apart there."""
    at = stack.place(point)
    place = bisect_left(stack.levels, at, key=lambda level: level.at)
    around = stack.levels[max(0, place - 1) : place + 1]
    apart = around[1].at - around[0].at if len(around) == 2 else stack.spacing
    return min(abs(level.at - at) for level in around), apart


def _between(point: Vector, stack: Stack) -> bool:
    """Not before the first slice and not behind the last one: there, a contour that names no image is outside."""
    at, reach = stack.place(point), (stack.spacing or 0.0) / 2
    return stack.levels[0].at - reach <= at <= stack.levels[-1].at + reach


@check(
    "RT046",
    "Contours lie inside the images",
    Severity.WARNING,
    "Check in the planning system that the structures are complete and belong to these images.",
)
def inside_the_images(case: Case) -> Iterator[Remark]:
    """A structure that reaches farther than the images show, by more than a voxel, was drawn on other images, or is
    cut off there. What lies outside by its nature is not asked: tables, fixations, boluses and the outline of the body,
    by their RT ROI Interpreted Type (PS3.3 C.8.8.8) or by their names; nor points and paths. Before the first and
    behind the last slice nothing is asked as long as images are missing."""
    for link in _sets(case):
        under = _referred_to(case, link)
        boxes = [(frame, case.geometry.boxes[uid]) for uid, frame in under if uid in case.geometry.boxes]
        outside = _outside(link, boxes)
        if outside:
            names = _names(link)
            whose = listed(names.get(number, f"structure {number}") for number in outside)
            yield about(link, f"Parts of {whose} in {name(link)} lie outside the images.", Effect.NOTE)


def _outside(link: RTLink, boxes: list[tuple[str, Box]]) -> list[str]:
    """The numbers of the ROIs, each once."""
    frames, expected = _frames(link), _expected_outside(link)
    found: dict[str, None] = {}
    for outline in link.instance.drawing.outlines:
        if outline.kind in _PLANAR and outline.roi not in expected and outline.roi not in found:
            fitting = [box for its, box in boxes if _comparable(its, frames.get(outline.roi, ""))]
            if fitting and all(_is_out(outline, box, link) for box in fitting):
                found[outline.roi] = None
    return list(found)


def _is_out(outline: Outline, box: Box, link: RTLink) -> bool:
    return reaches_out(outline, box, along_normal=_whole(link))


_TYPES = frozenset({"BOLUS", "EXTERNAL", "FIXATION", "SUPPORT"})
_NAMES = re.compile(
    r"body|bolus|couch|external|fixation|immobili[sz]ation|mask|outline|skin|support|table", re.IGNORECASE
)


def _expected_outside(link: RTLink) -> frozenset[str]:
    types = _interpreted(link.instance)
    return frozenset(
        roi.number
        for roi in link.instance.drawing.rois
        if types.get(roi.number) in _TYPES or _NAMES.search(roi.name)
    )


def _interpreted(structures: Instance) -> Mapping[str, str]:
    """ROI number to RTROIInterpretedType, where each observation tells both."""
    numbers = structures.values("RTROIObservationsSequence.ReferencedROINumber")
    types = structures.values("RTROIObservationsSequence.RTROIInterpretedType")
    if len(numbers) != len(types):
        return {}
    return {number.strip().lstrip("0") or number: kind for number, kind in zip(numbers, types, strict=True)}


ALL = (on_their_slices, inside_the_images)
