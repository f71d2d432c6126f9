"""The ways keeping says no, always with the source as it was.

Law: names of files may hold a patient's name, so they do not stand in messages.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xnat_gate.core.keeping import KeepingFailed

__all__ = [
    "DiskFull",
    "HalfWay",
    "InOtherHands",
    "KeepingFailed",
    "NothingKept",
    "UnsafeName",
    "told_plainly",
]


class DiskFull(KeepingFailed):
    """No room for what should be kept: a person makes room, then it may be tried again."""


class UnsafeName(KeepingFailed):
    """What should be kept is no regular file inside its source folder."""


class NothingKept(KeepingFailed):
    """Nothing is kept under this name (any more)."""


class InOtherHands(KeepingFailed):
    """Another process is filling it, giving it back or removing it: a moment later the call may be repeated."""


class HalfWay(KeepingFailed):
    """Some of it lies here and some there, each file whole: the same call again completes it."""


@contextmanager
def told_plainly(root: Path, doing: str = "kept") -> Iterator[None]:
    """Speak of any trouble with the file system as a place that cannot be used; `doing`: what files could not be."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(f"no room is left under {root}: make room there; nothing was moved") from error
        why = error.strerror or "input/output error"
        raise KeepingFailed(f"files cannot be {doing} under {root} ({why}); nothing was moved") from error
