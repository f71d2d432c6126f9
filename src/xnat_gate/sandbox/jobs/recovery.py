"""Puts a state folder in order after the process was killed, as XNAT rescans its prearchive at start.

Laws: the disk tells where a session lies; no row stays locked or queued; a folder without a row goes to cache/; names
that an unfinished archiving gave to waiting files are taken back; what is archived directly begins anew.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from xnat_gate.sandbox.jobs import row_work
from xnat_gate.sandbox.models import prearchive, projects
from xnat_gate.sandbox.models.folders import UNASSIGNED
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.world import World

UNDER_WAY = frozenset({Status.ARCHIVING, Status.BUILDING, Status.MOVING, Status.DELETING, Status.SEPARATING})


def recover(world: World) -> None:
    """Bring rows and folders together again."""
    for row in prearchive.everything(world.db):
        _find_folder(world, row)
    for row in prearchive.everything(world.db):
        if row.status == Status.ARCHIVING.locked:
            _take_back_names(world, row)
        if row.direct:
            prearchive.force_status(world.db, row.number, Status.RECEIVING)
        elif row.is_locked or row.status.startswith("QUEUED_") or row.status in UNDER_WAY:
            prearchive.force_status(world.db, row.number, derived_status(world, row))
    _sweep(world)


def derived_status(world: World, row: Row) -> Status:
    """READY when the session document is there, else RECEIVING."""
    return Status.READY if row_work.xml(world, row).is_file() else Status.RECEIVING


def _find_folder(world: World, row: Row) -> None:
    """A move that was cut short: the folder lies in another project, or in the prearchive, already."""
    if row_work.folder(world, row).is_dir():
        return
    if row.direct and row_work.folder(world, replace(row, direct=False)).is_dir():
        prearchive.change(world.db, row.number, direct=0)
        prearchive.force_status(world.db, row.number, Status.ERROR)
        return
    for project in projects.listed(world.db):
        place = world.folders.waiting(project.id, row.timestamp, row.folder)
        if place.is_dir() and prearchive.at(world.db, project.id, row.timestamp, row.folder) is None:
            prearchive.change(world.db, row.number, project=project.id)
            return


def _take_back_names(world: World, row: Row) -> None:
    waiting = {path.stat().st_ino for path in row_work.folder(world, row).rglob("*") if path.is_file()}
    home = world.folders.project(row.project or UNASSIGNED)
    for path in home.rglob("*"):
        if path.is_file() and path.stat().st_ino in waiting:
            path.unlink()


def _sweep(world: World) -> None:
    known = {row_work.folder(world, row) for row in prearchive.everything(world.db)}
    for top in ("prearchive", "direct"):
        for place in (world.folders.root / top).glob("*/*/*"):
            if _owner(place) not in known:
                world.folders.discard(place)
    for leftover in (world.folders.root / "tmp").iterdir():
        leftover.unlink()


def _owner(place: Path) -> Path:
    """The session folder that a folder, or a document beside it, belongs to."""
    return place.with_name(place.name.removesuffix(".xml")) if place.is_file() else place
