"""Boxes around what stacks of images and grids of doses show, turned as the images are; and what lies outside of them.

Law: outside is what is proven to be outside: what touches a box, or may reach into it, is not. Of a contour only its
first point is known, and that some point of it lies on each side of the box around it; along an axis of the patient
that is all there is to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xnat_gate.core.drawing import Outline
from xnat_gate.core.geometry.planes import Orientation
from xnat_gate.core.geometry.stacks import Stack
from xnat_gate.core.geometry.vectors import Vector, cross, dot, unit

Spans = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
"""From where to where, along each of three axes."""


@dataclass(frozen=True, slots=True)
class Box:
    """`axes`: three directions square to each other, along rows, along columns and along the normal; `spans`: how far
    it reaches along each; `voxel`: how long a voxel is along each."""

    axes: tuple[Vector, Vector, Vector]
    spans: Spans
    voxel: Vector

    @property
    def centre(self) -> Vector:
        middle = [(low + high) / 2 for low, high in self.spans]
        x, y, z = (sum(m * axis[k] for m, axis in zip(middle, self.axes, strict=True)) for k in range(3))
        return x, y, z

    def half(self, direction: Vector) -> float:
        """How far it reaches from its centre in this direction."""
        return sum(
            abs(dot(axis, direction)) * (high - low) / 2
            for axis, (low, high) in zip(self.axes, self.spans, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """One layer of voxels: the centre of the first one, the distances of rows and of columns, and how many of each."""

    origin: Vector
    spacing: tuple[float, float]
    size: tuple[int, int]


def box_around(sheets: Iterable[Sheet], orientation: Orientation, thickness: float) -> Box | None:
    """Around all voxels of these layers; None around nothing."""
    row, normal = orientation.row, orientation.normal
    column = cross(normal, row)
    lefts, rights, tops, bottoms, depths, across, down = [], [], [], [], [], 0.0, 0.0
    for sheet in sheets:
        left, top = dot(sheet.origin, row), dot(sheet.origin, column)
        lefts.append(left - sheet.spacing[1] / 2)
        rights.append(left + sheet.spacing[1] * (sheet.size[1] - 0.5))
        tops.append(top - sheet.spacing[0] / 2)
        bottoms.append(top + sheet.spacing[0] * (sheet.size[0] - 0.5))
        depths.append(dot(sheet.origin, normal))
        across, down = max(across, sheet.spacing[1]), max(down, sheet.spacing[0])
    if not depths:
        return None
    depth = min(depths) - thickness / 2, max(depths) + thickness / 2
    spans = (min(lefts), max(rights)), (min(tops), max(bottoms)), depth
    return Box((row, column, normal), spans, (across, down, thickness))


def box_of(stack: Stack) -> Box | None:
    """Around a stack; None where a size or a spacing is not told, or where a single slice tells no thickness."""
    sheets = [
        Sheet(plane.origin, plane.spacing, plane.size)
        for plane in stack.planes
        if plane.spacing is not None and plane.size is not None
    ]
    if stack.spacing is None or len(sheets) < len(stack.planes):
        return None
    return box_around(sheets, stack.orientation, stack.spacing)


def apart(one: Box, other: Box) -> bool:
    """Whether a plane fits between them; it can be looked for along the axes of both, and square to two of them."""
    between = [a - b for a, b in zip(one.centre, other.centre, strict=True)]
    way = between[0], between[1], between[2]
    return any(
        abs(dot(way, direction)) > one.half(direction) + other.half(direction)
        for direction in _directions(one, other)
    )


def _directions(one: Box, other: Box) -> Iterator[Vector]:
    yield from one.axes
    yield from other.axes
    for mine in one.axes:
        for theirs in other.axes:
            square = unit(cross(mine, theirs))
            if square is not None:
                yield square


def reaches_out(outline: Outline, box: Box, *, along_normal: bool = True) -> bool:
    """Whether a part of the contour lies more than a voxel outside. `along_normal`: not only beside the slices, but
    before the first and behind the last, too."""
    if outline.first is None or outline.low is None or outline.high is None:
        return False
    for nth in range(3 if along_normal else 2):
        axis, (low, high), voxel = box.axes[nth], box.spans[nth], box.voxel[nth]
        sides = [(a * b, a * c) for a, b, c in zip(axis, outline.low, outline.high, strict=True)]
        least, most = sum(map(min, sides)), sum(map(max, sides))
        if most <= high + voxel and least >= low - voxel:
            continue
        widest, first = max(abs(b - a) for a, b in sides), dot(outline.first, axis)
        if max(first, least + widest) > high + voxel or min(first, most - widest) < low - voxel:
            return True
    return False


def stands_across(outline: Outline, orientation: Orientation) -> bool:
    """Whether it is flat along a row or a column of the slices and rises out of them: its plane is square to theirs. Of
    slices that are turned against the axes of the patient that is never known."""
    flat = min(_extent(outline, orientation.row), _extent(outline, orientation.column)) <= _FLAT
    return flat and _extent(outline, orientation.normal) > _FLAT


_FLAT = 0.1
"""Millimetres."""


def _extent(outline: Outline, direction: Vector) -> float:
    """How far it reaches in this direction, at most; exactly, along an axis of the patient."""
    if outline.low is None or outline.high is None:
        return 0.0
    return sum(abs(part) * (c - b) for part, b, c in zip(direction, outline.low, outline.high, strict=True))
