"""What is done with a judged session in the prearchive: quarantine, reject, hold, or archive.

Laws: nothing leaves XNAT before it is kept in rejected/; nothing leaves QUARANTINE by this road; XNAT is asked what
archiving would run into before it is asked to archive, and its silent merge is used for the same study alone.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from xnat_gate.core.archive import ArchivedSession, ArchiveRefused, Conflict, PrearchiveRow, Scan
from xnat_gate.core.checks.check import listed
from xnat_gate.core.judge import Outcome, Verdict
from xnat_gate.core.labels import Labels
from xnat_gate.core.protocol import QuarantinePlace
from xnat_gate.core.report import finding_document, reason_document
from xnat_gate.core.states import State
from xnat_gate.core.study import Instance
from xnat_gate.edge.journal import Entry
from xnat_gate.roads.gate import Gate, Passage, entry, passage, recorded, refused, rejections

CONFLICT, ERROR = "CONFLICT", "ERROR"
"""Statuses that XNAT's prearchive page shows for a session that waits for a person."""
REASON = "reason.json"


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A waiting session, the verdict on it, and what XNAT held of it when it was judged."""

    row: PrearchiveRow
    verdict: Verdict
    bundle: zipfile.ZipFile


def dispose(seen: Looked, gate: Gate) -> Iterator[Passage]:
    """Do what the verdict says. Raises ArchiveError; what was done until then stays done and is found next time."""
    seen = _to_its_project(seen, gate)
    if seen.verdict.outcome is Outcome.REJECT:
        yield _reject_all(seen, gate)
        return
    if seen.verdict.rejected:
        scans = _scans_of_rejected(seen, gate)
        if isinstance(scans, str):
            yield _hold(seen, gate, ERROR, scans)
            return
        yield from rejections(seen.verdict, _keep(seen, seen.verdict.rejected, gate))
        _remove(seen.row, scans, gate)
    yield _rest(seen, gate)


def _rest(seen: Looked, gate: Gate) -> Passage:
    """What becomes of the objects that were not rejected."""
    stays = gate.protocol.quarantine is QuarantinePlace.PREARCHIVE
    if seen.verdict.outcome is Outcome.HOLD or seen.verdict.labels is None:
        return _hold(seen, gate, ERROR)
    if stays and seen.row.project == gate.protocol.quarantine_project:
        return _stay_in_quarantine(seen, gate)
    return _archive(seen, replace(seen.verdict.labels, project=seen.row.project), gate)


def _to_its_project(seen: Looked, gate: Gate) -> Looked:
    """Into QUARANTINE when the verdict says so; never out of it: that is a person's decision."""
    row, verdict = seen.row, seen.verdict
    quarantine = gate.protocol.quarantine_project
    if row.project == gate.protocol.hospital and verdict.project == quarantine:
        gate.tell(f"moving {row.session} to {quarantine}")
        row = gate.archive.move(row, quarantine)
    if row.project == quarantine:
        outcome = Outcome.QUARANTINE if verdict.outcome is Outcome.ARCHIVE else verdict.outcome
        verdict = replace(verdict, project=quarantine, outcome=outcome)
    return replace(seen, row=row, verdict=verdict)


# --- reject -------------------------------------------------------------------------------------------------------


def _reject_all(seen: Looked, gate: Gate) -> Passage:
    where = _keep(seen, seen.verdict.rejected, gate)
    gate.archive.delete(seen.row)
    _record(seen, State.REJECTED, gate)
    return passage(seen.verdict, State.REJECTED, where)


def _scans_of_rejected(seen: Looked, gate: Gate) -> tuple[Scan, ...] | str:
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


def _remove(row: PrearchiveRow, scans: Iterable[Scan], gate: Gate) -> None:
    for scan in scans:
        gate.tell(f"taking scan {scan.id} out of {row.session}")
        gate.archive.remove_scan(row, scan)


def _keep(seen: Looked, instances: Iterable[Instance], gate: Gate) -> str:
    """Copies of the objects in rejected/, as XNAT held them."""
    members = ((one.file, io.BytesIO(seen.bundle.read(one.file))) for one in instances)
    reason = reason_document(gate.protocol, seen.verdict)
    return str(gate.rejected.keep_members(members, reason, arrival=f"prearchive-{seen.row.timestamp}"))


def delete(row: PrearchiveRow, bundle: zipfile.ZipFile, gate: Gate) -> Passage:
    """A person has had it deleted: all its files are kept in rejected/ first."""
    names = [info.filename for info in bundle.infolist() if not info.is_dir()]
    members = ((name, io.BytesIO(bundle.read(name))) for name in names)
    where = str(
        gate.rejected.keep_members(
            members,
            {"id": "DELETED", "message": "Deleted from the prearchive on request."},
            arrival=row.timestamp,
        )
    )
    gate.archive.delete(row)
    recorded(gate, replace(_journalled(row, gate), state=State.REJECTED, xnat_uri=""), "deleted on request")
    return Passage(
        what="session",
        files=len(names),
        state=State.REJECTED,
        where=where,
        why="deleted from the prearchive on request",
        study_uid=row.study_uid,
    )


