"""Files that hold nothing: empty ones, and ones of zeros alone, as a copy that broke off leaves them behind.

Laws: such a file may have been a slice, so it must not pass for junk, unless its name says that it never was one;
what holds anything else is told at its first other byte, and memory stays constant.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import BinaryIO

from xnat_gate.edge.dicom_files.cursor import Cursor

FIRST_LOOK = 4096
NEVER_AN_OBJECT = frozenset({".gitkeep", ".keep", "desktop.ini", "thumbs.db", ".ds_store"})
"""Names, in lower case, that systems and people give to files beside the data."""
OFTEN_EMPTY = frozenset({".txt", ".log", ".md5", ".csv"})
"""Endings under which an empty file, but not one of zeros, is nothing to wonder about."""


def hollow(name: str, file: BinaryIO) -> str:
    """Why the file must not pass for junk although it is no DICOM object; the empty string when it may.

    `file` is seekable and stands anywhere. Raises OSError from the disk.
    """
    plain = PurePosixPath(name.lower())
    if plain.name in NEVER_AN_OBJECT:
        return ""
    file.seek(0)
    first = file.read(FIRST_LOOK)
    if not first:
        if plain.suffix in OFTEN_EMPTY:
            return ""
        return "The file is empty: copying it broke off; copy or export it again."
    if first.strip(b"\0") or not Cursor(file).only_zeros_left():
        return ""
    return "The file holds nothing but zeros: copying it broke off; copy or export it again."
