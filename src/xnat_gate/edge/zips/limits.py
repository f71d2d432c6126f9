"""How much may come out of one zip, counted while it comes.

Law: a zip that is too much is refused for good; a disk that is too full is not the zip's fault, and an OSError.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from xnat_gate.edge.zips.refusals import ZipRefused

BY_PARTS = "import it in parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`count`: of members, and of the folders that their names need; `size`: bytes unpacked; `ratio`: those to the
    bytes of the zip, once they are more than `ratio_from`, since images of constant pixels shrink to almost nothing;
    `reserve`: bytes that must stay free on the disk."""

    count: int = 100_000
    size: int = 64 << 30
    ratio: int = 200
    ratio_from: int = 1 << 28
    reserve: int = 1 << 30


USUAL = Limits()


class Meter:
    """Counts for one zip of `zipped` bytes, unpacked onto the disk of `folder`."""

    def __init__(self, limits: Limits, zipped: int, folder: Path) -> None:
        self.limits = limits
        self._zipped = zipped
        self._folder = folder
        self._came_out = 0

    def take(self, count: int) -> None:
        """Before that many bytes are written. Raises ZipRefused, OSError with ENOSPC."""
        self._came_out += count
        self.bear(self._came_out)
        if self._came_out > max(self.limits.ratio_from, self.limits.ratio * self._zipped):
            raise ZipRefused(
                f"The zip grows to more than {self.limits.ratio} times its size, as no images do: unpack it by hand, "
                "look at what it holds, and import the files themselves."
            )
        self.need_room(count)

    def bear(self, size: int) -> None:
        """Whether so many bytes in all may come out. Raises ZipRefused."""
        if size > self.limits.size:
            raise ZipRefused(
                f"The zip holds more than {_gigabytes(self.limits.size)}, the most that is unpacked: {BY_PARTS}."
            )

    def need_room(self, count: int) -> None:
        """Raises OSError with ENOSPC when less than the reserve would be left."""
        facts = os.statvfs(self._folder)
        if facts.f_bavail * facts.f_frsize - count < self.limits.reserve:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def too_many(what: str, count: int) -> ZipRefused:
    return ZipRefused(f"The zip holds more than {count} {what}, the most that are unpacked: {BY_PARTS}.")


def _gigabytes(size: int) -> str:
    return f"{size >> 30} GiB" if size >= 1 << 30 else f"{size} bytes"
