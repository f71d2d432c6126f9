"""One file, from its bytes to an Instance, to the index of a medium, or to the reason why it is neither.

Laws: what the header holds is what the file holds, nothing added and nothing twice; an object is whole or it is
unreadable; the reason names the place and the remedy, and never a value of the data set.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import BinaryIO

from xnat_gate.core.drawing import NOTHING_DRAWN, Drawing
from xnat_gate.core.media import Directory
from xnat_gate.core.pointers import Pointers
from xnat_gate.core.study import Instance, Unreadable
from xnat_gate.edge.dicom_files.answers import Layer, walk
from xnat_gate.edge.dicom_files.asking import asked_of
from xnat_gate.edge.dicom_files.completeness import PIXELS, missing_tail
from xnat_gate.edge.dicom_files.cursor import Cursor, Damaged, TooLarge, Truncated
from xnat_gate.edge.dicom_files.dictionary import name_of
from xnat_gate.edge.dicom_files.directory import read_directory
from xnat_gate.edge.dicom_files.elements import Element, elements, leave
from xnat_gate.edge.dicom_files.hollow import hollow
from xnat_gate.edge.dicom_files.opening import Opened, open_file
from xnat_gate.edge.dicom_files.pointers import Gatherer, is_pointing


@dataclass
class Sheet:
    """What has been read of one object so far."""

    top: Layer
    gatherer: Gatherer = field(default_factory=Gatherer)
    last_tag: int = 0
    tag: int | None = None

    def first(self, keyword: str) -> str:
        return next(iter(self.top.found.get(keyword, ())), "")

    @property
    def place(self) -> str:
        """Where the reader is."""
        return "its file meta information" if self.tag is None else name_of(self.tag)

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
    sheet, bare = Sheet(Layer(asked_of(wanted))), False
    try:
        opened = open_file(file)
        if opened is None:
            nothing = hollow(name, file)
            return Unreadable(name, nothing) if nothing else None
        if opened.is_directory:
            return read_directory(name, opened)
        bare = opened.bare
        _fill(sheet, opened)
    except Damaged as fault:
        if bare and not sheet.plausible:
            return None
        return _unreadable(name, sheet, fault)
    if bare and not sheet.plausible:
        return None
    pointers, drawing = _said(sheet)
    return Instance(name, _asked(sheet, wanted), pointers, drawing, part10=opened.part10)


def _fill(sheet: Sheet, opened: Opened) -> None:
    for tag, value in opened.meta.items():
        node = sheet.top.node(tag)
        if node is not None:
            sheet.top.take(tag)
            sheet.top.note(node, value)
    for element in elements(opened.cursor, opened.coding):
        sheet.tag = element.tag
        _take(sheet, opened.cursor, element)
        if element.tag > sheet.last_tag:
            sheet.last_tag = element.tag
        leave(opened.cursor, element)
        if element.tag >= PIXELS and opened.cursor.only_zeros_left():
            break
    _demand_tail(sheet)


def _take(sheet: Sheet, cursor: Cursor, element: Element) -> None:
    if element.tag < 0x00010000:
        raise Damaged("zeros stand where an element should begin")
    if not element.is_sequence:
        sheet.top.read(cursor, element)
    elif sheet.pointing:
        sheet.gatherer.sequence(cursor, element, sheet.top if sheet.top.nests else None)
    else:
        walk(cursor, element, sheet.top)


def _demand_tail(sheet: Sheet) -> None:
    missing = missing_tail(
        sheet.first("SOPClassUID"),
        sheet.last_tag,
        has_rows="Rows" in sheet.top.found,
        pixels_elsewhere="PixelDataProviderURL" in sheet.top.found,
    )
    if missing:
        raise Truncated(f"{missing} should follow")


def _said(sheet: Sheet) -> tuple[Pointers, Drawing]:
    if not sheet.pointing:
        return Pointers(), NOTHING_DRAWN
    charset = sheet.top.charset
    return sheet.gatherer.pointers(sheet.first("FrameOfReferenceUID"), charset), sheet.gatherer.drawing(
        charset
    )


def _asked(sheet: Sheet, wanted: frozenset[str]) -> dict[str, tuple[str, ...]]:
    top = {name: found for name, found in sheet.top.found.items() if name in wanted}
    return top | sheet.top.nested.header()


def _unreadable(name: str, sheet: Sheet, fault: Damaged) -> Unreadable:
    return Unreadable(
        file=name,
        why=_why(sheet, fault),
        study_uid=sheet.first("StudyInstanceUID"),
        sop_instance_uid=sheet.first("SOPInstanceUID"),
        sop_class_uid=sheet.first("SOPClassUID"),
        limit=isinstance(fault, TooLarge),
    )


def _why(sheet: Sheet, fault: Damaged) -> str:
    if isinstance(fault, TooLarge):
        return (
            f"The file is too large to be checked to its end, in or after {sheet.place} ({fault}): export it in smaller"
            " parts, or have it looked at by hand."
        )
    if isinstance(fault, Truncated):
        return f"The file is cut short in or after {sheet.place} ({fault}): export or copy it again."
    return f"The file is damaged in or after {sheet.place} ({fault}): export it again from the system it came from."