# --- hold ---------------------------------------------------------------------------------------------------------


def _hold(seen: Looked, gate: Gate, status: str, message: str = "") -> Passage:
    """Leave it in the prearchive with a status that stands out and the reason beside it."""
    document = reason_document(gate.protocol, seen.verdict, *([refused(message)] if message else []))
    _mark(seen.row, status, document, gate)
    _record(seen, State.HELD, gate, message)
    return passage(
        seen.verdict, State.HELD, _waiting(seen.row), message and f"{status}: {message}", seen.row.uri
    )


def hold_unjudged(row: PrearchiveRow, gate: Gate, message: str) -> Passage:
    """The same for a session on which there is no verdict."""
    with contextlib.suppress(ArchiveRefused):  # whoever may not mark it can still be told
        _mark(row, ERROR, {"findings": [finding_document(refused(message))]}, gate)
    recorded(gate, replace(_journalled(row, gate), state=State.HELD), message)
    return Passage(
        what="session",
        files=0,
        state=State.HELD,
        where=_waiting(row),
        why=message,
        study_uid=row.study_uid,
        uri=row.uri,
    )


def _stay_in_quarantine(seen: Looked, gate: Gate) -> Passage:
    document = reason_document(gate.protocol, seen.verdict)
    _mark(seen.row, "READY", document, gate)
    _record(seen, State.QUARANTINED, gate)
    return passage(seen.verdict, State.QUARANTINED, _waiting(seen.row), uri=seen.row.uri)


def _mark(row: PrearchiveRow, status: str, document: dict[str, object], gate: Gate) -> None:
    gate.archive.annotate(row, REASON, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    gate.archive.mark(row, status)


def _waiting(row: PrearchiveRow) -> str:
    return f"prearchive of {row.project} / {row.session}"


# --- archive ------------------------------------------------------------------------------------------------------


def _archive(seen: Looked, labels: Labels, gate: Gate) -> Passage:
    existing = gate.archive.session(labels.project, labels.session)
    if collision := _collision(seen, labels, existing, gate):
        return _hold(seen, gate, CONFLICT, collision)
    gate.tell(f"archiving {labels.session} into {labels.project}")
    gate.archive.clear_annotation(seen.row)
    try:
        archived = gate.archive.archive(seen.row, subject=labels.subject, session=labels.session)
    except Conflict as error:
        return _hold(seen, gate, CONFLICT, str(error))
    shown = gate.archive.count_files(archived)
    expected = len({one.sop_instance_uid for one in seen.verdict.accepted})
    quarantined = labels.project == gate.protocol.quarantine_project
    state = State.QUARANTINED if quarantined else State.ARCHIVED
    why = ""
    if shown < expected:
        state, why = (
            State.FAILED,
            f"XNAT shows {shown} files of the {expected} that waited; tell its administrator",
        )
    _record(seen, state, gate, why, uri=f"/archive/experiments/{archived.id}")
    return passage(seen.verdict, state, f"{labels.project} / {labels.session}", why)


def _collision(seen: Looked, labels: Labels, existing: ArchivedSession | None, gate: Gate) -> str:
    """What archiving would run into. A session of that name may only be the same study of the same subject, joined
    by objects that it does not have."""
    if existing is not None:
        if existing.study_uid != seen.verdict.study.uid:
            return f"session {labels.session} exists in {labels.project} and is another study"
        if existing.subject.casefold() != labels.subject.casefold():
            return f"session {labels.session} exists in {labels.project} under another subject"
    objections = gate.archive.objections(seen.row, subject=labels.subject, session=labels.session)
    against = [
        one
        for one in objections
        if one.kind == "FAIL" or (one.kind == "CONFLICT" and not (one.code == "1" and existing is not None))
    ]
    return listed((f"{one.message.rstrip('.')} (XNAT code {one.code})" for one in against), 3)


# --- the journal --------------------------------------------------------------------------------------------------


def _journalled(row: PrearchiveRow, gate: Gate) -> Entry:
    """The entry that this row already has, or a new one for a session that came by another door."""
    known = [one for one in gate.journal.of_study(row.study_uid) if one.xnat_uri == row.uri]
    return (
        known[0]
        if known
        else Entry(
            arrival=f"prearchive-{row.timestamp}",
            study_uid=row.study_uid,
            state=State.DELIVERED,
            project=row.project,
            session=row.session,
            xnat_uri=row.uri,
        )
    )


def _record(seen: Looked, state: State, gate: Gate, note: str = "", uri: str | None = None) -> None:
    arrival = _journalled(seen.row, gate).arrival
    recorded(gate, entry(arrival, seen.verdict, state, uri=seen.row.uri if uri is None else uri), note)
