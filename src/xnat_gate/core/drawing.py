"""What is drawn in a structure set: its ROIs, and of every contour where it lies and on which image (PS3.3 C.8.8.5, 6).

Laws: coordinates are millimetres in the patient's coordinate system; a contour is measured, never kept.
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ROI:
    """One item of StructureSetROISequence; `number` without leading zeros."""

    number: str
    name: str
    frame_uid: str


@dataclass(frozen=True, slots=True)
class Outline:
    """One contour of the ROI of this number.

    `kind`: ContourGeometricType; `image_uid`: of the one image it names, empty where it names several; `declared`:
    NumberOfContourPoints, None where it is no number; `values`: how many coordinates there are; `first`: the first
    point, `low` and `high` the corners of the box around all, None where the coordinates are no numbers.
    """

    roi: str
    kind: str
    image_uid: str
    declared: int | None
    values: int
    first: Point | None = None
    low: Point | None = None
    high: Point | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """`outlines` in the order of the file; `unmeasured`: contours beyond what is measured."""

    rois: tuple[ROI, ...] = ()
    outlines: tuple[Outline, ...] = ()
    unmeasured: int = 0

    @property
    def kinds(self) -> frozenset[str]:
        """The distinct ContourGeometricTypes."""
        return frozenset(outline.kind for outline in self.outlines if outline.kind)


NOTHING_DRAWN = Drawing()
