"""The contours of a structure set, measured while they go by: where each begins, and the box around it.

Laws: one contour at a time is in memory, and of it nothing stays but what `core.drawing` tells; a contour beyond the
limits is counted and not measured; coordinates that are no numbers make nothing unreadable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import isfinite

from xnat_gate.core.drawing import ROI, Drawing, Outline
from xnat_gate.edge.dicom_files.cursor import Cursor
from xnat_gate.edge.dicom_files.dictionary import TAGS
from xnat_gate.edge.dicom_files.elements import Element

CONTOUR_DATA = TAGS["ContourData"]

LONGEST_CONTOUR = 1 << 24
"""Bytes; more than 300,000 points."""
MOST_OUTLINES = 200_000


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
    texts = data.strip(b" \0").split(b"\\") if data.strip(b" \0") else []
    points = int(declared) if declared.isdecimal() else None
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        numbers = []
    if len(numbers) < 3 or not all(map(isfinite, numbers)):
        return Outline("", kind, image_uid, points, len(texts))
    whole = len(numbers) // 3 * 3
    xs, ys, zs = numbers[0:whole:3], numbers[1:whole:3], numbers[2:whole:3]
    return Outline(
        roi="",
        kind=kind,
        image_uid=image_uid,
        declared=points,
        values=len(texts),
        first=(xs[0], ys[0], zs[0]),
        low=(min(xs), min(ys), min(zs)),
        high=(max(xs), max(ys), max(zs)),
    )
