"""What one object says, tag by tag, as /data/services/dicomdump lists it.

Laws: raw values are decoded here, nothing is validated; sequences are opened one level deep; bulk data are not shown.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_description, dictionary_keyword, dictionary_VR
from pydicom.errors import InvalidDicomError
from pydicom.tag import BaseTag, Tag

from xnat_gate.sandbox.dicom.header import NotAnObject, charset, text

NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}
BULK = frozenset({"OB", "OW", "OF", "OD", "OL", "OV", "UN", "OB or OW", "US or OW", "US or SS or OW"})
COLUMNS = ("tag1", "tag2", "vr", "value", "desc")


def dump(place: Path) -> list[dict[str, str]]:
    """The rows of a file. Raises NotAnObject."""
    try:
        dataset = dcmread(place, stop_before_pixels=True, force=True)
        return list(_rows(dataset, charset(dataset)))
    except (InvalidDicomError, ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
        raise NotAnObject("unreadable object") from error
    except (EOFError, OSError, struct.error, OverflowError, RecursionError) as error:
        raise NotAnObject("unreadable object") from error


def names(row: dict[str, str]) -> set[str]:
    """What a `field=` may call the row: its tag in hexadecimal, or its keyword."""
    digits = row["tag1"].strip("()").replace(",", "")
    return {digits, digits.lower(), _keyword(Tag(int(digits, 16)))}


def _rows(dataset: Dataset, encoding: str, above: str = "") -> Iterator[dict[str, str]]:
    for tag in sorted(dataset.keys()):
        vr, shown = _vr(dataset, tag), f"({tag.group:04x},{tag.element:04x})"
        value = "" if vr == "SQ" or vr in BULK else _value(dataset, tag, vr, encoding)
        tags = (above, shown) if above else (shown, "")
        yield dict(zip(COLUMNS, (*tags, vr, value, _description(tag)), strict=True))
        if vr == "SQ" and not above:
            for item in dataset[tag].value or []:
                yield from _rows(item, encoding, shown)


def _vr(dataset: Dataset, tag: BaseTag) -> str:
    vr = dataset.get_item(tag).VR
    if vr:
        return str(vr)
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def _value(dataset: Dataset, tag: BaseTag, vr: str, encoding: str) -> str:
    raw = dataset.get_item(tag).value
    if not isinstance(raw, bytes) or vr not in {*NUMBERS, "AT"}:
        return text(dataset, int(tag), encoding)
    order = "<" if dataset.original_encoding[1] is not False else ">"
    if vr == "AT":
        words = struct.unpack(f"{order}{len(raw) // 2}H", raw)
        return "\\".join(f"({a:04x},{b:04x})" for a, b in zip(words[::2], words[1::2], strict=False))
    code = NUMBERS[vr]
    count = len(raw) // struct.calcsize(code)
    return "\\".join(str(number) for number in struct.unpack(f"{order}{count}{code}", raw))


def _description(tag: BaseTag) -> str:
    try:
        return dictionary_description(tag)
    except KeyError:
        return "?"


def _keyword(tag: BaseTag) -> str:
    try:
        return dictionary_keyword(tag)
    except KeyError:
        return ""
