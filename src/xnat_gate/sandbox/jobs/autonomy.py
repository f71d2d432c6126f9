"""What XNAT does by itself: it builds sessions that have stopped receiving and archives them when they ask for it.

Laws: a row rests `rebuild_after` seconds first; a row's own `autoarchive` outranks the project's code; a build that a
person asked for by the batch service is not followed by an archive; what is archived directly always is.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from xnat_gate.sandbox.exceptions import Locked
from xnat_gate.sandbox.jobs import archiving, building, direct
from xnat_gate.sandbox.models import prearchive, projects, users
from xnat_gate.sandbox.models.clock import now
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.models.workflows import Event
from xnat_gate.sandbox.world import World


def rebuild_due(world: World, rest: float) -> int:
    """Queue a build of every RECEIVING row untouched for `rest` seconds; how many."""
    limit = now() - timedelta(seconds=rest)
    due = [
        row
        for row in prearchive.everything(world.db)
        if row.status == Status.RECEIVING and _commits(row) and _touched(row) <= limit
    ]
    for row in due:
        if row.direct:
            direct.trigger(world, row)
        elif prearchive.set_status(world.db, row.number, Status.QUEUED_BUILDING):
            _queue(world, row)
    return len(due)


def _commits(row: Row) -> bool:
    return row.direct or row.prevent_auto_commit != "true"


def auto_archives(world: World, row: Row) -> bool:
    """Whether XNAT archives the row by itself after a build or commit that says nothing about it."""
    if row.project is None or row.auto_archive_blocked:
        return False
    if row.autoarchive.startswith("AutoArchive"):
        return True
    project = projects.find(world.db, row.project)
    return project is not None and project.prearchive_code >= 4


def overrides_files(world: World, row: Row) -> bool:
    """Code 5, of the row or the project."""
    project = projects.find(world.db, row.project or "")
    return row.autoarchive == "AutoArchiveOverwrite" or (project is not None and project.prearchive_code == 5)


def _touched(row: Row) -> datetime:
    text, _, fraction = row.lastmod.partition(".")
    return datetime.fromisoformat(f"{text}.{fraction.ljust(3, '0')}+00:00")


def _queue(world: World, row: Row) -> None:
    world.queue.submit(lambda: _build_then_archive(world, row.number))


def _build_then_archive(world: World, number: int) -> None:
    row = prearchive.by_number(world.db, number)
    if row is None:
        return
    try:
        building.build(world, row)
    except Locked:
        return
    built = prearchive.by_number(world.db, number)
    if built is None or built.status != Status.READY or not auto_archives(world, built):
        return
    prearchive.set_status(world.db, number, Status.QUEUED_ARCHIVING)
    archiving.archive(world, built, users.robot(world.db), unattended(world, built))


def unattended(world: World, row: Row) -> archiving.Terms:
    """A queued auto-archive merges only when the row itself says AutoArchive."""
    return archiving.Terms(
        merge=row.autoarchive.startswith("AutoArchive"), override_files=overrides_files(world, row),
        event=Event(reason="auto-archive"),
    )  # fmt: skip


class Rebuilder:
    """The clock behind `rebuild_due`: a thread that looks every `rebuild_every` seconds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-rebuilder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._world.settings.rebuild_every):
            rebuild_due(self._world, self._world.settings.rebuild_after)
