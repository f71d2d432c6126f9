"""Into the permanent archive, once XNAT has been asked what it would run into.

Law: XNAT merges a session into one of the same label without a word; that is used for the same study of the same
subject alone, and only where no object is there already.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import replace

from xnat_gate.core.archive import (
    ArchivedSession,
    ArchiveError,
    Busy,
    Conflict,
    Objection,
)
from xnat_gate.core.checks.check import listed
from xnat_gate.core.labels import Labels
from xnat_gate.core.linkage.kinds import kind_of
from xnat_gate.core.linkage.verification import is_phantom
from xnat_gate.core.manifest import NAME as MANIFEST
from xnat_gate.core.states import State
from xnat_gate.roads.contents import holds, read_whole
from xnat_gate.roads.elsewhere import of_one_patient
from xnat_gate.roads.gate import Gate, Passage, objections, passage
from xnat_gate.roads.holding import CONFLICT, hold
from xnat_gate.roads.homes import Place, outside, places
from xnat_gate.roads.joining import MERGED, began, can_join, join
from xnat_gate.roads.looked import Looked, record, untouched
from xnat_gate.roads.manifests import carried


def archive(seen: Looked, labels: Labels, gate: Gate) -> Passage:
    """Archive under these labels, or leave it as a conflict."""
    existing = gate.archive.session(labels.project, labels.session)
    if existing is not None and (owner := gate.archive.project_of(existing)) != labels.project:
        shown = f"session {existing.session} of {labels.project} belongs to {owner}, and is only shown there"
        return hold(seen, gate, CONFLICT, shown)
    if existing is not None and can_join(seen, existing, labels, gate):
        return _joined(seen, existing, labels, gate)
    if collision := _collision(seen, labels, existing, gate):
        return hold(seen, gate, CONFLICT, collision)
    before = gate.archive.count_files(existing) if existing else 0
    gate.tell(f"archiving {labels.session} into {labels.project}")
    untouched(seen.row, gate)
    try:
        with _without_notes(seen, gate):
            _undisturbed(seen, gate)
            archived = gate.archive.archive(seen.row, subject=labels.subject, session=labels.session)
    except Conflict as error:
        return hold(_as_it_is_now(seen, gate), gate, CONFLICT, str(error))
    return _counted(seen, labels, archived, before, gate)


def _joined(seen: Looked, existing: ArchivedSession, labels: Labels, gate: Gate) -> Passage:
    """Scan by scan, unless all of it is there already: that is a study sent twice, if not a joining broken off. Raises
    Busy when something stands against it that was not there when it was judged."""
    if against := _against_joining(seen, existing, labels, gate):
        return hold(seen, gate, CONFLICT, against)
    if not seen.chosen and carried(seen.row, gate.archive.annotation(seen.row, MANIFEST), gate):
        raise Busy(_changed(seen))
    same, _ = _overlap(seen, existing, gate, read=True)
    return join(seen, existing, same, labels, gate)


def _against_joining(seen: Looked, existing: ArchivedSession, labels: Labels, gate: Gate) -> str:
    if not seen.chosen and (elsewhere := _rest_of_it(seen, labels, gate)):
        return elsewhere
    if beside := gate.archive.laid_beside(seen.row):
        return (
            f"somebody has put {listed(beside)} beside it, which would be lost where its scans join a session"
        )
    same, other = _overlap(seen, existing, gate, read=True)
    twice = len(same) == len(seen.verdict.accepted) and not began(seen, gate)
    return f"{_told(seen, same, other)} already in session {labels.session}" if other or twice else ""


@contextlib.contextmanager
def _without_notes(seen: Looked, gate: Gate) -> Iterator[None]:
    """What the gate left beside the session does not go into the archive. Where the session does not go there either,
    what stood against it when it came is put back: a person has lifted that for this label alone. Raises Busy when
    something stands against it that was not there when it was judged."""
    left = gate.archive.annotation(seen.row, MANIFEST)
    if not seen.chosen and carried(seen.row, left, gate):
        raise Busy(_changed(seen))
    gate.archive.clear_annotation(seen.row)
    try:
        yield
    except ArchiveError:
        with contextlib.suppress(ArchiveError):  # the first trouble is the one to be told
            if seen.chosen and left and (now := gate.archive.row(seen.row.uri)) is not None:
                gate.archive.annotate(now, MANIFEST, left)
        raise


def _undisturbed(seen: Looked, gate: Gate) -> None:
    """Nothing came while the annotation was taken away. That may itself have changed the row's time, and then the
    session must hold what was judged, byte for byte: names and sizes do not tell. Raises Busy."""
    now = gate.archive.row(seen.row.uri)
    if now == seen.row:
        return
    other_time = now is not None and replace(now, changed=seen.row.changed) == seen.row
    if not other_time or now is None or not holds(now, seen.verdict.accepted, gate):
        raise Busy(_changed(seen))
    if gate.archive.row(seen.row.uri) != now:
        raise Busy(_changed(seen))


def _changed(seen: Looked) -> str:
    return f"{seen.row.uri} changed just before it was archived; it is looked at again next time"


def _as_it_is_now(seen: Looked, gate: Gate) -> Looked:
    """The row after XNAT has refused it, which has changed its status."""
    now = gate.archive.row(seen.row.uri)
    if now is None:
        raise Busy(f"{seen.row.uri} has left the prearchive while it was archived")
    return replace(seen, row=now)


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
        if not of_one_patient(seen.verdict.accepted, existing):
            return f"session {labels.session} exists in {labels.project} and is of another PatientID"
        if doubled := _doubled(seen, existing, gate):
            return f"{doubled} already in session {labels.session} of {labels.project}"
    if not seen.chosen and (elsewhere := _rest_of_it(seen, labels, gate)):
        return elsewhere
    against = [
        one
        for one in gate.archive.objections(seen.row, subject=labels.subject, session=labels.session)
        if _counts(one, joins=existing is not None)
    ]
    return listed((f"{one.message.rstrip('.')} (XNAT code {one.code})" for one in against), 3)


def _rest_of_it(seen: Looked, labels: Labels, gate: Gate) -> str:
    """Where the archive holds this study, when that is not the session it would join: a study is never torn apart
    without a person's word."""
    uid = seen.verdict.study.uid
    for other in gate.archive.sessions_of_study(labels.project, uid):
        if other.session != labels.session and not _lent(seen, other, gate):
            objects = _doubled(seen, other, gate) or "other objects of this study are"
            return f"{objects} already in session {other.session} of {labels.project}, under another label"
    others = (project for project in gate.protocol.projects if project != labels.project)
    for place in places(uid, others, gate):
        lent = place.session is not None and _lent(seen, place.session, gate)
        if place.project != labels.project and not lent:  # else it is only shown there, too
            return _torn(seen, place, labels, gate)
    return outside(uid, (), gate)


