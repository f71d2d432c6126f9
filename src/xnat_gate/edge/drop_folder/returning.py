"""The way back into the drop folder: under the first free name, and never over anything.

Laws: a folder goes back as the folder that it is; a zip that was dropped by itself goes back as the file, unless
something came out of it meanwhile: then the folder around both goes back, so that nothing comes out twice. Each is one
rename, so that whoever is killed has either done it or not.
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path

from xnat_gate.core.naming import ZIP, is_zip_name

LONGEST_NAME = 255
"""Bytes of one name that the usual file systems accept."""

AT_FDCWD, RENAME_NOREPLACE = -100, 1
NOT_HERE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""How file systems answer that cannot rename without replacing (NFS, SMB)."""

_renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)


class CannotTell(Exception):
    """A rename here might replace what somebody else puts there in the very moment."""


def put_back(folder: Path, drop: Path, name: str) -> Path:
    """Rename a folder into the drop folder under the first free of name, name-2, name-3 …

    Where the file system cannot do better, and somebody makes an empty folder of that name in the very moment, the two
    become one: that loses nothing, since the folder never says what belongs together.
    """

    def move(target: Path) -> bool:
        try:
            return moved(folder, target)
        except CannotTell:
            folder.rename(target)
            return True

    return _first_free(move, drop, name, "")


def put_back_zip(folder: Path, drop: Path) -> Path:
    """Rename what lies in a folder under the folder's own name into the drop folder: x.zip, x-2.zip, x-3.zip …

    Where the file system cannot do so without risk to a file of that name, the folder goes back, with the zip in it:
    an arrival like any other.
    """
    name = folder.name
    ending = name[-len(ZIP) :] if is_zip_name(name) else ""
    try:
        back = _first_free(lambda target: moved(folder / name, target), drop, name, ending)
    except CannotTell:
        return put_back(folder, drop, name)
    folder.rmdir()
    return back


def is_zip_alone(folder: Path) -> bool:
    """Whether the folder was made for the zip in it, and nothing has come out of that yet: an emptied folder for what
    came out of it counts as something."""
    with os.scandir(folder) as found:
        children = list(found)
    return is_zip_name(folder.name) and [
        child.name for child in children if child.is_file(follow_symlinks=False)
    ] == [folder.name] == [child.name for child in children]


def moved(source: Path, target: Path) -> bool:
    """Rename, but never over anything: False when something lies there. Raises CannotTell, OSError."""
    if _renameat2 is None:
        raise CannotTell
    old, new = os.fsencode(source), os.fsencode(target)
    if _renameat2(AT_FDCWD, old, AT_FDCWD, new, RENAME_NOREPLACE) == 0:
        return True
    fault = ctypes.get_errno()
    if fault == errno.EEXIST:
        return False
    if fault in NOT_HERE:
        raise CannotTell
    raise OSError(fault, os.strerror(fault))


def _first_free(move: Callable[[Path], bool], drop: Path, name: str, ending: str) -> Path:
    for number in itertools.count(1):
        target = drop / numbered(name, number, ending)
        if os.path.lexists(target):
            continue
        try:
            if move(target):
                return target
        except OSError:
            if not os.path.lexists(target):
                raise
    raise AssertionError("unreachable: the numbers never end")


def numbered(name: str, number: int, ending: str = "") -> str:
    """The name itself for 1, else with -2, -3 … before its ending, cut where it would be longer than a name may be."""
    if number == 1:
        return name
    after = os.fsencode(f"-{number}{ending}")
    stem = os.fsencode(name.removesuffix(ending))
    return os.fsdecode(stem[: LONGEST_NAME - len(after)] + after)
