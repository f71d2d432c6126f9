"""The fingerprint of one object (`core.likeness.Print`): of its pixel data, and of all that no copying changes.

Laws: a value goes by piece by piece and is dropped; nothing is decoded, so one picture stored in two transfer syntaxes
has two prints; what cannot be walked to its end has no content, and what shows nothing has no pixels; no value of the
data set leaves this module, the PatientID only as its digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from xnat_gate.core.likeness import Print
from xnat_gate.core.study import Instance
from xnat_gate.edge.dicom_files.cursor import Cursor, Damaged
from xnat_gate.edge.dicom_files.dictionary import TAGS, VR_OF
from xnat_gate.edge.dicom_files.elements import UNDEFINED, Coding, Element, elements, fragments, items, leave
from xnat_gate.edge.dicom_files.opening import open_object
from xnat_gate.edge.dicom_files.text import TEXT_VRS, values

PIXELS = frozenset(TAGS[word] for word in ("FloatPixelData", "DoubleFloatPixelData", "PixelData"))
FIRST_OF_PIXELS = min(PIXELS)

MAKING = frozenset(
    TAGS[word]
    for word in (
        "InstanceCreationDate",
        "InstanceCreationTime",
        "InstanceCoercionDateTime",
        "ContributingEquipmentSequence",
        "OriginalAttributesSequence",
        "MACParametersSequence",
        "DigitalSignaturesSequence",
        "DataSetTrailingPadding",
    )
)
"""When and by whom this copy was made, converted, corrected and signed (PS3.3 C.12.1), and its filling (PS3.10 7.2).
ContentDate and ContentTime are not among them: they date the pixel data (C.7.6.1), which a copy shares."""

NOTHING_BUT_REFERENCES = (
    "1.2.840.10008.5.1.4.1.1.11.",
    "1.2.840.10008.5.1.4.1.1.66.1",
    "1.2.840.10008.5.1.4.1.1.66.2",
    "1.2.840.10008.5.1.4.1.1.66.3",
    "1.2.840.10008.5.1.4.1.1.67",
    "1.2.840.10008.5.1.4.1.1.88.59",
)
"""Presentation states, registrations, fiducials, value mappings, key object selections: without the UIDs of what they
speak about, two of them (say, two registrations by the identity matrix) are easily equal and yet no copies."""

PERIOD = 24
"""Bytes: a whole number of pixels of 1, 2, 3, 4, 6 and 8 bytes."""
PIECE = PERIOD << 12
NO_PICTURE = 50
"""So many times smaller than its pixels, compressed data hold next to no picture: one that shows nothing goes down to a
64th in RLE (PS3.5 annex G), and further in every other way."""
SIZES = tuple(
    TAGS[word] for word in ("Rows", "Columns", "BitsAllocated", "SamplesPerPixel", "NumberOfFrames")
)

LONGEST_IS = 12
"""Letters (PS3.5 6.2); int() refuses thousands of them."""

_MARK = Struct(">LcQ")


def print_of(path: Path, instance: Instance) -> Print:
    """The print of the object in this file, which was read as `instance`. Raises OSError from the disk."""
    sheet = _Sheet()
    with path.open("rb") as file:
        try:
            whole = sheet.fill(file)
        except Damaged:
            whole = False
    patient = instance.value("PatientID")
    telling = whole and not instance.sop_class_uid.startswith(NOTHING_BUT_REFERENCES)
    return Print(
        sop_instance_uid=instance.sop_instance_uid,
        study_uid=instance.study_uid,
        patient=hashlib.sha256(patient.encode()).hexdigest() if patient else "",
        pixels=sheet.pixels,
        content=sheet.content.hexdigest() if telling else "",
    )


class _Sheet:
    """What has been seen of one object so far."""

    def __init__(self) -> None:
        self.pixels = ""
        self.content = hashlib.sha256()
        self._sizes: dict[int, int] = {}

    def fill(self, file: BinaryIO) -> bool:
        """False when it is no object. Raises Damaged."""
        opened = open_object(file)
        if opened is None:
            return False
        for element in elements(opened.cursor, opened.coding):
            if element.tag in PIXELS:
                self._take_pixels(opened.cursor, element)
            else:
                self._take(opened.cursor, element)
            leave(opened.cursor, element)
            if element.tag >= FIRST_OF_PIXELS and opened.cursor.only_zeros_left():
                break
        return True

    def _take_pixels(self, cursor: Cursor, element: Element) -> None:
        if element.length == UNDEFINED:
            hashed, size = _compressed(cursor, element)
            blank = size * NO_PICTURE < self._pixel_bytes()
        else:
            hashed, blank = _stored(cursor, element.length)
        self._say(element.tag, b"P", hashed)
        if not blank:
            self.pixels = hashed.hex()

    def _pixel_bytes(self) -> int:
        """How many the compressed pixels were; 0 when the header does not tell."""
        rows, columns, bits, samples, frames = (self._sizes.get(tag, 0) for tag in SIZES)
        return rows * columns * bits * samples * max(frames, 1) // 8

    def _take(self, cursor: Cursor, element: Element) -> None:
        if element.vr == "UI" or element.tag in MAKING or not element.tag & 0xFFFF:
            return
        if element.is_sequence:
            self._say(element.tag, b"S", b"")
            for end in items(cursor, element):
                self._say(element.tag, b"I", b"")
                for inner in elements(cursor, element.coding, end, element.depth + 1):
                    self._take(cursor, inner)
            self._say(element.tag, b"E", b"")
        elif element.length == UNDEFINED:
            self._say(element.tag, b"P", _compressed(cursor, element)[0])
        elif element.length <= PIECE:
            self._take_short(element, cursor.read(element.length))
        else:
            self._say(element.tag, b"L", _stored(cursor, element.length)[0])

    def _take_short(self, element: Element, value: bytes) -> None:
        if not element.depth and element.tag in SIZES:
            self._sizes[element.tag] = _number(element.tag, value, element.coding)
        self._say(element.tag, b"V", value.rstrip(b" \0") if element.vr in TEXT_VRS else value)

    def _say(self, tag: int, what: bytes, value: bytes) -> None:
        self.content.update(_MARK.pack(tag, what, len(value)) + value)


def _stored(cursor: Cursor, length: int) -> tuple[bytes, bool]:
    """The digest of a value, and whether it is one pixel (or a pattern as small) again and again."""
    hasher, blank, filling = hashlib.sha256(), True, b""
    for piece in _pieces(cursor, length):
        hasher.update(piece)
        filling = filling or piece[:PERIOD] * (PIECE // PERIOD)
        blank = blank and piece == filling[: len(piece)]
    return hasher.digest(), blank


def _compressed(cursor: Cursor, element: Element) -> tuple[bytes, int]:
    """The digest of all fragments, and their size; not of the offset table before them, which archives add and drop
    (PS3.5 A.4)."""
    hasher, size, table = hashlib.sha256(), 0, True
    for length in fragments(cursor, element):
        for piece in _pieces(cursor, length):
            if not table:
                hasher.update(piece)
                size += len(piece)
        table = False
    return hasher.digest(), size


def _pieces(cursor: Cursor, length: int) -> Iterator[bytes]:
    for start in range(0, length, PIECE):
        yield cursor.read(min(PIECE, length - start))


def _number(tag: int, value: bytes, coding: Coding) -> int:
    """0 where there is no number."""
    found = values(value, VR_OF[tag], little=coding.little)
    return int(found[0]) if found and found[0].isdecimal() and len(found[0]) <= LONGEST_IS else 0
