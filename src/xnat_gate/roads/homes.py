"""Where a study lies already: what comes of it late follows it there, and no part of it is laid elsewhere unasked.

Laws: what the objects themselves say goes first, and XNAT is asked for a home only where they say nothing; where XNAT
holds nothing of the study, what this same protocol decided of a part that is still on its way counts; a study that lies
in two places has no home; what is not known to be of the same patient is nobody's home; a project that cannot be looked
into is never taken for an empty one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from xnat_gate.core.archive import ArchivedSession, NotAllowed, NotThere, PrearchiveRow
from xnat_gate.core.judge import labels_of
from xnat_gate.core.labels import Labels, source_keywords
from xnat_gate.core.routing import taken
from xnat_gate.core.states import State
from xnat_gate.core.study import Study
from xnat_gate.edge.journal import Entry
from xnat_gate.roads.elsewhere import of_one_patient
from xnat_gate.roads.gate import Gate

_SENT = (State.DELIVERING, State.DELIVERED, State.ARCHIVED, State.QUARANTINED, State.FAILED)
"""States of what is with XNAT, or may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Something of a study: an archived session, or a row that waits. `project`: the one to which it belongs, wherever
    else it is shown."""

    project: str
    session: ArchivedSession | None = None
    row: PrearchiveRow | None = None

    @property
    def uri(self) -> str:
        """As the journal has it."""
        if self.session is not None:
            return f"/archive/experiments/{self.session.id}"
        return self.row.uri if self.row else ""

    @property
    def words(self) -> str:
        """As the end of a sentence about objects."""
        where = f"are in session {self.session.session} of" if self.session else "wait in the prearchive of"
        return f"{where} {self.project}"


def home_of(study: Study, own: Entry | None, others: Iterable[Entry], gate: Gate) -> str | None:
    """The hospital project that the study lies in; None where its objects take a route, or nobody can tell. `own`: the
    entry of this arrival, `others`: those of other parts, as far as they are on their way. Raises ArchiveError."""
    protocol = gate.protocol
    if not protocol.routes or not study.uid or taken(protocol, study):
        return None
    found = tuple(places(study.uid, protocol.hospitals, gate))
    projects = {one.project for one in found if _of_its_patient(one, study, gate)}
    if not found:
        projects = set(_decided(study, own, others, gate))
    home = projects.pop() if len(projects) == 1 else None
    return home if home in protocol.hospitals else None


def _of_its_patient(place: Place, study: Study, gate: Gate) -> bool:
    """A session by its PatientID, or by its subject where XNAT does not tell that; a row by a label that is made of the
    PatientID."""
    labels = labels_of(study, gate.protocol)
    if place.session is not None:
        told = bool(place.session.patient_id) or (
            labels is not None and place.session.subject.casefold() == labels.subject.casefold()
        )
        return told and of_one_patient(study.instances, place.session)
    if place.row is None or labels is None:
        return False
    tells_patient = _names_patient(gate.protocol.subject_label) and place.row.subject == labels.subject
    return tells_patient or _tells_patient(place.row.session, labels, gate)


def _tells_patient(session: str, labels: Labels, gate: Gate) -> bool:
    return _names_patient(gate.protocol.session_label) and session == labels.session


def _names_patient(template: str) -> bool:
    return "PatientID" in source_keywords(template)


def _decided(study: Study, own: Entry | None, others: Iterable[Entry], gate: Gate) -> Iterator[str]:
    """Of the default project nobody can tell any more whether it was named."""
    labels = labels_of(study, gate.protocol)
    named = set(gate.protocol.hospitals) - {gate.protocol.hospital}
    known = (one for one in others if labels is not None and _tells_patient(one.session, labels, gate))
    for one in (*((own,) if own else ()), *known):
        if one.protocol_sha256 == gate.protocol.sha256 and one.project in named:
            yield one.project


# --- asking XNAT ------------------------------------------------------------------------------------------------


def places(study_uid: str, projects: Iterable[str], gate: Gate) -> Iterator[Place]:
    """What XNAT holds of the study in these projects. A session that is shared into one of them lies where it belongs.
    Raises NotAllowed for a project that this account does not see, and any other ArchiveError."""
    for project in projects:
        sessions: tuple[ArchivedSession, ...] = ()
        rows: tuple[PrearchiveRow, ...] = ()
        with seen_whole(project, gate):
            sessions = tuple(gate.archive.sessions_of_study(project, study_uid))
            rows = tuple(row for row in gate.archive.rows(project) if row.study_uid == study_uid)
        for one in sessions:
            yield Place(project=gate.archive.project_of(one), session=one)
        for row in rows:
            yield Place(project=project, row=row)


@contextlib.contextmanager
def seen_whole(project: str, gate: Gate) -> Iterator[None]:
    """What is asked here of a project that is not there comes to nothing; raises NotAllowed where it may be there, and
    this account does not see it."""
    try:
        yield
    except (NotThere, NotAllowed) as error:
        if isinstance(error, NotThere) and gate.archive.standing().administers:
            return  # nothing is hidden from it
        named = gate.protocol.projects
        must = (
            f"all projects of the protocol ({', '.join(named)})"
            if project in named
            else "it until that is known"
        )
        raise NotAllowed(
            f"this account does not see {project}, so that nobody can say whether a part of this study lies there: it "
            f"must see {must}"
        ) from error


def taken_elsewhere(entry: Entry, gate: Gate) -> Place | None:
    """Where somebody has taken what was delivered: under its label in another project of the protocol, and not known to
    the journal as that of another arrival. Raises ArchiveError."""
    others = (project for project in gate.protocol.projects if project != entry.project)
    known = {one.xnat_uri for one in gate.journal.of_study(entry.study_uid)}
    for place in places(entry.study_uid, others, gate):
        lies = place.session or place.row
        if lies is not None and lies.session == entry.session and place.uri not in known:
            return place
    return None


def outside(study_uid: str, but: Collection[Entry], gate: Gate) -> str:
    """Where something of the study lies in a project that the journal knows of it, and the protocol does not name any
    more; empty where nothing does. `but`: entries that do not count. Raises ArchiveError."""
    named = (*gate.protocol.projects, "")
    known = (one for one in gate.journal.of_study(study_uid) if one not in but) if study_uid else ()
    projects = {one.project: one for one in known if one.project not in named and _was_sent(one)}
    for project in projects:
        try:
            for place in places(study_uid, (project,), gate):
                if place.project not in named:
                    return (
                        f"other objects of this study {place.words}, of which the protocol in force says nothing any "
                        f"more: name {place.project} in it again, or move them to a project of the protocol"
                    )
        except NotAllowed:
            return (
                f"objects of this study were sent to {project}, of which the protocol in force says nothing any more, "
                "and this account does not see it: whoever does knows whether they are there"
            )
    return ""


def _was_sent(one: Entry) -> bool:
    return one.state in _SENT or bool(one.xnat_uri)
