"""Where the data set of a file begins and how it is encoded: PS3.10 files, and data sets that go without.

Laws: the bytes are believed rather than the transfer syntax, except that only the latter can say "deflated"; a
DICOMDIR is an index and no object (`directory`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from xnat_gate.edge.dicom_files.cursor import Cursor
from xnat_gate.edge.dicom_files.dictionary import BULK_OR_NESTED, TAGS, VR_OF
from xnat_gate.edge.dicom_files.elements import Coding, coding_of, elements, text_value, weighed
from xnat_gate.edge.dicom_files.text import READABLE_VRS, values

PREAMBLE = 128
MAGIC = b"DICM"
META_BEGINS = b"\x02\x00\x00\x00UL"
DEFLATED = "1.2.840.10008.1.2.1.99"
DICOMDIR = "1.2.840.10008.1.3.10"


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that may hold an object; `bare` has neither preamble nor file meta, so it has yet to prove itself."""

    cursor: Cursor
    meta: dict[int, tuple[str, ...]]
    part10: bool
    bare: bool

    @property
    def coding(self) -> Coding:
        return coding_of(self.cursor.peek(8))

    @property
    def is_directory(self) -> bool:
        """By its class; where the file meta has none, by the group that nothing else begins with."""
        said = self.meta.get(TAGS["MediaStorageSOPClassUID"])
        return said == (DICOMDIR,) if said else not self.bare and self._begins_with_group(0x0004)

    def _begins_with_group(self, group: int) -> bool:
        head = self.cursor.peek(8)
        return len(head) == 8 and self.coding.tag.unpack_from(head)[0] == group


def open_object(file: BinaryIO) -> Opened | None:
    """None when it is no DICOM object. Raises Damaged where the file meta is broken, OSError from the disk."""
    opened = open_file(file)
    return None if opened is None or opened.is_directory else opened


def open_file(file: BinaryIO) -> Opened | None:
    """The same, but the index of a medium is opened, too."""
    head = file.read(PREAMBLE + len(MAGIC))
    if head[PREAMBLE:] == MAGIC:
        return _with_meta(file, PREAMBLE + len(MAGIC), part10=True)
    if head.startswith(MAGIC):
        return _with_meta(file, len(MAGIC), part10=False)
    if head.startswith(META_BEGINS):
        return _with_meta(file, 0, part10=False)
    if not _begins_data_set(head[:8]):
        return None
    file.seek(0)
    return Opened(Cursor(file), {}, part10=False, bare=True)


def _begins_data_set(head: bytes) -> bool:
    """Whether these 8 bytes could be an element of group 0008, the first of every object."""
    if len(head) < 8:
        return False
    group, _ = coding_of(head).tag.unpack_from(head)
    return int(group) == 0x0008


def _with_meta(file: BinaryIO, start: int, *, part10: bool) -> Opened:
    file.seek(start)
    cursor = Cursor(file)
    meta = _meta(cursor)
    if meta.get(TAGS["TransferSyntaxUID"]) == (DEFLATED,):
        cursor = cursor.inflated()
    return Opened(cursor, meta, part10, bare=False)


def _meta(cursor: Cursor) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    coding = coding_of(cursor.peek(8))
    while cursor.peek(2) == b"\x02\x00":
        element = next(elements(cursor, coding))
        if VR_OF.get(element.tag) in BULK_OR_NESTED:
            found[element.tag] = weighed(element)
        elif element.vr in READABLE_VRS and element.tag in VR_OF:
            found[element.tag] = values(text_value(cursor, element), element.vr)
        cursor.move_to(element.start + element.length)
    return found
