"""The contours of a structure set, measured while they go by: where each begins, and the box around it.

Laws: of a contour a piece at a time is in memory as numbers, and nothing stays of it but what `core.drawing` tells; a
contour beyond the limits is counted and not measured; coordinates that are no numbers make nothing unreadable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isfinite

from xnat_gate.core.drawing import ROI, Drawing, Outline, Point
from xnat_gate.edge.dicom_files.cursor import Cursor
from xnat_gate.edge.dicom_files.dictionary import TAGS
from xnat_gate.edge.dicom_files.elements import Element

CONTOUR_DATA = TAGS["ContourData"]

LONGEST_CONTOUR = 1 << 24
"""Bytes; more than 300,000 points."""
PIECE = 1 << 20
"""Bytes of a contour that are numbers at one time."""
MOST_OUTLINES = 200_000
LONGEST_COUNT = 12
"""Letters of a number of points; an IS has no more (PS3.5 6.2)."""


class Pen:
    """Follows the contours of one structure set."""

    def __init__(self) -> None:
        self._outlines: list[tuple[int, Outline]] = []
        self._numbers: list[str] = []
        self._unmeasured = 0

    def data(self, cursor: Cursor, element: Element) -> bytes | None:
        """The coordinates of a contour, None for more than is measured."""
        if element.length > LONGEST_CONTOUR or len(self._outlines) >= MOST_OUTLINES:
            return None
        return cursor.read(element.length)

    def contour(self, kind: str, declared: str, image_uid: str, data: bytes | None) -> None:
        """The end of an item of ContourSequence."""
        if data is None:
            self._unmeasured += 1
        else:
            self._outlines.append((len(self._numbers), measured(kind, declared, image_uid, data)))

    def contours_of(self, number: str) -> None:
        """The end of an item of ROIContourSequence: the contours since the one before are of this ROI."""
        self._numbers.append(number)

    def drawing(self, rois: Iterable[ROI]) -> Drawing:
        numbers = self._numbers
        outlines = (
            (numbers[place], one) if place < len(numbers) else ("", one) for place, one in self._outlines
        )
        return Drawing(
            tuple(rois), tuple(replace(one, roi=number) for number, one in outlines), self._unmeasured
        )


def measured(kind: str, declared: str, image_uid: str, data: bytes) -> Outline:
    """`data`: ContourData, triplets of DS parted by backslashes (PS3.3 C.8.8.6)."""
    texts = data.strip(b" \0")
    first, low, high = _box(texts) or (None, None, None)
    return Outline(
        roi="",
        kind=kind,
        image_uid=image_uid,
        declared=int(declared) if declared.isdecimal() and len(declared) <= LONGEST_COUNT else None,
        values=texts.count(b"\\") + 1 if texts else 0,
        first=first,
        low=low,
        high=high,
    )


def _box(texts: bytes) -> tuple[Point, Point, Point] | None:
    """The first point and the corners; None where there is no point, or a coordinate that is no number."""
    found: tuple[Point, Point, Point] | None = None
    rest: list[float] = []
    for piece in _pieces(texts):
        try:
            numbers = [*rest, *map(float, piece)]
        except ValueError:
            return None
        if not isfinite(sum(numbers)) and not all(map(isfinite, numbers)):  # a sum is soon made
            return None
        whole = len(numbers) // 3 * 3
        xs, ys, zs, rest = numbers[0:whole:3], numbers[1:whole:3], numbers[2:whole:3], numbers[whole:]
        if xs:
            low, high = (min(xs), min(ys), min(zs)), (max(xs), max(ys), max(zs))
            found = _joined(found, low, high) if found else ((xs[0], ys[0], zs[0]), low, high)
    return found


def _joined(found: tuple[Point, Point, Point], low: Point, high: Point) -> tuple[Point, Point, Point]:
    """The box around both."""
    first, (x, y, z), (across, along, up) = found
    return (
        first,
        (min(x, low[0]), min(y, low[1]), min(z, low[2])),
        (max(across, high[0]), max(along, high[1]), max(up, high[2])),
    )


def _pieces(texts: bytes) -> Iterator[list[bytes]]:
    """The coordinates, so many at a time that they are few."""
    start = 0
    while len(texts) - start > PIECE and (end := texts.find(b"\\", start + PIECE)) >= 0:
        yield texts[start:end].split(b"\\")
        start = end + 1
    yield texts[start:].split(b"\\")
