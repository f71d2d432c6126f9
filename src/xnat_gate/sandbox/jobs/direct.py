"""Archives directly: what was received without a prearchive row is built and archived, or sent to the prearchive.

Laws: nothing is merged and nothing overridden; what fails goes to the prearchive with its files and its reason, the
folder first, the row after it; an object that arrives meanwhile puts the end off.
"""

from __future__ import annotations

import shutil
from dataclasses import replace

from xnat_gate.sandbox.exceptions import Locked, Refusal
from xnat_gate.sandbox.jobs import archiving, building, row_work
from xnat_gate.sandbox.models import prearchive, users
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.models.workflows import Event
from xnat_gate.sandbox.world import World

TERMS = archiving.Terms(merge=False, event=Event(reason="Direct-to-archive upload"))


def trigger(world: World, row: Row) -> bool:
    """Queue the end of a session that is received; False when it is queued or being worked on."""
    with world.db.transaction():
        current = prearchive.by_number(world.db, row.number)
        if current is None or current.status != Status.RECEIVING:
            return False
        prearchive.set_status(world.db, row.number, Status.QUEUED_BUILDING)
    world.queue.submit(lambda: _finish(world, row.number))
    return True


def _finish(world: World, number: int) -> None:
    row = prearchive.by_number(world.db, number)
    if row is None:
        return
    try:
        building.build(world, row)
        built = prearchive.by_number(world.db, number)
        if built is not None and built.status == Status.READY:
            archiving.archive(world, built, users.robot(world.db), TERMS)
    except Locked:
        return
    except Refusal:
        _send_to_prearchive(world, row)


def _send_to_prearchive(world: World, row: Row) -> None:
    """A session with its document ends there in ERROR, one without is built there once more."""
    with world.row_locks.of(row.number):
        there = replace(row, direct=False)
        target, document = row_work.folder(world, there), row_work.xml(world, row)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(row_work.folder(world, row), target)
        built = document.is_file()
        if built:
            document.replace(row_work.xml(world, there))
        with world.db.transaction():
            prearchive.change(world.db, row.number, direct=0, autoarchive="AutoArchive")
            prearchive.force_status(world.db, row.number, Status.ERROR if built else Status.RECEIVING)
    if not built:
        world.queue.submit(lambda: building.build(world, there))
