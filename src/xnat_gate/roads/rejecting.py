"""Taken out of XNAT's prearchive, and kept: nothing leaves XNAT before it lies whole on the shelf."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from xnat_gate.core.archive import ArchiveTroubled, Busy, NotThere, PrearchiveRow, Scan
from xnat_gate.core.keeping import KeepingFailed
from xnat_gate.core.manifest import Print
from xnat_gate.core.report import reason_document
from xnat_gate.core.states import State
from xnat_gate.core.study import Reading
from xnat_gate.edge import bundles
from xnat_gate.roads.contents import CATALOGUE, Contents, fetched_again, holds
from xnat_gate.roads.gate import Gate, Passage, passage, recorded
from xnat_gate.roads.looked import Looked, journalled, record, untouched


def reject_all(seen: Looked, gate: Gate) -> Passage:
    """No object is left: the session goes, and all that XNAT holds of it is kept."""
    where = _keep(seen, _all_of_it(seen), gate, also=_is_somebodys)
    untouched(seen.row, gate)
    gate.archive.delete(seen.row)
    record(seen, State.REJECTED, gate, uri="")
    return passage(seen.verdict, State.REJECTED, where)


def scans_of_rejected(seen: Looked, gate: Gate) -> tuple[Scan, ...] | str:
    """The scans that hold the rejected objects and nothing else; a sentence when there are none such."""
    gone = {one.series_uid for one in seen.verdict.rejected}
    if seen.held.reading.unreadable:
        return "files that cannot be read may lie in the scans that are to be rejected, so none is taken out"
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
        _nothing_came(seen, gate)
        gate.tell(f"taking scan {scan.id} out of {row.session}")
        gate.archive.remove_scan(row, scan)
    now = gate.archive.row(row.uri)
    if now is None:
        raise NotThere(f"{row.uri} has left the prearchive while a scan was taken out of it")
    _holds_what_was_accepted(seen, now, gate)
    return now


def _nothing_came(seen: Looked, gate: Gate) -> None:
    """The removal of one scan changes the row, so that before the next one XNAT's list has to tell that nothing has
    come which would go with it. Raises Busy."""
    now = gate.archive.catalogue(seen.row)
    if now is None or Counter(now) - Counter(seen.held.listed or ()):
        raise Busy(_changed(seen.row))


def _holds_what_was_accepted(seen: Looked, row: PrearchiveRow, gate: Gate) -> None:
    """The removal itself has changed the row, so that only its contents tell whether something came meanwhile. Raises
    Busy."""
    if not holds(row, seen.verdict.accepted, gate):
        raise Busy(_changed(row))


def _changed(row: PrearchiveRow) -> str:
    return f"{row.uri} changed while a scan was taken out of it; it is looked at again next time"


def keep_rejected(seen: Looked, gate: Gate) -> str:
    """Copies of the rejected objects, as XNAT held them when they were judged; the place where they lie. Raises
    KeepingFailed, Busy."""
    return _keep(seen, (one.file for one in seen.verdict.rejected), gate)


def _keep(
    seen: Looked, files: Iterable[str], gate: Gate, also: Callable[[str], bool] = lambda _: False
) -> str:
    if seen.held.listed is None:
        raise KeepingFailed(
            "XNAT does not list the files of this session, so that nobody can say whether all that is to be taken out "
            "can be kept; nothing was taken out"
        )
    judged = {file: seen.held.prints[file].sha256 for file in files}
    reason = reason_document(gate.protocol, seen.verdict)
    members = fetched_again(seen.row, judged, gate, also)
    return str(gate.rejected.keep_members(members, reason, arrival=_arrival(seen.row)))


def _all_of_it(seen: Looked) -> list[str]:
    """The files that were judged, and the damaged ones that go with them."""
    reading = seen.held.reading
    return [one.file for one in reading.instances] + [one.file for one in reading.unreadable]


def _is_somebodys(name: str) -> bool:
    """A file that somebody put beside the scans: neither XNAT's own list or log, nor a note of the gate."""
    folders = name.lower().split("/")[:-1]
    return not (name.endswith((CATALOGUE, "/")) or "logs" in folders[1:2] or folders[-1:] == ["gate"])


def delete(row: PrearchiveRow, gate: Gate) -> Passage:
    """A person has had it deleted. Raises KeepingFailed, Busy, ArchiveTroubled."""
    listed, kept = gate.archive.catalogue(row), dict[str, Print]()
    reason: dict[str, object] = {"id": "DELETED", "message": "Deleted from the prearchive on request."}
    where = str(gate.rejected.keep_members(_everything(row, kept, gate), reason, arrival=_arrival(row)))
    if shortfall := Contents(reading=Reading(), prints=kept, listed=listed).shortfall:
        raise ArchiveTroubled(f"{shortfall}: nothing was deleted")
    untouched(row, gate)
    gate.archive.delete(row)
    recorded(gate, replace(journalled(row, gate), state=State.REJECTED, xnat_uri=""), "deleted on request")
    return Passage(
        what="session",
        files=len(kept),
        state=State.REJECTED,
        where=where,
        why="deleted from the prearchive on request",
        study_uid=row.study_uid,
    )


def _everything(row: PrearchiveRow, kept: dict[str, Print], gate: Gate) -> Iterator[tuple[str, BinaryIO]]:
    """All that XNAT gives out of this row; `kept` grows with it."""
    try:
        for member in bundles.passing(gate.archive.stream(row), gate.scratch):
            kept[member.name] = Print(member.size, member.md5, member.sha256)
            yield member.name, member.content
    except bundles.BundleBroken as error:
        raise ArchiveTroubled(f"{error}; nothing was deleted, try again") from error


def _arrival(row: PrearchiveRow) -> str:
    return f"prearchive-{row.timestamp}"
