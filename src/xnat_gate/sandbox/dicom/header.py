"""Reads the header of one object. The sandbox's one door to pydicom.

Laws: only raw values are read and decoded here, so nothing is validated, corrected or warned about; what has no
SOPClassUID or SOPInstanceUID is no DICOM object for XNAT.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from pydicom import Dataset, dcmread
from pydicom.charset import python_encoding
from pydicom.errors import InvalidDicomError
from pydicom.tag import Tag

TAGS = {
    "sop_class": 0x00080016, "sop_instance": 0x00080018, "study": 0x0020000D, "series": 0x0020000E,
    "series_number": 0x00200011, "instance_number": 0x00200013, "modality": 0x00080060,
    "series_description": 0x0008103E, "study_description": 0x00081030, "accession_number": 0x00080050,
    "study_date": 0x00080020, "study_time": 0x00080030, "patient_name": 0x00100010, "patient_id": 0x00100020,
    "patient_comments": 0x00104000, "study_comments": 0x00324000, "patient_history": 0x001021B0,
}  # fmt: skip
CHARSET = 0x00080005
BARE_STARTS = (b"\x08\x00", b"\x02\x00", b"\x00\x08")


class NotAnObject(Exception):
    """The bytes are no DICOM object that XNAT would take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The values XNAT looks at, decoded and stripped; '' when absent."""

    sop_class: str
    sop_instance: str
    study: str = ""
    series: str = ""
    series_number: str = ""
    instance_number: str = ""
    modality: str = ""
    series_description: str = ""
    study_description: str = ""
    accession_number: str = ""
    study_date: str = ""
    study_time: str = ""
    patient_name: str = ""
    patient_id: str = ""
    patient_comments: str = ""
    study_comments: str = ""
    patient_history: str = ""


def read_header(source: BinaryIO) -> Header:
    """The header of a Part 10 file or of a bare data set; raises NotAnObject."""
    dataset = _read(source)
    encoding = charset(dataset)
    header = Header(**{name: text(dataset, tag, encoding) for name, tag in TAGS.items()})
    if not header.sop_class or not header.sop_instance:
        raise NotAnObject("no SOP Class UID or SOP Instance UID")
    return header


def _read(source: BinaryIO) -> Dataset:
    start = source.read(132)
    source.seek(0)
    part10 = start[128:] == b"DICM"
    if not part10 and not start.startswith(BARE_STARTS):
        raise NotAnObject("no DICOM preamble")
    try:
        return dcmread(source, stop_before_pixels=True, specific_tags=list(TAGS.values()), force=not part10)
    except (InvalidDicomError, ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
        raise NotAnObject("unreadable header") from error
    except (EOFError, OSError, struct.error, OverflowError, RecursionError) as error:
        raise NotAnObject("unreadable header") from error


def charset(dataset: Dataset) -> str:
    """The Python name of the encoding of its texts."""
    names = text(dataset, CHARSET, "ascii").split("\\")
    known = [python_encoding[name.strip()] for name in names if name.strip() in python_encoding]
    return known[-1] if known else "latin-1"


def text(dataset: Dataset, tag: int, encoding: str) -> str:
    """One value, decoded and stripped; '' when absent."""
    if Tag(tag) not in dataset:
        return ""
    raw: object = dataset.get_item(Tag(tag)).value
    if isinstance(raw, bytes):
        return raw.decode(encoding, errors="replace").strip(" \0\r\n\t")
    if raw is None:
        return ""
    return "\\".join(raw) if isinstance(raw, (list, tuple)) else str(raw).strip()
