"""The index of a medium (DICOMDIR: PS3.10 8.6, PS3.3 annex F): which objects of which studies it names.

Laws: the records are followed by their offsets, since their order says nothing; one that is not in use names nothing,
nor does what hangs below it; effort and memory stay bounded, whatever the offsets claim. The file IDs are not read:
who copies from a medium may rename, and an object is known by its UID.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from xnat_gate.core.media import Directory
from xnat_gate.core.study import Unreadable
from xnat_gate.edge.dicom_files.cursor import Cursor, Damaged, Truncated
from xnat_gate.edge.dicom_files.dictionary import TAGS, name_of
from xnat_gate.edge.dicom_files.elements import Element, elements, items, leave, text_value
from xnat_gate.edge.dicom_files.opening import Opened
from xnat_gate.edge.dicom_files.text import values

FIRST = TAGS["OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity"]
RECORDS = TAGS["DirectoryRecordSequence"]
NEXT = TAGS["OffsetOfTheNextDirectoryRecord"]
LOWER = TAGS["OffsetOfReferencedLowerLevelDirectoryEntity"]
IN_USE = TAGS["RecordInUseFlag"]
KIND = TAGS["DirectoryRecordType"]
OBJECT = TAGS["ReferencedSOPInstanceUIDInFile"]
STUDY = TAGS["StudyInstanceUID"]
READ = {FIRST: "UL", NEXT: "UL", LOWER: "UL", IN_USE: "US", KIND: "CS", OBJECT: "UI", STUDY: "UI"}

ITEM_HEAD = 8
LONGEST_VALUE = 128
MOST_RECORDS = 300_000
"""More than a disc of the largest kind holds."""


@dataclass(frozen=True, slots=True)
class Record:
    """One item of the sequence; `next` and `lower` are offsets into the file, 0 for none."""

    next: int
    lower: int
    in_use: bool
    kind: str
    object_uid: str
    study_uid: str


def read_directory(name: str, opened: Opened) -> Directory | Unreadable:
    """`opened` stands at the data set of an index. Raises OSError from the disk."""
    try:
        return Directory(name, _objects(opened))
    except Truncated as fault:
        return Unreadable(name, f"The DICOMDIR is cut short ({fault}): copy it again from the medium.")
    except Damaged as fault:
        return Unreadable(name, f"The DICOMDIR is damaged ({fault}): copy it again from the medium.")


def _objects(opened: Opened) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for study, uid in _named(*_read(opened)):
        found[study].add(uid)
    return {study: frozenset(uids) for study, uids in found.items()}


def _read(opened: Opened) -> tuple[int, dict[int, Record]]:
    """The offset of the first record, and all records by theirs."""
    cursor, first, records = opened.cursor, 0, dict[int, Record]()
    for element in elements(cursor, opened.coding):
        if element.tag < 0x00040000:
            raise Damaged("what stands there belongs to no directory")
        if element.tag == FIRST:
            first = _number(_text(cursor, element))
        if element.tag == RECORDS and element.is_sequence:
            for end in items(cursor, element):
                if len(records) == MOST_RECORDS:
                    raise Damaged(f"there are more than {MOST_RECORDS} records")
                at = cursor.at - ITEM_HEAD
                records[at] = _record(cursor, element, end)
        leave(cursor, element)
    return first, records


def _record(cursor: Cursor, sequence: Element, end: int | None) -> Record:
    said: dict[int, str] = {}
    for element in elements(cursor, sequence.coding, end, sequence.depth + 1):
        if element.tag in READ:
            said[element.tag] = _text(cursor, element)
    return Record(
        next=_number(said.get(NEXT, "")),
        lower=_number(said.get(LOWER, "")),
        in_use=said.get(IN_USE) != "0",
        kind=said.get(KIND, ""),
        object_uid=said.get(OBJECT, ""),
        study_uid=said.get(STUDY, ""),
    )


def _named(first: int, records: dict[int, Record]) -> Iterator[tuple[str, str]]:
    """(StudyInstanceUID, SOPInstanceUID) of every object below a study."""
    waiting, seen = [(first, "")], set[int]()
    while waiting:
        at, study = waiting.pop()
        if at == 0:
            continue
        if at in seen:
            raise Damaged("its records lead in circles")
        if at not in records:
            raise Damaged("an offset leads to no record")
        seen.add(at)
        record = records[at]
        waiting.append((record.next, study))
        if not record.in_use:
            continue
        if record.kind == "STUDY":
            study = record.study_uid or record.object_uid
        elif study and record.object_uid:
            yield study, record.object_uid
        waiting.append((record.lower, study))


def _text(cursor: Cursor, element: Element) -> str:
    if element.length > LONGEST_VALUE:
        raise Damaged(f"{name_of(element.tag)} is {element.length} bytes long")
    raw = text_value(cursor, element)
    return next(iter(values(raw, READ[element.tag], little=element.coding.little)), "")


def _number(text: str) -> int:
    return int(text) if text else 0
