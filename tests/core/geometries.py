"""Builders of places: stacks turned and moved in space, contours moved, multi-frame images.

Law: as for `studies`; numbers are written with as many digits as DS has room for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import cos, radians, sin

from tests.core.studies import ENHANCED_CT_CLASS, changed
from xnat_gate.core.drawing import Drawing, Point
from xnat_gate.core.study import Instance

Rotation = tuple[Point, Point, Point]
"""Where the axes of the patient come to lie."""
POSITION = "PerFrameFunctionalGroupsSequence.PlanePositionSequence.ImagePositionPatient"
ORIENTATION = "SharedFunctionalGroupsSequence.PlaneOrientationSequence.ImageOrientationPatient"
SPACING = "SharedFunctionalGroupsSequence.PixelMeasuresSequence.PixelSpacing"


def shifted(drawing: Drawing, by: Point) -> Drawing:
    """All contours moved so far."""

    def moved(point: Point | None) -> Point | None:
        return point and (point[0] + by[0], point[1] + by[1], point[2] + by[2])

    outlines = (
        replace(one, first=moved(one.first), low=moved(one.low), high=moved(one.high))
        for one in drawing.outlines
    )
    return replace(drawing, outlines=tuple(outlines))


def rotation(around_x: float, around_z: float) -> Rotation:
    """Around two axes of the patient, one after the other; degrees."""
    cx, sx = cos(radians(around_x)), sin(radians(around_x))
    cz, sz = cos(radians(around_z)), sin(radians(around_z))
    return (cz, sz, 0.0), (-sz * cx, cz * cx, sx), (sz * sx, -cz * sx, cx)


def turned(point: Sequence[float], by: Rotation, moved: Point = (0.0, 0.0, 0.0)) -> Point:
    x, y, z = (sum(part * axis[k] for part, axis in zip(point, by, strict=True)) + moved[k] for k in range(3))
    return x, y, z


def in_space(
    images: Iterable[Instance], by: Rotation, moved: Point = (0.0, 0.0, 0.0)
) -> tuple[Instance, ...]:
    """The same images, lying otherwise in the patient."""
    return tuple(_laid(one, by, moved) for one in images)


def _laid(image: Instance, by: Rotation, moved: Point) -> Instance:
    position = [float(text) for text in image.values("ImagePositionPatient")]
    cosines = [float(text) for text in image.values("ImageOrientationPatient")]
    return changed(
        image,
        ImagePositionPatient=written(turned(position, by, moved)),
        ImageOrientationPatient=(*written(turned(cosines[:3], by)), *written(turned(cosines[3:], by))),
    )


def written(point: Iterable[float]) -> tuple[str, ...]:
    return tuple(f"{part:.9f}" for part in point)


def multi_frame(images: Sequence[Instance]) -> Instance:
    """One enhanced image with these slices as its frames."""
    first = images[0]
    positions = tuple(text for one in images for text in one.values("ImagePositionPatient"))
    plain = changed(
        first, SOPClassUID=ENHANCED_CT_CLASS, NumberOfFrames=str(len(images)), ImagePositionPatient=None
    )
    bare = changed(plain, ImageOrientationPatient=None, PixelSpacing=None)
    nested = {
        POSITION: positions,
        ORIENTATION: first.values("ImageOrientationPatient"),
        SPACING: first.values("PixelSpacing"),
    }
    return replace(bare, header={**bare.header, **nested})
