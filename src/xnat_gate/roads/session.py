"""The road of an archived session: judged over its files, reported, and moved to QUARANTINE when that is asked and due.

Laws: the session's files are read and never written; the report is there before anything is moved, and says what was
done after; what could not be done is told twice, in the report and as an error.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol as Port

from xnat_gate.core.archive import ArchivedSession, ArchiveError, ArchiveTroubled
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.inspection import Inspection, document, inspect
from xnat_gate.core.judge import Beside
from xnat_gate.core.labels import Labels
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.sessions import Session, Sessions
from xnat_gate.core.study import Reading, Study
from xnat_gate.edge import bundles, dicom_files, pages
from xnat_gate.roads.contents import read_whole
from xnat_gate.roads.elsewhere import Holdings, archived_elsewhere
from xnat_gate.roads.moving import Move, Moved, move
from xnat_gate.roads.remembering import summary_of

JSON_NAME, HTML_NAME = "report.json", "report.html"


class SessionsAndFiles(Sessions, Holdings, Port):
    """What this road asks of XNAT: the sessions, their files where they are not mounted, and what else is there of the
    patient."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`mounted`: the session's folder, where the Container Service shows it; `report`: folder for the two files;
    `quarantine`: move what is forbidden, giving others so many seconds of `patience` to end what they do on it;
    `workflow`: the one that this job runs under; `clock` tells the time; `remark`: what the report says of the protocol
    behind what was done."""

    session_id: str
    scratch: Path
    clock: Callable[[], datetime]
    mounted: Path | None = None
    report: Path | None = None
    quarantine: bool = False
    workflow: str = ""
    remark: str = ""
    patience: float


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What came of it; `action` says in words what was done."""

    seen: Inspection
    action: str


def check_session(asked: Asked, protocol: Protocol, xnat: SessionsAndFiles) -> Checked:
    """Judge, report, act. Raises any ArchiveError; when the session could not be moved, after the report told so."""
    session = xnat.find_session(asked.session_id)
    reading = _read(session, asked, protocol, xnat)
    seen = inspect(session, reading, protocol, lambda study: _beside(study, session, asked, protocol, xnat))
    seen = replace(seen, summaries=tuple(summary_of(one, protocol, archived=True) for one in seen.verdicts))
    due = asked.quarantine and bool(seen.forbidding) and session.project != protocol.quarantine_project
    if not due:
        return _told(seen, asked, f"stays in {session.project}{_unnamed(session, protocol)}")
    _keep_beside(_told(seen, asked, f"is about to be moved to {protocol.quarantine_project}"), asked, xnat)
    try:
        moved = _quarantine(seen, asked, protocol, xnat)
    except ArchiveError as error:
        if _moved_by_another(session, protocol, xnat, asked.patience):
            return _told(seen, asked, f"was moved to {protocol.quarantine_project} by another check")
        told = _told(seen, asked, f"could NOT be moved to {protocol.quarantine_project}: {error}")
        _keep_beside(told, asked, xnat)
        raise
    return _told(seen, asked, f"was moved to {moved.session.project}; {moved.note}")


def _beside(
    study: Study, session: Session, asked: Asked, protocol: Protocol, xnat: SessionsAndFiles
) -> Beside:
    """What other sessions of the subject hold: an object may have come in another study than its images. Whoever
    archived it in a project other than QUARANTINE has said that it belongs there."""
    labels = Labels(session.project, session.subject, session.label)
    found = archived_elsewhere(study, labels, protocol.projects, xnat, asked.scratch, itself=session.id)
    return Beside(
        elsewhere=found, home=session.project if session.project != protocol.quarantine_project else None
    )


def _unnamed(session: Session, protocol: Protocol) -> str:
    """Said of a project that the protocol names no longer, or never did."""
    named = session.project in protocol.projects
    return (
        ""
        if named
        else f", of which the protocol in force says nothing (it names {', '.join(protocol.projects)})"
    )


def _quarantine(seen: Inspection, asked: Asked, protocol: Protocol, xnat: Sessions) -> Moved:
    wanted = Move(
        session_id=seen.session.id,
        destination=protocol.quarantine_project,
        reason=f"xnat-gate: {seen.sentence}",
        hospitals=protocol.hospitals,
        quarantine=protocol.quarantine_project,
        now=asked.clock(),
        patience=asked.patience,
        workflow=asked.workflow,
    )
    return move(wanted, xnat)


