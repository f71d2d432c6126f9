"""Zips among dropped files: which they are, and where in a claim their content lies.

Laws: a zip is one by name and by its first bytes; where its content lies follows from the zip itself, so that every
importer finds it and no dropped folder is mistaken for it; a zip that came out of a zip is a file like any other.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from xnat_gate.core.naming import came_out_of_a_zip, half_made, is_zip_name, unpacked_name
from xnat_gate.core.settling import Look

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
"""With which a zip begins, an empty one, and one that could be in parts (PKWARE's APPNOTE 4.3.7, 4.3.16, 8.5.3)."""
FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def is_zip(path: Path) -> bool:
    """By name and signature; no link is followed and no pipe waited for. Raises OSError."""
    if not is_zip_name(path.name):
        return False
    descriptor = os.open(path, FLAGS)
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and os.read(descriptor, 4) in SIGNATURES
    finally:
        os.close(descriptor)


def places(look: Look) -> dict[str, str]:
    """Relative path of every file that is called a zip to that of the folder for its content."""
    return {
        path: str(PurePosixPath(path).with_name(unpacked_name(PurePosixPath(path).name, size, mtime)))
        for path, size, mtime in look.files
        if is_zip_name(path) and not came_out_of_a_zip(path)
    }


def came_out_of(folder: Path, look: Look) -> Iterator[str]:
    """The relative paths of the folders that hold the content of a zip of this look."""
    for place in places(look).values():
        if (folder / place).is_dir() and not (folder / place).is_symlink():
            yield place


def clear_half_made(folder: Path, look: Look) -> bool:
    """Remove what an unpacking left behind that did not come to its end: copies, of which the zip is still there.
    Whether there was any."""
    found = False
    for place in places(look).values():
        left = folder / half_made(place)
        if os.path.lexists(left):
            shutil.rmtree(left)
            found = True
    return found
