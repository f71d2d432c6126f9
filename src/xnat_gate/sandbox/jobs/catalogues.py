"""Catalogues: the XML beside the files of a resource that lists them, with the UID of each DICOM object.

Law: XNAT reads the UIDs when it builds a session; what somebody puts into a resource file by file has none there.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from xnat_gate.sandbox.models.resources import Entry

CAT = "http://nrg.wustl.edu/catalog"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
ET.register_namespace("cat", CAT)


def text(entries: Sequence[Entry], *, uid: str = "") -> str:
    """The document; `uid` is the SeriesInstanceUID of a scan's catalogue, told where XNAT has read its objects."""
    dicom = any(entry.uid for entry in entries)
    kind = "DCMCatalog" if dicom else "Catalog"
    root = ET.Element(f"{{{CAT}}}{kind}", {"UID": uid} if uid and dicom else {})
    listed = ET.SubElement(root, f"{{{CAT}}}entries")
    for entry in entries:
        ET.SubElement(listed, f"{{{CAT}}}entry", _attributes(entry))
    return DECLARATION + ET.tostring(root, encoding="unicode")


def write(place: Path, entries: Sequence[Entry], *, uid: str = "") -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(place.name + ".new")
    fresh.write_text(text(entries, uid=uid), encoding="utf-8")
    fresh.replace(place)


def read(place: Path) -> list[Entry]:
    """The entries; none when there is no such catalogue."""
    try:
        root = ET.parse(place).getroot()  # noqa: S314 - written by this sandbox
    except FileNotFoundError:
        return []
    return [_entry(element) for element in root.iter(f"{{{CAT}}}entry")]


def _attributes(entry: Entry) -> dict[str, str]:
    full = {
        "UID": entry.uid, "URI": entry.path, "ID": entry.path, "digest": entry.digest, "size": str(entry.size),
        "format": entry.format, "content": entry.content,
    }  # fmt: skip
    return {name: value for name, value in full.items() if value}


def _entry(element: ET.Element) -> Entry:
    return Entry(
        path=element.get("URI", ""), size=int(element.get("size", "0")), digest=element.get("digest", ""),
        uid=element.get("UID", ""), format=element.get("format", ""), content=element.get("content", ""),
    )  # fmt: skip
