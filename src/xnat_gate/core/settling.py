"""Has an entry of the drop folder finished arriving?

Laws: only what a look saw counts, and only the looker's own monotonic clock, so that neither the clock of a
network drive nor a file time in the future can hurry or delay an arrival; whatever is doubtful keeps waiting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from xnat_gate.core.naming import came_out_of_a_zip

STILL_WRITTEN = re.compile(
    r"""
      .*\.(partial|part|tmp|crdownload|filepart)  # browsers, WinSCP and most copying programs
    | \.~lock.*                                   # LibreOffice
    | ~\$.* | .*~\$                               # Microsoft Office
    | \..+\.[a-z0-9]{6}                           # rsync: .IM0001.dcm.Xy12aB until the file is whole
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
"""Names that a program gives to a file that it has not finished, or holds open."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one entry held at one moment.

    `files`: (path relative to the entry with '/', size in bytes, mtime in ns), every file at any depth.
    `at`: monotonic seconds. `whole`: False when a part of the entry could not be looked into.
    """

    files: frozenset[tuple[str, int, int]]
    at: float
    whole: bool = True


def unfinished(look: Look) -> tuple[str, ...]:
    """The paths whose names say that somebody is still writing; what the gate itself took out of a zip is finished,
    whatever it was called there."""
    waiting = (path for path, _, _ in look.files if any(map(still_written, path.split("/"))))
    return tuple(sorted(path for path in waiting if not came_out_of_a_zip(path)))


def still_written(name: str) -> bool:
    """Whether a single name is one that a program gives to something it has not finished."""
    return STILL_WRITTEN.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry on its way to settled: the first and the last of the looks that agree, and how many they are."""

    first: Look
    last: Look
    looks: int = 1

    def seen(self, look: Look) -> Waiting:
        """Any difference, a file that shrinks as much as one that grows, starts the waiting afresh."""
        unchanged = (look.files, look.whole) == (self.last.files, self.last.whole)
        if unchanged and look.at >= self.last.at:
            return Waiting(self.first, look, self.looks + 1)
        return Waiting(look, look)

    def settled(self, quiet_period: float) -> bool:
        """Whether at least two looks, `quiet_period` seconds or more apart, saw the same finished files."""
        quiet = self.looks > 1 and self.last.at - self.first.at >= quiet_period
        return quiet and self.last.whole and bool(self.last.files) and not unfinished(self.last)


@dataclass(frozen=True, slots=True)
class Watch:
    """All entries that are waiting, by name."""

    waiting: Mapping[str, Waiting] = field(default_factory=dict)

    def seen(self, entry: str, look: Look) -> Watch:
        """The watch after one more look at one entry."""
        return Watch({**self.waiting, entry: self._next(entry, look)})

    def seen_all(self, looks: Mapping[str, Look]) -> Watch:
        """The watch after a look at the whole drop folder: entries that are gone are forgotten."""
        return Watch({entry: self._next(entry, look) for entry, look in looks.items()})

    def without(self, entry: str) -> Watch:
        """Forget an entry: should one of that name come again, it waits its full time."""
        return Watch({name: waiting for name, waiting in self.waiting.items() if name != entry})

    def settled(self, entry: str, quiet_period: float) -> bool:
        """Whether this entry has finished arriving; False for one that was never seen."""
        waiting = self.waiting.get(entry)
        return waiting is not None and waiting.settled(quiet_period) and not still_written(entry)

    def all_settled(self, quiet_period: float) -> tuple[tuple[str, Look], ...]:
        """Every entry that has finished arriving, with its last look, in the order of their names."""
        return tuple(
            (entry, self.waiting[entry].last)
            for entry in sorted(self.waiting)
            if self.settled(entry, quiet_period)
        )

    def _next(self, entry: str, look: Look) -> Waiting:
        before = self.waiting.get(entry)
        return before.seen(look) if before else Waiting(look, look)
