"""The session document of a waiting session: XNAT's XML, written by a build, read by everything after it.

Laws: what the document does not list is not in the session; it is replaced as a whole, never half written.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

XNAT = "http://nrg.wustl.edu/xnat"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ET.register_namespace("xnat", XNAT)
ET.register_namespace("xsi", XSI)
XSI_TYPE = f"{{{XSI}}}type"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRef:
    """A scan's resource; `uri` is the catalogue's path below the session folder, `size` in bytes."""

    label: str
    uri: str
    format: str = "DICOM"
    content: str = "RAW"
    count: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanDoc:
    id: str
    uid: str
    xsi_type: str
    type: str = ""
    series_description: str = ""
    modality: str = ""
    quality: str = "usable"
    files: Sequence[CatalogueRef] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDoc:
    """`date` is yyyy-MM-dd, `time` HH:mm:ss; `patient_name` and `patient_id` as DICOM has them."""

    xsi_type: str
    project: str
    subject: str
    label: str
    uid: str
    date: str = ""
    time: str = ""
    modality: str = ""
    patient_name: str = ""
    patient_id: str = ""
    scans: Sequence[ScanDoc] = field(default_factory=tuple)


def write(place: Path, doc: SessionDoc) -> None:
    stem = doc.xsi_type.removeprefix("xnat:").removesuffix("SessionData")
    root = ET.Element(f"{{{XNAT}}}{stem.upper() if len(stem) < 4 else stem}Session")
    root.attrib.update(
        {"ID": "", "project": doc.project, "label": doc.label, "UID": doc.uid, "modality": doc.modality}
    )
    root.set(XSI_TYPE, doc.xsi_type)
    for name, value in (("date", doc.date), ("time", doc.time), ("subject_ID", doc.subject)):
        _child(root, name, value)
    _child(root, "dcmPatientName", doc.patient_name)
    _child(root, "dcmPatientId", doc.patient_id)
    scans = ET.SubElement(root, f"{{{XNAT}}}scans")
    for scan in doc.scans:
        _write_scan(scans, scan)
    fresh = place.with_name(place.name + ".new")
    ET.ElementTree(root).write(fresh, encoding="UTF-8", xml_declaration=True)
    fresh.replace(place)


def read(place: Path) -> SessionDoc | None:
    """The document; None when the session has not been built."""
    try:
        root = ET.parse(place).getroot()  # noqa: S314 - written by this sandbox
    except FileNotFoundError:
        return None
    return SessionDoc(
        xsi_type=root.get(XSI_TYPE, ""), project=root.get("project", ""), label=root.get("label", ""),
        uid=root.get("UID", ""), modality=root.get("modality", ""), subject=_value(root, "subject_ID"),
        date=_value(root, "date"), time=_value(root, "time"), patient_name=_value(root, "dcmPatientName"),
        patient_id=_value(root, "dcmPatientId"),
        scans=tuple(_scan(element) for element in root.iter(f"{{{XNAT}}}scan")),
    )  # fmt: skip


def _write_scan(parent: ET.Element, scan: ScanDoc) -> None:
    element = ET.SubElement(parent, f"{{{XNAT}}}scan", {"ID": scan.id, "UID": scan.uid, "type": scan.type})
    element.set(XSI_TYPE, scan.xsi_type)
    _child(element, "quality", scan.quality)
    _child(element, "series_description", scan.series_description)
    _child(element, "modality", scan.modality)
    for file in scan.files:
        entry = ET.SubElement(element, f"{{{XNAT}}}file", {"label": file.label, "URI": file.uri})
        entry.set(XSI_TYPE, "xnat:resourceCatalog")
        entry.attrib.update({"format": file.format, "content": file.content})
        entry.attrib.update({"file_count": str(file.count), "file_size": str(file.size)})


def _scan(element: ET.Element) -> ScanDoc:
    files = element.iter(f"{{{XNAT}}}file")
    return ScanDoc(
        id=element.get("ID", ""), uid=element.get("UID", ""), type=element.get("type", ""),
        xsi_type=element.get(XSI_TYPE, ""), series_description=_value(element, "series_description"),
        modality=_value(element, "modality"), quality=_value(element, "quality"),
        files=tuple(_reference(file) for file in files),
    )  # fmt: skip


def _reference(file: ET.Element) -> CatalogueRef:
    return CatalogueRef(
        label=file.get("label", ""), uri=file.get("URI", ""), format=file.get("format", ""),
        content=file.get("content", ""), count=int(file.get("file_count", "0")), size=int(file.get("file_size", "0")),
    )  # fmt: skip


def _child(parent: ET.Element, name: str, text: str) -> None:
    if text:
        ET.SubElement(parent, f"{{{XNAT}}}{name}").text = _printable(text)


def _value(parent: ET.Element, name: str) -> str:
    return parent.findtext(f"{{{XNAT}}}{name}") or ""


def _printable(text: str) -> str:
    """XML 1.0 has no control characters; a header may."""
    return "".join(char if char >= " " or char in "\t\n" else " " for char in text)
