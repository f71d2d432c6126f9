"""Moves a waiting session to another project's prearchive, and removes one, or one scan of it.

Laws: the folder moves first, the row follows; timestamp, folder name and the frozen `autoarchive` stay; what is
removed goes to cache/.
"""

from __future__ import annotations

import shutil
from dataclasses import replace

from xnat_gate.sandbox.exceptions import InConflict, Locked, NotFound
from xnat_gate.sandbox.jobs import catalogues, row_work, session_xml
from xnat_gate.sandbox.models import prearchive, projects, row_log
from xnat_gate.sandbox.models.folders import UNASSIGNED
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.world import World


def move(world: World, row: Row, project: str) -> Row:
    """Move the row; it ends READY in `project`. Raises Locked, NotFound, InConflict."""
    with row_work.locked(world, row, Status.MOVING):
        if projects.find(world.db, project) is None:
            raise NotFound(f"No project named {project}.")
        if prearchive.at(world.db, project, row.timestamp, row.folder) is not None:
            raise InConflict(f"Session already exists in the prearchive of {project}.")
        with world.row_locks.of(row.number):
            _relocate(world, row, project)
    return prearchive.by_number(world.db, row.number) or row


def _relocate(world: World, row: Row, project: str) -> None:
    there = replace(row, project=project)
    source, target = row_work.folder(world, row), row_work.folder(world, there)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)
    doc = session_xml.read(row_work.xml(world, row))
    if doc is not None:
        session_xml.write(row_work.xml(world, there), replace(doc, project=project))
        row_work.xml(world, row).unlink()
    with world.db.transaction():
        prearchive.change(world.db, row.number, project=project)
        prearchive.unlock(world.db, row.number, Status.MOVING, Status.READY)
    row_log.write(target, f"Moved from {row.project or UNASSIGNED} to {project}")


def remove(world: World, row: Row) -> None:
    """Remove the row; its files go to cache/. Raises Locked."""
    if not prearchive.lock(world.db, row.number, Status.DELETING):
        raise Locked("Operation already in progress on this prearchive entry.")
    world.turnstiles.pass_through("deleting")
    with world.row_locks.of(row.number), world.db.transaction():
        prearchive.delete(world.db, row.number)
        world.folders.discard(row_work.xml(world, row))
        world.folders.discard(row_work.folder(world, row))


def remove_scan(world: World, row: Row, scan: str) -> None:
    """Take one scan out of a built session: its files to cache/, the document rewritten. Raises NotFound.

    Only the files its own catalogue lists go: two scans of one series number share a folder.
    """
    doc = session_xml.read(row_work.xml(world, row))
    found = next((other for other in doc.scans if other.id == scan), None) if doc else None
    if doc is None or found is None:
        raise NotFound("Unable to locate prearc resource.")
    session = row_work.folder(world, row)
    with world.row_locks.of(row.number):
        for file in found.files:
            home = (session / file.uri).parent
            for entry in catalogues.read(session / file.uri):
                world.folders.discard(home / entry.path)
            world.folders.discard(session / file.uri)
        kept = tuple(other for other in doc.scans if other.id != scan)
        session_xml.write(row_work.xml(world, row), replace(doc, scans=kept))
    prearchive.change(world.db, row.number)
    row_log.write(session, f"Deleted scan {scan}")
