"""The planes of images: where each frame lies, how it is turned, and how far it reaches (PS3.3 C.7.6.2, C.7.6.16.2).

Laws: an image whose place or orientation is missing, is no number or has no direction, has no plane, and what is told
of frames that cannot be counted out to them places none of them; a single-frame image and a frame of a multi-frame one
that say the same have the same plane.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat

from xnat_gate.core.geometry.vectors import Vector, cross, dot, numbers, unit, whole
from xnat_gate.core.study import Instance

POSITION, ORIENTATION, SPACING = "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"
_SHARED, _EACH = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
_GROUP = {
    POSITION: "PlanePositionSequence",
    ORIENTATION: "PlaneOrientationSequence",
    SPACING: "PixelMeasuresSequence",
}
_LENGTH = {POSITION: 3, ORIENTATION: 6, SPACING: 2}

MOST_FRAMES = 200_000


@dataclass(frozen=True, slots=True, order=True)
class Orientation:
    """Along a row of pixels, down a column, and out of the plane; each of length 1."""

    row: Vector
    column: Vector
    normal: Vector


@dataclass(frozen=True, slots=True)
class Plane:
    """One frame. `origin`: the centre of its first pixel; `spacing`: of its rows and of its columns, `size`: how many
    of each, None where that is not told; `uid`: of its image; `number`: its place among the frames of a multi-frame
    image, else the InstanceNumber, None where that is no number."""

    origin: Vector
    orientation: Orientation
    spacing: tuple[float, float] | None
    size: tuple[int, int] | None
    uid: str
    number: int | None


def planes_of(instance: Instance) -> tuple[Plane, ...]:
    """Of all frames, in their order, or of none."""
    count = frames_of(instance)
    positions = _told(instance, POSITION, count)
    orientations = _told(instance, ORIENTATION, count)
    if positions is None or orientations is None:
        return ()
    spacings = _told(instance, SPACING, count) or repeat(())
    size, own = size_of(instance), whole(instance.value("InstanceNumber"))
    planes = tuple(
        Plane(
            origin=origin,
            orientation=turned,
            spacing=spacing_of(spacing),
            size=size,
            uid=instance.sop_instance_uid,
            number=own if count == 1 else nth,
        )
        for nth, position, orientation, spacing in zip(
            range(1, count + 1), positions, orientations, spacings, strict=False
        )
        if (turned := orientation_of(orientation)) and (origin := point_of(position))
    )
    return planes if len(planes) == count else ()


def frames_of(instance: Instance) -> int:
    """NumberOfFrames, 1 for an image without it, 0 where it is no number that an image can have."""
    told = instance.value("NumberOfFrames")
    count = whole(told) if told else 1
    return count if count is not None and 0 < count <= MOST_FRAMES else 0


def _told(instance: Instance, keyword: str, count: int) -> Iterator[tuple[str, ...]] | None:
    """What is told of each of so many frames: by each for itself, by one item for all, or, of a single frame, by the
    image; None when it is not told, or not of all of them."""
    if not count:
        return None
    length = _LENGTH[keyword]
    own = instance.values(keyword)
    if own and count == 1:
        return repeat(own, 1)
    each = _parted(instance.values(f"{_EACH}.{_GROUP[keyword]}.{keyword}"), length)
    if len(each) == count:
        return iter(each)
    shared = _parted(instance.values(f"{_SHARED}.{_GROUP[keyword]}.{keyword}"), length)
    return repeat(shared[0], count) if len(shared) == 1 and not each else None


def _parted(values: tuple[str, ...], length: int) -> list[tuple[str, ...]]:
    """The values of items in a row, by item; one that is empty has one value, which is empty."""
    items: list[tuple[str, ...]] = []
    at = 0
    while at < len(values):
        step = length if values[at] else 1
        items.append(values[at : at + step])
        at += step
    return items


@lru_cache(maxsize=4096)
def orientation_of(texts: tuple[str, ...]) -> Orientation | None:
    """ImageOrientationPatient; None unless it tells two directions, about square to each other."""
    found = numbers(texts)
    if found is None or len(found) != 6:
        return None
    row, down = unit((found[0], found[1], found[2])), unit((found[3], found[4], found[5]))
    if row is None or down is None or abs(dot(row, down)) > _SKEW:
        return None
    normal = unit(cross(row, down))
    return Orientation(row, down, normal) if normal else None


_SKEW = 0.1
"""The most that the cosine of rows and columns may be: what is farther from square is no orientation."""


def point_of(texts: tuple[str, ...]) -> Vector | None:
    """ImagePositionPatient."""
    found = numbers(texts)
    return (found[0], found[1], found[2]) if found is not None and len(found) == 3 else None


@lru_cache(maxsize=4096)
def spacing_of(texts: tuple[str, ...]) -> tuple[float, float] | None:
    """PixelSpacing."""
    found = numbers(texts)
    if found is None or len(found) != 2 or min(found) <= 0:
        return None
    return found[0], found[1]


def size_of(instance: Instance) -> tuple[int, int] | None:
    """Rows and Columns."""
    rows, columns = whole(instance.value("Rows")), whole(instance.value("Columns"))
    return (rows, columns) if rows and columns and rows > 0 and columns > 0 else None
