"""The port for what is taken out of XNAT and must not be lost: a shelf, in a folder or in another project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import BinaryIO
from typing import Protocol as Port


class KeepingFailed(Exception):
    """The source is as it was unless the message says otherwise; `str()` is one sentence for a person."""


class Shelf(Port):
    """Law: when a verb returns, all that it was given lies whole where it says; else it raises."""

    def keep_members(
        self, members: Iterable[tuple[str, BinaryIO]], reason: Mapping[str, object], *, arrival: str
    ) -> object:
        """Write down streams with their names, each read to its end before the next is asked for, and beside them the
        reason, which is plain JSON. The place, as `str()` of what is returned. Raises KeepingFailed, and lets through
        what `members` raises, with nothing kept."""
