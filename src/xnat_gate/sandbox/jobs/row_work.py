"""Work on one prearchive row: take the lock, work, give it back in the status that the outcome deserves.

Laws: while work is in progress the row shows the locked status; a failure leaves CONFLICT (a refusal with 409) or
ERROR and its cause in the log; an object that arrived meanwhile leaves the row RECEIVING.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xnat_gate.sandbox.exceptions import InConflict, Locked, Refusal
from xnat_gate.sandbox.models import prearchive, row_log
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.world import World

DIRECT_FAILED = "Attempt to direct-archive failed"


@contextmanager
def locked(world: World, row: Row, activity: Status) -> Iterator[None]:
    """Hold the row in `_{activity}`; raises Locked when it is not free. On success the status is the block's duty."""
    if not prearchive.lock(world.db, row.number, activity):
        raise Locked("Operation already in progress on this prearchive entry.")
    try:
        world.turnstiles.pass_through(activity.value.lower())
        yield
    except Refusal as refusal:
        failed(world, row, activity, refusal)
        raise
    except BaseException:
        prearchive.unlock(world.db, row.number, activity, Status.ERROR)
        raise


def failed(world: World, row: Row, activity: Status, refusal: Refusal) -> None:
    outcome = Status.CONFLICT if isinstance(refusal, InConflict) else Status.ERROR
    row_log.write(folder(world, row), f"{DIRECT_FAILED}\n{refusal}" if row.direct else str(refusal))
    prearchive.unlock(world.db, row.number, activity, outcome)


def folder(world: World, row: Row) -> Path:
    place = world.folders.direct if row.direct else world.folders.waiting
    return place(row.project, row.timestamp, row.folder)


def xml(world: World, row: Row) -> Path:
    """The session document beside the folder."""
    place = folder(world, row)
    return place.with_name(place.name + ".xml")
