"""RT objects that come after their session was archived join it scan by scan, because XNAT's own merge refuses them.

Laws: only what accompanies images joins, only its own study under its own subject; the intention is left beside the
waiting session first, so that a look after a crash goes on with it; the waiting session goes when XNAT has shown every
object of it in the archived one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from xnat_gate.core.archive import ArchivedSession, Busy, Conflict, Objection, PrearchiveRow
from xnat_gate.core.labels import Labels
from xnat_gate.core.late_scans import accompany, scans
from xnat_gate.core.manifest import basename
from xnat_gate.core.states import State
from xnat_gate.core.study import Instance
from xnat_gate.roads.contents import fetched_again, holds
from xnat_gate.roads.elsewhere import of_one_patient
from xnat_gate.roads.gate import Gate, Passage, passage
from xnat_gate.roads.looked import Looked, record, untouched

NOTE = "joining.json"
EXISTS, SAME_SERIES, SAME_NUMBER, OTHER_TYPE = "1", "16", "17", "19"
"""Codes of validate-archive (XNAT's PrearcSessionValidator): a session of this label exists; it has a scan of the same
series and number, or of the same number; it is of another type."""
MERGED = (EXISTS, SAME_SERIES, SAME_NUMBER)
"""What XNAT tells, and does not mind where it merges."""
_OWN = (*MERGED, OTHER_TYPE, "14", "18")
"""And what a joining which was broken off leaves: its own files and scans are there."""


def can_join(seen: Looked, existing: ArchivedSession, labels: Labels, gate: Gate) -> bool:
    """Whether XNAT refuses the merge for nothing but the type of the session."""
    same = (existing.study_uid, existing.subject.casefold()) == (
        seen.verdict.study.uid,
        labels.subject.casefold(),
    )
    known = of_one_patient(seen.verdict.accepted, existing)
    if not same or not known or not accompany(seen.verdict.accepted):
        return False
    objections = gate.archive.objections(seen.row, subject=labels.subject, session=labels.session)
    return any(_of_type(one) for one in objections) and _codes(objections) <= set(_OWN)


def _of_type(objection: Objection) -> bool:
    """By its words, too: the number is known from XNAT's source, not from its documents."""
    return objection.code == OTHER_TYPE or "session modality" in objection.message


def _codes(objections: Collection[Objection]) -> set[str]:
    return {one.code for one in objections if one.kind in ("FAIL", "CONFLICT")}


def began(seen: Looked, gate: Gate) -> bool:
    """Whether a look before this one has begun to join it."""
    return bool(gate.archive.annotation(seen.row, NOTE))


def join(
    seen: Looked, existing: ArchivedSession, held: Collection[str], labels: Labels, gate: Gate
) -> Passage:
    """Add what is not there yet. `held`: the SOPInstanceUIDs of the archived session that are there with the same
    contents. Raises ArchiveError; the waiting session then stays, and the next look goes on."""
    row = _announced(seen, gate)
    gate.tell(f"adding {len(seen.verdict.accepted)} late object(s) to {existing.session}")
    _add(
        row, [one for one in seen.verdict.accepted if one.sop_instance_uid not in held], seen, existing, gate
    )
    if gate.archive.laid_beside(row) or not holds(row, seen.verdict.accepted, gate):
        raise Busy(f"{row.uri} changed while it joined its session; it is looked at again next time")
    untouched(row, gate)
    gate.archive.delete(row)
    quarantined = labels.project == gate.protocol.quarantine_project
    state = State.QUARANTINED if quarantined else State.ARCHIVED
    record(seen, state, gate, uri=f"/archive/experiments/{existing.id}")
    return passage(seen.verdict, state, f"{labels.project} / {labels.session}")


def _announced(seen: Looked, gate: Gate) -> PrearchiveRow:
    """The row once the intention lies beside it, which may have changed its time and nothing else."""
    untouched(seen.row, gate)
    gate.archive.annotate(seen.row, NOTE, "{}\n")
    now = gate.archive.row(seen.row.uri)
    if now is None or replace(now, changed=seen.row.changed) != seen.row:
        raise Busy(
            f"{seen.row.uri} changed just before it joined its session; it is looked at again next time"
        )
    return now


def _add(
    row: PrearchiveRow, wanted: list[Instance], seen: Looked, existing: ArchivedSession, gate: Gate
) -> None:
    if not wanted:
        return
    series = {one.uid: one for one in seen.verdict.study.series}
    chosen = [series[uid] for uid in dict.fromkeys(one.series_uid for one in wanted)]
    there = gate.archive.scans_of_session(existing)
    places = scans(chosen, there)
    by_file = {one.file: one for one in wanted}
    judged = {one.file: seen.held.prints[one.file].sha256 for one in wanted}
    for scan in places.values():
        gate.archive.add_scan(existing, scan)
    for name, content in fetched_again(row, judged, gate):
        gate.archive.add_file(existing, places[by_file[name].series_uid].id, basename(name), content)
    shown = {scan.series_uid for scan in gate.archive.scans_of_session(existing)}
    if not {one.uid for one in chosen} <= shown:
        raise Conflict("XNAT does not show the scans that were added: may this account edit the session?")
