"""The subject of a session that changes its project: XNAT leaves it behind, and the session's pages with it.

Laws: a subject is never moved, so that it stays listed where it was, as the record; it is found by its id, whatever it
is called there; a session is given to another subject only where one label means one patient.
"""

from __future__ import annotations

from xnat_gate.core.archive import ArchiveRefused, Conflict
from xnat_gate.core.sessions import Session, Sessions


def other_of_label(session: Session, project: str, xnat: Sessions) -> str:
    """Accession id of another subject in the project that has the label of the session's own; empty when there is
    none, or when its own is listed there already."""
    there = xnat.subjects(project)
    if session.subject_id in there:
        return ""
    label = session.subject or xnat.home_of(session.subject_id).label
    return next((id_ for id_, one in there.items() if one == label), "")


def list_in(session: Session, project: str, xnat: Sessions) -> None:
    """Share the session's subject into the project, from wherever it belongs."""
    if session.subject_id in xnat.subjects(project):
        return
    home = xnat.home_of(session.subject_id)
    if home.project != project:
        xnat.share_subject(session.subject_id, home, project)
    if session.subject_id not in xnat.subjects(project):
        raise ArchiveRefused(
            f"XNAT took the share of the subject of {session.id} into {project}, and does not list it there; "
            "nothing was moved"
        )


def give(session: Session, subject_id: str, xnat: Sessions) -> None:
    """Put the session under another subject of its project. Raises ArchiveRefused when XNAT shows otherwise."""
    xnat.give_subject(session, subject_id)
    shown = xnat.find_session(session.id).subject_id
    if shown != subject_id:
        raise ArchiveRefused(f"XNAT still shows it under subject {shown}, and not under {subject_id}")


def settle(session: Session, xnat: Sessions, *, one_patient: bool) -> str:
    """A session whose subject is not listed in its project, after a move that was broken off; what was done.
    `one_patient`: a label means the same patient there as where the subject belongs. Raises Conflict."""
    if other := other_of_label(session, session.project, xnat):
        if not one_patient:
            raise Conflict(
                f"{session.project} has a subject of the same label, and nobody but you knows whether that is the same "
                "patient; nothing was changed. Set the subject of the session in XNAT"
            )
        give(session, other, xnat)
        return "it is put under the subject of the same label there, as its move had left undone"
    list_in(session, session.project, xnat)
    if xnat.find_session(session.id).subject == "":
        raise Conflict(f"{session.id} is in {session.project}, but XNAT lists no subject for it there")
    return "its subject is listed there now, which its move had left undone"
