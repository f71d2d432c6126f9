"""What the archive holds of a patient already: where the links of a study may end that do not end in the study.

Laws: nothing is asked of XNAT unless a link is open; an object counts as there when XNAT's catalogue, or the object
itself, carries its SOPInstanceUID in a session of the same subject; what lies in QUARANTINE, or in another hospital
project than the study's own, counts for the rest of its own study alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol as Port
from typing import TypeVar

from xnat_gate.core.archive import (
    ArchivedSession,
    ArchiveTroubled,
    Entry,
    NotAllowed,
    NotThere,
    PrearchiveRow,
)
from xnat_gate.core.labels import Labels
from xnat_gate.core.linkage import absent
from xnat_gate.core.study import Instance, Study
from xnat_gate.edge import bundles
from xnat_gate.roads.contents import read_whole

T = TypeVar("T")
_IDENTITY = frozenset({"SOPInstanceUID"})


class Holdings(Port):
    """What this room asks of an archive."""

    def sessions_of_subject(self, project: str, subject: str) -> Sequence[ArchivedSession]: ...

    def sessions_of_study(self, project: str, study_uid: str) -> Sequence[ArchivedSession]: ...

    def session_catalogue(self, session: ArchivedSession) -> tuple[Entry, ...] | None: ...

    def stream_session(self, session: ArchivedSession) -> Iterator[bytes]: ...


class Waiting(Holdings, Port):
    """And of what waits in its prearchive."""

    def rows(self, project: str) -> tuple[PrearchiveRow, ...]: ...

    def stream(self, row: PrearchiveRow) -> Iterator[bytes]: ...


def archived_elsewhere(
    study: Study,
    labels: Labels | None,
    projects: Sequence[str],
    xnat: Holdings,
    scratch: Path,
    *,
    itself: str = "",
) -> dict[str, str]:
    """Of the SOPInstanceUIDs on which links of the study are open, those that the archive holds of this patient, each
    with the label of the session that it lies in, empty for the very session that this study is going to join.
    `labels`: those of the study in its hospital project; `projects`: all of the protocol; `itself`: the accession id of
    the session that it is, where it is archived. Raises ArchiveError."""
    asked = absent(study)
    if not asked or labels is None:
        return {}
    others = (one for one in _sessions(study, labels, projects, xnat) if one.id != itself)
    return _found(asked, ((_label(one, study, labels), _uids(one, xnat, scratch)) for one in others))


def held_elsewhere(
    study: Study,
    labels: Labels | None,
    projects: Sequence[str],
    xnat: Waiting,
    scratch: Path,
    *,
    itself: str = "",
) -> dict[str, str]:
    """The same, and what waits in the prearchive of the very session that this study is going to join. `itself`: the
    URI of the row that it is, where it waits."""
    found = archived_elsewhere(study, labels, projects, xnat, scratch)
    asked = absent(study) - found.keys()
    if not asked or labels is None:
        return found
    rows = [
        row
        for project in dict.fromkeys((labels.project, *projects))
        for row in _seen(xnat.rows, project, labels.project)
        if (row.study_uid, row.session) == (study.uid, labels.session) and row.uri != itself
    ]
    return found | _found(asked, (("", _read(xnat.stream(row), scratch)) for row in rows))


def _label(session: ArchivedSession, study: Study, labels: Labels) -> str:
    """Another study may have come under the same label, and be another session for that."""
    joins = (labels.project, labels.session, study.uid)
    return "" if (session.project, session.session, session.study_uid) == joins else session.session


def _found(asked: frozenset[str], holdings: Iterable[tuple[str, frozenset[str]]]) -> dict[str, str]:
    """What is asked, with the label of the first holding that has it; empty for what will be its own session."""
    found: dict[str, str] = {}
    for label, uids in holdings:
        found |= dict.fromkeys((asked & uids) - found.keys(), label)
        if found.keys() == asked:
            break
    return found


def _sessions(
    study: Study, labels: Labels, projects: Sequence[str], xnat: Holdings
) -> Iterator[ArchivedSession]:
    """Those of the same study first: most links end there."""
    of_study = [
        one
        for project in dict.fromkeys((labels.project, *projects))
        for one in _seen(lambda project: xnat.sessions_of_study(project, study.uid), project, labels.project)
    ]
    found = [one for one in of_study if one.subject.casefold() == labels.subject.casefold()]
    known = {one.id for one in of_study}
    found += [one for one in xnat.sessions_of_subject(labels.project, labels.subject) if one.id not in known]
    yield from (one for one in found if of_one_patient(study.instances, one))


def of_one_patient(instances: Iterable[Instance], session: ArchivedSession) -> bool:
    """Whether these carry the PatientID of the session, as far as XNAT tells it: a subject label alone, which may be a
    name, does not make two patients one."""
    return not session.patient_id or {one.value("PatientID").strip() for one in instances} == {
        session.patient_id
    }


def _seen(ask: Callable[[str], Sequence[T]], project: str, own: str) -> Sequence[T]:
    """An account that may not look into another project sees nothing there; the study's own it must see."""
    try:
        return ask(project)
    except (NotThere, NotAllowed):
        if project == own:
            raise
        return ()


def _uids(session: ArchivedSession, xnat: Holdings, scratch: Path) -> frozenset[str]:
    listed = xnat.session_catalogue(session)
    if listed is not None and all(entry.uid for entry in listed):
        return frozenset(entry.uid for entry in listed)
    return _read(xnat.stream_session(session), scratch)


def _read(pieces: Iterator[bytes], scratch: Path) -> frozenset[str]:
    try:
        reading = read_whole(pieces, _IDENTITY, scratch).reading
    except bundles.BundleBroken as error:
        raise ArchiveTroubled(f"{error}; it is asked again at the next try") from error
    return frozenset(one.sop_instance_uid for one in reading.instances)
