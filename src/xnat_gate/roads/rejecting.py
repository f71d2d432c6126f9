"""Taken out of XNAT's prearchive, and kept: nothing leaves XNAT before it lies whole in rejected/."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import replace

from xnat_gate.core.archive import Busy, NotThere, PrearchiveRow, Scan
from xnat_gate.core.report import reason_document
from xnat_gate.core.states import State
from xnat_gate.core.study import Instance
from xnat_gate.edge import bundles, dicom_files
from xnat_gate.roads.gate import Gate, Passage, passage, recorded
from xnat_gate.roads.looked import Looked, journalled, record, untouched


def reject_all(seen: Looked, gate: Gate) -> Passage:
    """No object is left: the session goes."""
    where = keep_rejected(seen, gate)
    untouched(seen.row, gate)
    gate.archive.delete(seen.row)
    record(seen, State.REJECTED, gate, uri="")
    return passage(seen.verdict, State.REJECTED, where)


def scans_of_rejected(seen: Looked, gate: Gate) -> tuple[Scan, ...] | str:
    """The scans that hold the rejected objects and nothing else; a sentence when there are none such."""
    gone = {one.series_uid for one in seen.verdict.rejected}
    if any(one.series_uid in gone for one in seen.verdict.accepted):
        return (
            "objects that are to be rejected share a series with others and cannot be taken out by themselves"
        )
    scans = tuple(scan for scan in gate.archive.scans(seen.row) if scan.series_uid in gone)
    if {scan.series_uid for scan in scans} != gone:
        return "XNAT does not show the scans of the objects that are to be rejected"
    return scans


def remove(seen: Looked, scans: Iterable[Scan], gate: Gate) -> PrearchiveRow:
    """Take these scans out of the waiting session; the row as it then is, which holds what was accepted and no more."""
    row = seen.row
    untouched(row, gate)
    for scan in scans:
        gate.tell(f"taking scan {scan.id} out of {row.session}")
        gate.archive.remove_scan(row, scan)
    now = gate.archive.row(row.uri)
    if now is None:
        raise NotThere(f"{row.uri} has left the prearchive while a scan was taken out of it")
    _holds_what_was_accepted(seen, now, gate)
    return now


def _holds_what_was_accepted(seen: Looked, row: PrearchiveRow, gate: Gate) -> None:
    """The removal itself has changed the row, so that only its contents tell whether something came meanwhile. Raises
    Busy."""
    with bundles.scratch(gate.scratch) as file:
        gate.archive.fetch(row, file)
        with bundles.opened(file) as bundle:
            reading = dicom_files.read_bundle(bundle, frozenset({"SOPInstanceUID"}))
    held = {(one.sop_instance_uid, one.digest) for one in reading.instances}
    accepted = {(one.sop_instance_uid, one.digest) for one in seen.verdict.accepted}
    if reading.unreadable or held != accepted:
        raise Busy(f"{row.uri} changed while a scan was taken out of it; it is looked at again next time")


def keep_rejected(seen: Looked, gate: Gate) -> str:
    """Copies of the rejected objects, as XNAT held them; the folder in which they lie."""
    reason = reason_document(gate.protocol, seen.verdict)
    return _keep(seen.bundle, _files(seen.verdict.rejected), reason, seen.row, gate)


def delete(row: PrearchiveRow, bundle: zipfile.ZipFile, gate: Gate) -> Passage:
    """A person has had it deleted."""
    names = [info.filename for info in bundle.infolist() if not info.is_dir()]
    reason: dict[str, object] = {"id": "DELETED", "message": "Deleted from the prearchive on request."}
    where = _keep(bundle, names, reason, row, gate)
    untouched(row, gate)
    gate.archive.delete(row)
    recorded(gate, replace(journalled(row, gate), state=State.REJECTED, xnat_uri=""), "deleted on request")
    return Passage(
        what="session",
        files=len(names),
        state=State.REJECTED,
        where=where,
        why="deleted from the prearchive on request",
        study_uid=row.study_uid,
    )


def _files(instances: Iterable[Instance]) -> list[str]:
    return [one.file for one in instances]


def _keep(
    bundle: zipfile.ZipFile, names: list[str], reason: dict[str, object], row: PrearchiveRow, gate: Gate
) -> str:
    members = ((name, io.BytesIO(bundle.read(name))) for name in names)
    return str(gate.rejected.keep_members(members, reason, arrival=f"prearchive-{row.timestamp}"))
