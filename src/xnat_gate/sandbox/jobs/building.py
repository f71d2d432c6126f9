"""Builds a waiting session: reads what lies in its folder and writes the session document and the catalogues.

Laws: the folder is the truth, not what was received when; one folder holds one study, else ERROR; nothing readable,
or something unreadable, is ERROR; never two builds of one folder at a time.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xnat_gate.sandbox.dicom import kinds
from xnat_gate.sandbox.dicom.header import Header, NotAnObject, read_header
from xnat_gate.sandbox.exceptions import Failure, Locked
from xnat_gate.sandbox.jobs import catalogues, receipt, row_work, session_xml
from xnat_gate.sandbox.jobs.session_xml import CatalogueRef, ScanDoc, SessionDoc
from xnat_gate.sandbox.models import prearchive
from xnat_gate.sandbox.models.folders import UNASSIGNED
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.models.resources import Entry
from xnat_gate.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Instance:
    """One file of the session; `path` is relative to the session folder."""

    path: Path
    size: int
    digest: str
    header: Header


def build(world: World, row: Row) -> None:
    """Make the document; the row ends READY, or RECEIVING when an object arrived. Raises Locked or Failure."""
    with _alone(world, row), row_work.locked(world, row, Status.BUILDING):
        doc = _document(world, row, instances(world, row))
        with world.row_locks.of(row.number):
            session_xml.write(row_work.xml(world, row), doc)
            prearchive.change(
                world.db, row.number, subject=doc.subject, name=doc.label, tag=doc.uid, scan_time=doc.time,
                scan_date=f"{doc.date} 00:00:00.0" if doc.date else "",
            )  # fmt: skip
            if not prearchive.unlock(world.db, row.number, Status.BUILDING, Status.READY):
                prearchive.force_status(world.db, row.number, Status.RECEIVING)


@contextmanager
def _alone(world: World, row: Row) -> Iterator[None]:
    """An object that arrives takes the row's lock away, not the folder: who builds there goes on, and alone."""
    turn = world.row_locks.of(("building", row.number))
    if not turn.acquire(blocking=False):
        raise Locked("Operation already in progress on this prearchive entry.")
    try:
        yield
    finally:
        turn.release()


def instances(world: World, row: Row) -> list[Instance]:
    """Every DICOM file below SCANS/; raises Failure when one cannot be read or there is none."""
    session = row_work.folder(world, row)
    known = {
        known["path"]: known for known in world.db.rows("SELECT * FROM headers WHERE session = ?", row.number)
    }
    files = sorted(
        path for path in (session / "SCANS").rglob("*") if path.is_file() and path.suffix != ".xml"
    )
    found = [_instance(world, row, session, path, known) for path in files]
    if not found:
        raise Failure("no DICOM files found in the session folder")
    return found


def _instance(world: World, row: Row, session: Path, path: Path, known: dict[str, sqlite3.Row]) -> Instance:
    relative = path.relative_to(session)
    stat = path.stat()
    memo = known.get(str(relative))
    if memo is not None and (memo["size"], memo["changed"]) == (stat.st_size, stat.st_mtime_ns):
        return Instance(relative, stat.st_size, memo["digest"], Header(**json.loads(memo["header"])))
    try:
        with path.open("rb") as source:
            header = read_header(source)
    except NotAnObject as error:
        raise Failure(f"unable to read DICOM object {path.name}") from error
    digest = receipt.remember(world, row, session, path, header)
    return Instance(relative, stat.st_size, digest, header)


def _document(world: World, row: Row, found: Sequence[Instance]) -> SessionDoc:
    studies = {instance.header.study for instance in found}
    if len(studies) > 1:
        raise Failure(f"the session folder holds {len(studies)} studies")
    first = found[0].header
    modalities = [instance.header.modality for instance in found]
    xsi_type = kinds.session_type(
        (instance.header.sop_class for instance in found), modalities, world.settings.lead_order
    )
    return SessionDoc(
        xsi_type=xsi_type, project=row.project or UNASSIGNED, subject=row.subject, label=row.name, uid=first.study,
        date=_date(first.study_date), time=_time(first.study_time),
        modality=kinds.session_modality(xsi_type, modalities), patient_name=first.patient_name,
        patient_id=first.patient_id, scans=_scans(world, row, found),
    )  # fmt: skip


def _scans(world: World, row: Row, found: Sequence[Instance]) -> tuple[ScanDoc, ...]:
    series: defaultdict[str, list[Instance]] = defaultdict(list)
    for instance in found:
        series[instance.header.series].append(instance)
    groups = sorted(series.values(), key=_by_number)
    ids = kinds.scan_ids(
        [(g[0].header.series, g[0].header.series_number, g[0].header.sop_class) for g in groups]
    )
    session = row_work.folder(world, row)
    for stale in (session / "SCANS").rglob("scan_*_catalog.xml"):
        stale.unlink()
    return tuple(_scan(world, session, key, group) for key, group in zip(ids, groups, strict=True))


def _scan(world: World, session: Path, key: str, group: Sequence[Instance]) -> ScanDoc:
    header = group[0].header
    label = world.settings.secondary_label if kinds.is_secondary(header.sop_class) else "DICOM"
    return ScanDoc(
        id=key, uid=header.series, xsi_type=kinds.scan_type(header.sop_class), type=header.series_description,
        series_description=header.series_description, modality=header.modality,
        files=(_catalogue(session, key, label, header.series, group),),
    )  # fmt: skip


def _catalogue(session: Path, key: str, label: str, uid: str, group: Sequence[Instance]) -> CatalogueRef:
    home = Path(os.path.commonpath([instance.path.parent for instance in group]))
    place = home / f"scan_{key}_catalog.xml"
    entries = [_entry(instance, home) for instance in group]
    catalogues.write(session / place, entries, uid=uid)
    return CatalogueRef(label=label, uri=place.as_posix(), count=len(group), size=sum(i.size for i in group))


def _entry(instance: Instance, home: Path) -> Entry:
    return Entry(
        path=instance.path.relative_to(home).as_posix(), size=instance.size, digest=instance.digest,
        uid=instance.header.sop_instance, format="DICOM", content="RAW",
    )  # fmt: skip


def _by_number(group: Sequence[Instance]) -> tuple[int, str, str]:
    number = group[0].header.series_number
    return (int(number) if number.isdecimal() else 1 << 40, number, group[0].header.series)


def _date(value: str) -> str:
    return f"{value[:4]}-{value[4:6]}-{value[6:8]}" if len(value) >= 8 and value[:8].isdecimal() else ""


def _time(value: str) -> str:
    return f"{value[:2]}:{value[2:4]}:{value[4:6]}" if len(value) >= 6 and value[:6].isdecimal() else ""
