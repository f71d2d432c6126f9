"""Vectors in the patient's coordinate system, in millimetres (PS3.3 C.7.6.2.1.1), and the numbers they are told in.

Laws: what is no number, not finite, or farther than any room is wide, is nothing; nothing here fails.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot, isfinite

Vector = tuple[float, float, float]

FARTHEST = 1e6
"""Millimetres: beyond a kilometre no image and no dose lies."""


def numbers(texts: Iterable[str]) -> tuple[float, ...] | None:
    """None unless all of them are numbers within a kilometre."""
    try:
        found = tuple(map(float, texts))
    except ValueError:
        return None
    return found if all(-FARTHEST <= one <= FARTHEST for one in found) else None


def whole(text: str) -> int | None:
    """A whole number as IS and US have it, None for any other text."""
    digits = text.strip()
    unsigned = digits[1:] if digits[:1] in ("+", "-") else digits
    return int(digits) if unsigned.isascii() and unsigned.isdecimal() and len(unsigned) <= 12 else None


def dot(one: Vector, other: Vector) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def cross(one: Vector, other: Vector) -> Vector:
    return (
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )


def minus(one: Vector, other: Vector) -> Vector:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def along(start: Vector, direction: Vector, distance: float) -> Vector:
    """So far from the start in this direction."""
    return (
        start[0] + distance * direction[0],
        start[1] + distance * direction[1],
        start[2] + distance * direction[2],
    )


def unit(one: Vector) -> Vector | None:
    """Of length 1; None for what has no direction."""
    length = hypot(*one)
    if not isfinite(length) or length < 1e-6:
        return None
    return one[0] / length, one[1] / length, one[2] / length
