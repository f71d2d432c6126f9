"""Whether two files are the same object: the digest of their bytes, or their data sets element by element.

Laws: the file meta (group 0002) is aside, as archives rewrite it; lengths given or not given, VRs told or not
told, group lengths and padding make no difference, one byte of a value does; what cannot be walked to its end
equals nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from xnat_gate.edge.dicom_files.cursor import CHUNK, Cursor, Damaged
from xnat_gate.edge.dicom_files.elements import UNDEFINED, Element, elements, fragments, items
from xnat_gate.edge.dicom_files.opening import open_object
from xnat_gate.edge.dicom_files.text import TEXT_VRS

TRAILING_PADDING = 0xFFFCFFFC

Mark = tuple[int, str, bytes, str]
"""Depth-first: a tag, what happens there, of a value its bytes or their digest, its VR where the file tells."""


NOTHING: Mark = (0, "the end", b"", "")


def digest(path: Path) -> str:
    """SHA-256 of the whole file in hex, read piece by piece. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def same_object(a: Path, b: BinaryIO) -> bool:
    """The same bytes, or else equal data sets in the same byte order. `b` is seekable and stands anywhere. Raises
    OSError where `a` cannot be read."""
    if a.stat().st_size == b.seek(0, os.SEEK_END) and _same_bytes(a, b):
        return True
    b.seek(0)
    with a.open("rb") as file:
        try:
            pairs = zip_longest(_marks(file), _marks(b), fillvalue=NOTHING)
            return all(_alike(one, other) for one, other in pairs)
        except Damaged:
            return False


def _same_bytes(a: Path, b: BinaryIO) -> bool:
    b.seek(0)
    with a.open("rb") as file:
        pieces = zip_longest(iter(lambda: file.read(CHUNK), b""), iter(lambda: b.read(CHUNK), b""))
        return all(one == other for one, other in pieces)


def _alike(one: Mark, other: Mark) -> bool:
    return one[:3] == other[:3] and (one[3] == other[3] or not (one[3] and other[3]))


def _marks(file: BinaryIO) -> Iterator[Mark]:
    opened = open_object(file)
    if opened is None:
        raise Damaged("no DICOM object")
    yield 0, "little endian" if opened.coding.little else "big endian", b"", ""
    for element in elements(opened.cursor, opened.coding):
        yield from _marks_of(opened.cursor, element)


def _marks_of(cursor: Cursor, element: Element) -> Iterator[Mark]:
    if element.tag & 0xFFFF == 0 or element.tag == TRAILING_PADDING:
        return
    if element.is_sequence:
        yield element.tag, "sequence", b"", ""
        for end in items(cursor, element):
            yield element.tag, "item", b"", ""
            for inner in elements(cursor, element.coding, end, element.depth + 1):
                yield from _marks_of(cursor, inner)
        yield element.tag, "sequence ends", b"", ""
    elif element.length == UNDEFINED:
        for length in fragments(cursor, element):
            yield element.tag, "fragment", _value(cursor, length), ""
    else:
        value = _value(cursor, element.length)
        told = element.vr if element.coding.explicit else ""
        yield element.tag, "value", value.rstrip(b" \0") if element.vr in TEXT_VRS else value, told


def _value(cursor: Cursor, length: int) -> bytes:
    """The bytes themselves while they are few, else their digest and number."""
    if length <= CHUNK:
        return cursor.read(length)
    hasher = hashlib.sha256()
    for start in range(0, length, CHUNK):
        hasher.update(cursor.read(min(CHUNK, length - start)))
    return hasher.digest() + length.to_bytes(8, "big")
