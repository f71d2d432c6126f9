"""The stack of a series: the planes that are turned alike, by where they lie along their common normal.

Laws: the place along the normal decides, never a number or the order in which the images came; what is turned otherwise
is left out and counted; lengths are millimetres.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import dist, hypot
from statistics import median_low

from xnat_gate.core.geometry.planes import Orientation, Plane
from xnat_gate.core.geometry.vectors import Vector, dot, minus

ALIKE = 0.01
"""How far, in radians, planes may be turned against each other and still lie in one stack: half a degree."""
COINCIDENT = 0.01
"""Millimetres: planes that are closer lie at the same place."""
GAP = 1.5
"""So many times the usual distance between two planes is a gap."""
FEWEST = 4
"""Levels: of less than three distances none is the usual one."""
MOST_ORIENTATIONS = 32
"""What is turned otherwise than the most frequent of these is stray, as where the camera went around the patient."""


def is_wide(step: float, spacing: float) -> bool:
    """Whether something may lie between two slices so far apart; what is a gap must not hang on the last digit."""
    return step > GAP * spacing + COINCIDENT


@dataclass(frozen=True, slots=True)
class Level:
    """All planes at one place of a stack; `at`: along its normal."""

    at: float
    planes: tuple[Plane, ...]


@dataclass(frozen=True)
class Stack:
    """`levels` from low to high, at least one; `strays`: how many planes of the series are turned otherwise."""

    orientation: Orientation
    levels: tuple[Level, ...]
    strays: int = 0

    @cached_property
    def planes(self) -> tuple[Plane, ...]:
        return tuple(plane for level in self.levels for plane in level.planes)

    @cached_property
    def neighbours(self) -> tuple[tuple[Level, Level], ...]:
        """Each level with the next one."""
        return tuple(pairwise(self.levels))

    @cached_property
    def spacing(self) -> float | None:
        """The usual distance of neighbours; None for a single level."""
        return median_low(map(distance, self.neighbours)) if self.neighbours else None

    @cached_property
    def gaps(self) -> tuple[tuple[Level, Level], ...]:
        """Neighbours that are farther apart than usual."""
        if self.spacing is None or len(self.levels) < FEWEST:
            return ()
        return tuple(pair for pair in self.neighbours if is_wide(distance(pair), self.spacing))

    @cached_property
    def lean(self) -> float:
        """How far the stack moves sideways for every millimetre along the normal: 0 for one that stands upright, the
        tangent of the angle for the slices of a tilted gantry. What only some of its slices do is not told."""
        if not self.neighbours:
            return 0.0
        ends = self.levels[0], self.levels[-1]
        return min(
            aside(ends) / distance(ends), median_low(aside(each) / distance(each) for each in self.neighbours)
        )

    def place(self, point: Vector) -> float:
        """Of a point, along the normal."""
        return dot(point, self.orientation.normal)


def distance(pair: tuple[Level, Level]) -> float:
    """Of two levels."""
    return pair[1].at - pair[0].at


def aside(pair: tuple[Level, Level]) -> float:
    """How far the upper level lies beside the lower one."""
    lower, upper = pair[0].planes[0], pair[1].planes[0]
    step = minus(upper.origin, lower.origin)
    return hypot(dot(step, lower.orientation.row), dot(step, lower.orientation.column))


def stack_of(planes: Iterable[Plane]) -> Stack | None:
    """Of the planes of one series; None where not more than half of them are turned alike, as in a survey of three
    directions."""
    every = tuple(planes)
    alike = _most_alike(every)
    if 2 * len(alike) <= len(every):
        return None
    orientation = min(plane.orientation for plane in alike)
    normal = orientation.normal
    placed = sorted(
        (dot(plane.origin, normal), plane.uid, plane.number or 0, nth) for nth, plane in enumerate(alike)
    )
    levels = _levels((at, alike[nth]) for at, _, _, nth in placed)
    return Stack(orientation, tuple(levels), len(every) - len(alike))


def _most_alike(planes: tuple[Plane, ...]) -> tuple[Plane, ...]:
    """The planes of the most frequent orientation, and of those that differ from it by rounding."""
    counts = Counter(plane.orientation for plane in planes)
    if len(counts) < 2:
        return planes
    usual = sorted(counts, key=lambda one: (-counts[one], one))
    leaders: list[Orientation] = []
    groups: dict[Orientation, list[Orientation]] = {}
    for one in usual:
        leader = next((known for known in leaders if _alike(known, one)), None)
        if leader is not None:
            groups[leader].append(one)
        elif len(leaders) < MOST_ORIENTATIONS:
            leaders.append(one)
            groups[one] = [one]
    most = frozenset(max(groups.values(), key=lambda group: sum(counts[one] for one in group)))
    return tuple(plane for plane in planes if plane.orientation in most)


def _alike(one: Orientation, other: Orientation) -> bool:
    return dist(one.row, other.row) <= ALIKE and dist(one.column, other.column) <= ALIKE


def _levels(placed: Iterable[tuple[float, Plane]]) -> Iterator[Level]:
    """`placed`: from low to high."""
    start, planes = 0.0, list[Plane]()
    for at, plane in placed:
        if planes and at - start > COINCIDENT:
            yield Level(start, tuple(planes))
            planes = []
        if not planes:
            start = at
        planes.append(plane)
    if planes:
        yield Level(start, tuple(planes))
