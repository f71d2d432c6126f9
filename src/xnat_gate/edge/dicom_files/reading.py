"""One file, from its bytes to an Instance, to the index of a medium, or to the reason why it is neither.

Laws: what the header holds is what the file holds, nothing added and nothing twice; an object is whole or it is
unreadable; the reason names the place and the remedy, and never a value of the data set.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import BinaryIO

from xnat_gate.core.media import Directory
from xnat_gate.core.study import Instance, Pointers, Unreadable
from xnat_gate.edge.dicom_files.completeness import PIXELS, missing_tail
from xnat_gate.edge.dicom_files.cursor import Cursor, Damaged, Truncated
from xnat_gate.edge.dicom_files.dictionary import TAGS, VR_OF, name_of
from xnat_gate.edge.dicom_files.directory import read_directory
from xnat_gate.edge.dicom_files.elements import Element, elements, leave, text_value
from xnat_gate.edge.dicom_files.hollow import hollow
from xnat_gate.edge.dicom_files.opening import Opened, open_file
from xnat_gate.edge.dicom_files.pointers import Gatherer, is_pointing
from xnat_gate.edge.dicom_files.text import READABLE_VRS, values

NEEDED = frozenset(
    {
        "SpecificCharacterSet",
        "SOPClassUID",
        "Modality",
        "StudyInstanceUID",
        "FrameOfReferenceUID",
        "Rows",
        "PixelRepresentation",
        "PixelDataProviderURL",
    }
)
"""What the reader itself has to know."""


@dataclass
class Sheet:
    """What has been read of one object so far."""

    header: dict[str, tuple[str, ...]] = field(default_factory=dict)
    gatherer: Gatherer = field(default_factory=Gatherer)
    last_tag: int = 0
    place: str = "its file meta information"

    def first(self, keyword: str) -> str:
        return next(iter(self.header.get(keyword, ())), "")

    @property
    def pointing(self) -> bool:
        return is_pointing(self.first("SOPClassUID"), self.first("Modality"))

    @property
    def plausible(self) -> bool:
        """Whether bytes without file meta have turned out to be a DICOM object."""
        if re.fullmatch(r"[0-9.]+", self.first("SOPClassUID")):
            return True
        return bool(self.first("Modality") and self.first("StudyInstanceUID"))


def read_object(name: str, file: BinaryIO, wanted: frozenset[str]) -> Instance | Unreadable | None:
    """None when it is no DICOM object, and no remainder of one. `file` is seekable and stands at 0.

    Raises OSError from the disk.
    """
    found = read_file(name, file, wanted)
    return None if isinstance(found, Directory) else found


def read_file(name: str, file: BinaryIO, wanted: frozenset[str]) -> Instance | Directory | Unreadable | None:
    """The same, but the index of a medium is read, too."""
    sheet, bare = Sheet(), False
    try:
        opened = open_file(file)
        if opened is None:
            nothing = hollow(name, file)
            return Unreadable(name, nothing) if nothing else None
        if opened.is_directory:
            return read_directory(name, opened)
        bare = opened.bare
        _fill(sheet, opened, wanted)
    except Damaged as fault:
        if bare and not sheet.plausible:
            return None
        return Unreadable(name, _why(sheet, fault), sheet.first("StudyInstanceUID"))
    if bare and not sheet.plausible:
        return None
    return Instance(name, _asked(sheet, wanted), _pointers(sheet), part10=opened.part10)


def _fill(sheet: Sheet, opened: Opened, wanted: frozenset[str]) -> None:
    asked = tags_of(wanted | NEEDED)
    sheet.header.update({asked[tag]: value for tag, value in opened.meta.items() if tag in asked})
    for element in elements(opened.cursor, opened.coding):
        sheet.place = name_of(element.tag)
        _take(sheet, opened.cursor, element, asked)
        sheet.last_tag = max(sheet.last_tag, element.tag)
        leave(opened.cursor, element)
        if element.tag >= PIXELS and opened.cursor.only_zeros_left():
            break
    _demand_tail(sheet)


def _take(sheet: Sheet, cursor: Cursor, element: Element, asked: dict[int, str]) -> None:
    if element.tag < 0x00010000:
        raise Damaged("zeros stand where an element should begin")
    if element.is_sequence:
        if sheet.pointing:
            sheet.gatherer.sequence(cursor, element)
    elif element.tag in asked:
        keyword = asked[element.tag]
        if keyword in sheet.header:
            raise Damaged("the element stands there twice")
        sheet.header[keyword] = _values(sheet, cursor, element)


def _values(sheet: Sheet, cursor: Cursor, element: Element) -> tuple[str, ...]:
    vr = element.vr if element.vr in READABLE_VRS else VR_OF[element.tag]
    if vr == "US or SS":
        vr = "SS" if sheet.first("PixelRepresentation") == "1" else "US"
    charset = sheet.header.get("SpecificCharacterSet", ())
    return values(text_value(cursor, element), vr, charset, little=element.coding.little)


def _demand_tail(sheet: Sheet) -> None:
    missing = missing_tail(
        sheet.first("SOPClassUID"),
        sheet.last_tag,
        has_rows="Rows" in sheet.header,
        pixels_elsewhere="PixelDataProviderURL" in sheet.header,
    )
    if missing:
        raise Truncated(f"{missing} should follow")


def _pointers(sheet: Sheet) -> Pointers:
    if not sheet.pointing:
        return Pointers()
    return sheet.gatherer.pointers(
        sheet.first("FrameOfReferenceUID"), sheet.header.get("SpecificCharacterSet", ())
    )


def _asked(sheet: Sheet, wanted: frozenset[str]) -> dict[str, tuple[str, ...]]:
    return {keyword: found for keyword, found in sheet.header.items() if keyword in wanted}


@cache
def tags_of(keywords: frozenset[str]) -> dict[int, str]:
    """Tag to keyword, for the elements that can stand in a header; raises KeyError for an unknown keyword."""
    tags = {TAGS[keyword]: keyword for keyword in keywords}
    return {tag: word for tag, word in tags.items() if VR_OF[tag] in READABLE_VRS | {"US or SS"}}


def _why(sheet: Sheet, fault: Damaged) -> str:
    if isinstance(fault, Truncated):
        return f"The file is cut short in or after {sheet.place} ({fault}): export or copy it again."
    return f"The file is damaged in or after {sheet.place} ({fault}): export it again from the system it came from."
