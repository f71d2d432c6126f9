"""Into the permanent archive, once XNAT has been asked what it would run into.

Law: XNAT merges a session into one of the same label without a word; that is used for the same study of the same
subject alone, and only where no object is there already.
"""

from __future__ import annotations

from xnat_gate.core.archive import ArchivedSession, Conflict, Objection
from xnat_gate.core.checks.check import listed
from xnat_gate.core.labels import Labels
from xnat_gate.core.states import State
from xnat_gate.edge import bundles, dicom_files
from xnat_gate.roads.gate import Gate, Passage, objections, passage
from xnat_gate.roads.holding import CONFLICT, hold
from xnat_gate.roads.looked import Looked, record, untouched

EXISTS = "1"
"""Code of validate-archive: a session of this label exists."""


def archive(seen: Looked, labels: Labels, gate: Gate) -> Passage:
    """Archive under these labels, or leave it as a conflict."""
    existing = gate.archive.session(labels.project, labels.session)
    if collision := _collision(seen, labels, existing, gate):
        return hold(seen, gate, CONFLICT, collision)
    before = gate.archive.count_files(existing) if existing else 0
    gate.tell(f"archiving {labels.session} into {labels.project}")
    untouched(seen.row, gate)
    gate.archive.clear_annotation(seen.row)
    try:
        archived = gate.archive.archive(seen.row, subject=labels.subject, session=labels.session)
    except Conflict as error:
        return hold(seen, gate, CONFLICT, str(error))
    return _counted(seen, labels, archived, before, gate)


def _counted(seen: Looked, labels: Labels, archived: ArchivedSession, before: int, gate: Gate) -> Passage:
    """XNAT must show what it had and what was judged, no file less and none more."""
    shown = gate.archive.count_files(archived)
    expected = before + len({one.sop_instance_uid for one in seen.verdict.accepted})
    quarantined = labels.project == gate.protocol.quarantine_project
    state, why = State.QUARANTINED if quarantined else State.ARCHIVED, ""
    if shown != expected:
        state = State.FAILED
        why = f"XNAT shows {shown} files where {expected} were expected; its administrator must look at this session"
    record(seen, state, gate, uri=f"/archive/experiments/{archived.id}", also=objections(why))
    return passage(seen.verdict, state, f"{labels.project} / {labels.session}", why)


def _collision(seen: Looked, labels: Labels, existing: ArchivedSession | None, gate: Gate) -> str:
    """What archiving would run into; empty when nothing."""
    if existing is not None:
        if existing.study_uid != seen.verdict.study.uid:
            return f"session {labels.session} exists in {labels.project} and is another study"
        if existing.subject.casefold() != labels.subject.casefold():
            return f"session {labels.session} exists in {labels.project} under another subject"
        if doubled := _doubled(seen, existing, gate):
            return f"{doubled} already in session {labels.session} of {labels.project}"
    for other in (
        () if seen.chosen else gate.archive.sessions_of_study(labels.project, seen.verdict.study.uid)
    ):
        if other.session != labels.session and (doubled := _doubled(seen, other, gate)):
            return f"{doubled} already in session {other.session} of {labels.project}, under another label"
    against = [
        one
        for one in gate.archive.objections(seen.row, subject=labels.subject, session=labels.session)
        if _counts(one, joins=existing is not None)
    ]
    return listed((f"{one.message.rstrip('.')} (XNAT code {one.code})" for one in against), 3)


def _doubled(seen: Looked, existing: ArchivedSession, gate: Gate) -> str:
    """Objects that the archived session has already: XNAT compares file names, and would keep them twice."""
    with bundles.scratch(gate.scratch) as file:
        gate.archive.fetch_session(existing, file)
        with bundles.opened(file) as bundle:
            archived = dicom_files.read_bundle(bundle, frozenset({"SOPInstanceUID"})).instances
    digests = {one.sop_instance_uid: one.digest for one in archived}
    doubled = [one for one in seen.verdict.accepted if one.sop_instance_uid in digests]
    other = sum(1 for one in doubled if digests[one.sop_instance_uid] != one.digest)
    if not doubled:
        return ""
    words = f"{len(doubled)} of {len(seen.verdict.accepted)} objects are"
    return f"{words}, {other} of them with other contents," if other else words


def _counts(objection: Objection, *, joins: bool) -> bool:
    """A warning does not; that the session exists does not for what joins its own study."""
    return objection.kind in ("FAIL", "CONFLICT") and not (joins and objection.code == EXISTS)