def _moved_by_another(session: Session, protocol: Protocol, xnat: Sessions, patience: float) -> bool:
    """Two events of one archiving launch two checks; the one that comes second finds it done, or under way."""
    deadline = time.monotonic() + patience
    while True:
        try:
            if xnat.find_session(session.id).project == protocol.quarantine_project:
                return True
            under_way = any(one.open for one in xnat.announced(session))
        except ArchiveError:
            return False
        if not under_way or time.monotonic() > deadline:
            return False
        time.sleep(0.5)


# --- reading ----------------------------------------------------------------------------------------------------


def _read(session: Session, asked: Asked, protocol: Protocol, xnat: SessionsAndFiles) -> Reading:
    wanted = to_read(protocol)
    listed = xnat.scan_files(session.id)
    if asked.mounted is None:
        reading = _download(session, asked, wanted, xnat) if listed else Reading()
    else:
        reading = _mounted(asked.mounted, wanted)
    missing = Counter(listed) - Counter(_names(reading))
    if missing:
        raise ArchiveTroubled(
            f"XNAT lists {len(listed)} files in session {session.id}, and {missing.total()} of them cannot be seen: is "
            "the archive mounted whole, and has the session arrived? Nothing was judged"
        )
    return Reading(instances=reading.instances, unreadable=reading.unreadable)


def _names(reading: Reading) -> Iterator[str]:
    """The name of every file that was seen, without folders."""
    seen = [
        *(one.file for one in reading.instances),
        *(one.file for one in reading.unreadable),
        *reading.not_dicom,
        *(one.file for one in reading.directories),
    ]
    yield from (file.rpartition("/")[2] for file in seen)


def _mounted(folder: Path, wanted: frozenset[str]) -> Reading:
    """The scans of a session's folder; what lies beside SCANS (resources, assessors) is no part of the study."""
    scans = folder / "SCANS"
    try:
        reading = dicom_files.read_folder(scans, wanted) if scans.is_dir() else Reading()
        for item in reading.unreadable:
            _read_through(scans / item.file)
    except OSError as error:
        raise ArchiveTroubled(
            f"{error.filename or scans} cannot be read ({error.strerror}): see how the archive is mounted, and as whom "
            "the container runs. Nothing was judged"
        ) from error
    return reading


def _read_through(file: Path) -> None:
    """A file that is damaged can be read; one that the disk or the system refuses says nothing of the session. Raises
    OSError."""
    with file.open("rb") as content:
        while content.read(1 << 20):
            pass


def _download(session: Session, asked: Asked, wanted: frozenset[str], xnat: SessionsAndFiles) -> Reading:
    archived = ArchivedSession(
        id=session.id, project=session.project, subject=session.subject, session=session.label, study_uid=""
    )
    try:
        return read_whole(xnat.stream_session(archived), wanted, asked.scratch).reading
    except bundles.BundleBroken as error:
        raise ArchiveTroubled(f"{error}; nothing was judged, try again") from error


# --- the report -------------------------------------------------------------------------------------------------


def _told(seen: Inspection, asked: Asked, action: str) -> Checked:
    checked = Checked(seen=seen, action=f"{action}{asked.remark}")
    if asked.report is not None:
        asked.report.mkdir(parents=True, exist_ok=True)
        for name, text in _files(checked, asked).items():
            (asked.report / name).write_text(text, encoding="utf-8")
    return checked


def _files(checked: Checked, asked: Asked) -> dict[str, str]:
    told = document(checked.seen, checked.action, asked.clock().isoformat(timespec="seconds"))
    return {
        JSON_NAME: json.dumps(told, indent=2, ensure_ascii=False) + "\n",
        HTML_NAME: pages.session_report(told),
    }


def _keep_beside(told: Checked, asked: Asked, xnat: Sessions) -> None:
    """The Container Service keeps nothing of a job that fails, so the report is put there by hand. What XNAT says
    to that is not the trouble to be told."""
    if asked.report is None:
        return
    for name, text in _files(told, asked).items():
        try:
            xnat.put_file(told.seen.session.id, name, text)
        except ArchiveError:
            return
