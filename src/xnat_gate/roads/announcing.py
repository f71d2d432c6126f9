"""One move at a time: a workflow of ours on the session says that a move is under way, and who and why.

Laws: it is opened before anything is touched and closed on every way out, but for one: while XNAT may still be moving,
it stays open, so that nobody else begins. Of two that open at once the first goes on. XNAT refuses merges and renames
of a session while it is open, which is meant; one that a killed job has left counts for an hour.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from xnat_gate.core.archive import ArchiveError, Busy
from xnat_gate.core.sessions import Session, Sessions, Work

STALE = timedelta(hours=1)
"""A workflow that is still open after so long belongs to a job that was killed: no move takes that long."""
SKEW = timedelta(minutes=10)
"""So far may clocks differ; what claims to have begun later than that is not heeded."""


@dataclass
class Announcement:
    """Our workflow while we work. `comment` is what it will be closed with; `leave_open`: XNAT may still be moving."""

    work: Work
    comment: str = "stopped before anything was moved"
    done: bool = False
    leave_open: bool = False


@contextlib.contextmanager
def announced(session: Session, reason: str, now: datetime, xnat: Sessions) -> Iterator[Announcement]:
    """Raises Busy when another move stands."""
    own = Announcement(xnat.announce(session, secrets.token_hex(8), reason))
    try:
        _demand_first(session, own, now, xnat)
        yield own
    except ArchiveError as error:
        if not own.done:
            own.comment = str(error)
        raise
    finally:
        if not own.leave_open:
            with contextlib.suppress(
                ArchiveError
            ):  # the move has its own answer; an hour closes what this did not
                xnat.conclude(session, own.work, done=own.done, comment=own.comment)


def _demand_first(session: Session, own: Announcement, now: datetime, xnat: Sessions) -> None:
    listed = xnat.announced(session)
    mine = next((one for one in listed if one.mark == own.work.mark), None)
    if mine is None:
        raise Busy(f"XNAT does not show that the move of {session.id} was announced; nothing was moved")
    own.work = mine
    for other in listed:
        if other.open and other.number < mine.number:
            if not _heeded(other, now):
                with contextlib.suppress(ArchiveError):
                    xnat.conclude(session, other, done=False, comment="never ended: its job was killed")
                continue
            raise Busy(
                f"{session.id} is being moved already, by {other.user} since {other.launched}; nothing was moved. "
                f"When that job is known to be dead, close workflow {other.number} in XNAT, or wait an hour"
            )


def _heeded(work: Work, now: datetime) -> bool:
    """Neither too old, nor of the future, nor without a date that can be read."""
    try:
        launched = datetime.fromisoformat(work.launched)
    except ValueError:
        return False
    age = now.replace(tzinfo=None) - launched.replace(tzinfo=None)
    return -SKEW < age < STALE
