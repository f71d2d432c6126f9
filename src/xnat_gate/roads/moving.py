"""The road of an archived session into another project: all is asked first, then it moves, then it is read again.

Laws: nothing is touched before the account's right is certain; out of QUARANTINE only administrators and owners of
QUARANTINE take anything; a label that is taken stops everything (XNAT would mix the files of two sessions); nothing in
QUARANTINE stays shown in another project; whatever happens, the last sentence says where the session is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from xnat_gate.core.archive import (
    ArchiveError,
    ArchiveRefused,
    Busy,
    Conflict,
    NotAllowed,
    NotThere,
    OutcomeUnknown,
)
from xnat_gate.core.sessions import Session, Sessions
from xnat_gate.core.standing import Standing
from xnat_gate.roads import subjects
from xnat_gate.roads.announcing import Announcement, announced

PATIENCE = 60.0
"""Seconds that others get to end what they do on the session; XNAT closes its own archiving just after its event."""


class MoveDoubtful(ArchiveRefused):
    """The move was begun and did not end as it should: a person must look at the session."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """What is asked for. `hospitals`, `quarantine`: the projects of the protocol, in which one label is one patient;
    `now`: the clock of whoever asks; `workflow`: the one that this job itself runs under."""

    session_id: str
    destination: str
    reason: str
    hospitals: tuple[str, ...]
    quarantine: str
    now: datetime
    patience: float
    workflow: str = ""

    def one_patient(self, *projects: str) -> bool:
        """Whether a label means the same patient in all these projects: the protocol makes it in its own."""
        return set(projects) <= {*self.hospitals, self.quarantine}


@dataclass(frozen=True, kw_only=True)
class Moved:
    """`came_from` is the session as it was, `session` as it is now; `note` what became of its subject."""

    came_from: Session
    session: Session
    note: str


def move(asked: Move, xnat: Sessions) -> Moved:
    """Move one session. Raises NotThere, NotAllowed, Conflict, Busy with nothing touched, MoveDoubtful or
    OutcomeUnknown after something was."""
    session = xnat.find_session(asked.session_id)
    if not session.data_type.casefold().endswith("sessiondata"):
        raise ArchiveRefused(f"{session.id} is no session but {session.data_type}: only sessions are moved")
    if not asked.reason.strip():
        raise ArchiveRefused("a session is moved with a reason: say why")
    _demand_right(session, asked, xnat)
    with announced(session, asked.reason, asked.now, xnat) as announcement:
        moved = _finished(session, asked, xnat) if session.project == asked.destination else None
        moved = moved or _move_alone(session, announcement, asked, xnat)
        announcement.comment = f"moved from {moved.came_from.project} to {moved.session.project}"
        announcement.done = True
    return moved


def told(moved: Moved) -> str:
    """One sentence for whoever asked."""
    now = moved.session
    if moved.came_from.project == now.project:
        return f"{now.label} ({now.id}) was in {now.project} already; {moved.note}"
    return f"{now.label} ({now.id}) was moved from {moved.came_from.project} to {now.project}; {moved.note}"


def doubt(moved: Moved, asked: Move) -> str:
    """What is to be warned of, though it was done as asked: the gate looks after the projects of its protocol alone."""
    left_quarantine = moved.came_from.project == asked.quarantine != moved.session.project
    if not left_quarantine or moved.session.project in asked.hospitals:
        return ""
    return (
        f"{moved.session.project} is no project of the protocol in force (it names {', '.join(asked.hospitals)}): the "
        "gate does not look there when more of the same study comes"
    )


# --- may they? --------------------------------------------------------------------------------------------------


def _demand_right(session: Session, asked: Move, xnat: Sessions) -> None:
    who = xnat.standing()
    source, destination = session.project, asked.destination
    if not xnat.sees_project(destination):
        raise NotThere(f"there is no project {destination} that {who.user} can see; nothing was moved")
    if destination == source and session.subject and not _shown_elsewhere(session, asked, xnat):
        raise Conflict(f"{session.label} is in {destination} already; nothing was moved")
    if sentence := _lacking(who, source, destination, asked.quarantine):
        raise NotAllowed(f"{sentence}; nothing was moved")


def _lacking(who: Standing, source: str, destination: str, quarantine: str) -> str:
    """What the account may not do; empty when it may."""
    if source == quarantine and not who.owns(quarantine):
        return (
            f"only site or data administrators and owners of {quarantine} let a session out of it, "
            f"and {who.user} is none of them"
        )
    if not who.owns(source):
        return f"{who.user} has no right to take sessions out of {source}: that is for its owners and administrators"
    if not who.may_create(destination):
        return f"{who.user} may not put sessions into {destination}: its owner can make them a member"
    return ""


# --- the move ---------------------------------------------------------------------------------------------------


def _finished(session: Session, asked: Move, xnat: Sessions) -> Moved:
    """A job was killed after XNAT had moved the session: its subject is not listed where it is now, or it is still
    shown where it must not be."""
    note = "its subject was listed there already"
    if not session.subject:
        home = xnat.home_of(session.subject_id)
        note = subjects.settle(session, xnat, one_patient=asked.one_patient(home.project, session.project))
    _hide(session, asked, xnat)
    return Moved(came_from=session, session=xnat.find_session(session.id), note=note)


def _move_alone(session: Session, announcement: Announcement, asked: Move, xnat: Sessions) -> Moved:
    _nobody_at_work(session, asked, xnat)
    _label_is_free(session, asked, xnat)
    other = subjects.other_of_label(session, asked.destination, xnat)
    if other and not asked.one_patient(session.project, asked.destination):
        raise Conflict(
            f"{asked.destination} has a subject of the same label, and nobody but you knows whether that is the same "
            "patient; nothing was moved. Rename one of the two, or share the right one, then move again"
        )
    if not other:
        subjects.list_in(session, asked.destination, xnat)
    files = xnat.all_files(session.id)
    _label_is_free(session, asked, xnat)
    _act(session, announcement, asked, xnat)
    now = _read_again(session, asked, xnat, files)
    note = _settle_subject(now, other, session.project, xnat)
    _hide(now, asked, xnat)
    return Moved(came_from=session, session=now, note=note)


def _label_is_free(session: Session, asked: Move, xnat: Sessions) -> None:
    other = xnat.session_of_label(asked.destination, session.label)
    if other not in ("", session.id):
        raise Conflict(
            f"{asked.destination} has a session {session.label} already ({other}); nothing was moved. "
            "Rename one of the two in XNAT, then move again"
        )


def _nobody_at_work(session: Session, asked: Move, xnat: Sessions) -> None:
    busy = xnat.foreign_work(session, asked.patience, asked.workflow)
    if busy:
        raise Busy(
            f"{session.label} is still worked on by {', '.join(busy)}; nothing was moved, try again when it is done"
        )
    if xnat.find_session(session.id) != session:
        raise Busy(
            f"{session.label} changed while it was looked at; nothing was moved, look at it and try again"
        )


def _act(session: Session, announcement: Announcement, asked: Move, xnat: Sessions) -> None:
    """Ask XNAT to move; what it answers is believed only after reading again."""
    announcement.leave_open = True
    try:
        xnat.move_session(session, asked.destination, asked.reason)
    except OutcomeUnknown as error:
        _wait_for(session, asked, xnat, error)
    except ArchiveError as error:
        if _found_after(error, session, asked, xnat).project != asked.destination:
            announcement.leave_open = False
            raise MoveDoubtful(
                f"XNAT did not move {session.label}: {error}. It is still in {session.project}; its subject may be "
                f"listed in {asked.destination} by now. An administrator should see whether its files are all there"
            ) from error
    announcement.leave_open = False


def _wait_for(session: Session, asked: Move, xnat: Sessions, error: ArchiveError) -> None:
    """No answer came, and XNAT may still be moving: look until it has moved, or nobody can say."""
    deadline = time.monotonic() + asked.patience
    while _found_after(error, session, asked, xnat).project != asked.destination:
        if time.monotonic() > deadline:
            raise OutcomeUnknown(_unknown(session, asked, error)) from error
        time.sleep(0.5)


def _found_after(error: ArchiveError, session: Session, asked: Move, xnat: Sessions) -> Session:
    try:
        return xnat.find_session(session.id)
    except ArchiveError as again:
        raise OutcomeUnknown(_unknown(session, asked, again)) from error


def _unknown(session: Session, asked: Move, error: ArchiveError) -> str:
    return (
        f"it is not known whether {session.label} was moved to {asked.destination}: {error}. XNAT may still be moving "
        f"it: look at session {session.id} in a while; for an hour no other move of it begins"
    )


# --- afterwards -------------------------------------------------------------------------------------------------


def _read_again(session: Session, asked: Move, xnat: Sessions, files: int) -> Session:
    now = xnat.find_session(session.id)
    if now.project != asked.destination:
        raise MoveDoubtful(f"XNAT says that {session.label} was moved, but shows it in {now.project}")
    if now.label != session.label:
        raise MoveDoubtful(f"{session.label} is in {now.project} now, but XNAT calls it {now.label} there")
    shown = xnat.all_files(session.id)
    if shown != files:
        raise MoveDoubtful(
            f"{session.label} is in {now.project} now, but XNAT shows {shown} of its {files} files there; XNAT keeps a "
            "copy in its cache folder: its administrator must look before anything else is done with it"
        )
    return now


def _settle_subject(now: Session, other: str, came_from: str, xnat: Sessions) -> str:
    try:
        if other:
            subjects.give(now, other, xnat)
            return f"it is under the subject of the same label that {now.project} had already"
    except ArchiveError as error:
        raise MoveDoubtful(
            f"{now.label} is in {now.project} now, whole, but is not under the subject of that label there: {error}. "
            "Move it to the same project once more, or set its subject in XNAT"
        ) from error
    return f"its subject is listed in {came_from} and in {now.project}"


def _shown_elsewhere(session: Session, asked: Move, xnat: Sessions) -> tuple[str, ...]:
    """The projects that show a session of QUARANTINE, and must not."""
    return xnat.shares(session) if asked.destination == asked.quarantine else ()


def _hide(now: Session, asked: Move, xnat: Sessions) -> None:
    """What is in QUARANTINE is shown nowhere else, whoever shared it, and when."""
    for project in _shown_elsewhere(now, asked, xnat):
        try:
            xnat.take_back_share(now, project)
        except ArchiveError as error:
            raise MoveDoubtful(
                f"{now.label} is in {now.project} now, whole, but is still shared into {project}: {error}. "
                "Move it to the same project once more, or take that share back in XNAT"
            ) from error
