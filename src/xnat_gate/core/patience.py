"""When to try again what has failed: later each time, and never so late that it is forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST, LONGEST = 30.0, 3600.0
"""Seconds before the second try, and at most between two."""


def pause(tries: int) -> float:
    """Seconds to wait after so many tries have failed."""
    return min(FIRST * 2.0 ** (min(tries, 16) - 1), LONGEST)


@dataclass(frozen=True, slots=True)
class Postponed:
    """`tries` have failed; not before `until` (monotonic seconds) is there another."""

    tries: int
    until: float


@dataclass(frozen=True, slots=True)
class Patience:
    """What has failed so far, by name."""

    postponed: Mapping[str, Postponed] = field(default_factory=dict)

    def after_failure(self, name: str, now: float) -> Patience:
        """Another try of this name has failed."""
        tries = self.postponed[name].tries + 1 if name in self.postponed else 1
        return Patience({**self.postponed, name: Postponed(tries, now + pause(tries))})

    def without(self, name: str) -> Patience:
        """It has succeeded, or is gone."""
        return Patience({other: one for other, one in self.postponed.items() if other != name})

    def has_failed(self, name: str) -> bool:
        return name in self.postponed

    def may_try(self, name: str, now: float) -> bool:
        """Also when the clock was set back since: nothing is put off for longer than the longest pause."""
        if name not in self.postponed:
            return True
        left = self.postponed[name].until - now
        return left <= 0 or left > LONGEST