def _lent(seen: Looked, other: ArchivedSession, gate: Gate) -> bool:
    """Whether the two share nothing but images of a phantom: each patient has a verification of his own on them, and
    the StudyInstanceUID is that of the phantom's images."""
    prefixes = gate.protocol.phantom_uid_prefixes
    if not prefixes or not all(link.verification for link in seen.verdict.links):
        return False
    images = (one for one in seen.verdict.accepted if kind_of(one.sop_class_uid) is None)
    return not of_one_patient(seen.verdict.accepted, other) and all(
        is_phantom(one, prefixes) for one in images
    )


def _torn(seen: Looked, place: Place, labels: Labels, gate: Gate) -> str:
    if place.session is not None:
        where = f"session {place.session.session} of {place.project}"
        if not of_one_patient(seen.verdict.accepted, place.session):
            return f"{where} has the same StudyInstanceUID and is of another PatientID"
        if doubled := _doubled(seen, place.session, gate):
            return f"{doubled} already in {where}"
    told = f"other objects of this study {place.words}"
    if {place.project, labels.project} <= set(gate.protocol.hospitals):
        return f"{told}, and these wait for {labels.project}: to join them, move these there in XNAT's prearchive"
    return told


def _doubled(seen: Looked, existing: ArchivedSession, gate: Gate) -> str:
    """Objects that the archived session has already: XNAT compares file names, and would keep them twice."""
    same, other = _overlap(seen, existing, gate)
    return _told(seen, same, other) if same | other else ""


def _told(seen: Looked, same: set[str], other: set[str]) -> str:
    words = f"{len(same | other)} of {len(seen.verdict.accepted)} objects are"
    return f"{words}, {len(other)} of them with other contents," if other else words


def _overlap(
    seen: Looked, existing: ArchivedSession, gate: Gate, *, read: bool = False
) -> tuple[set[str], set[str]]:
    """The SOPInstanceUIDs that are in the archived session with the same contents, and those with others. `read`: not
    on the word of a catalogue, because something is to be deleted on it."""
    prints = {one.sop_instance_uid: seen.held.prints[one.file] for one in seen.verdict.accepted}
    held = _held(existing, prints.keys(), gate)
    if read and not prints.keys().isdisjoint(held):
        held = _read(existing, gate)
    doubled = {uid for uid in prints if uid in held}
    same = {uid for uid in doubled if held[uid] in (prints[uid].md5, prints[uid].sha256)}
    return same, doubled - same


def _held(existing: ArchivedSession, asked: Collection[str], gate: Gate) -> dict[str, str]:
    """SOPInstanceUID to MD5, as XNAT's catalogues tell; where they leave out a UID, or the MD5 of an object that is
    asked for, the session is read whole, and it is the SHA-256."""
    listed = gate.archive.session_catalogue(existing)
    if listed is not None and all(entry.uid and (entry.md5 or entry.uid not in asked) for entry in listed):
        return {entry.uid: entry.md5 for entry in listed}
    return _read(existing, gate)


def _read(existing: ArchivedSession, gate: Gate) -> dict[str, str]:
    """SOPInstanceUID to SHA-256 of every object of the session."""
    pieces = gate.archive.stream_session(existing)
    reading = read_whole(pieces, frozenset({"SOPInstanceUID"}), gate.scratch).reading
    return {one.sop_instance_uid: one.digest or "" for one in reading.instances}


def _counts(objection: Objection, *, joins: bool) -> bool:
    """A warning does not; that the session and its scans exist does not for what joins its own study."""
    return objection.kind in ("FAIL", "CONFLICT") and not (joins and objection.code in MERGED)
