"""Looks at the disk again while the sandbox runs: rows for folders that have none, no rows for folders that are gone.

Laws: what is being worked on is left alone; nothing on disk changes.
"""

from __future__ import annotations

from pathlib import Path

from xnat_gate.sandbox.jobs import recovery, row_work, session_xml
from xnat_gate.sandbox.models import prearchive
from xnat_gate.sandbox.models.folders import UNASSIGNED
from xnat_gate.sandbox.models.prearchive import Status
from xnat_gate.sandbox.world import World

RESTING = frozenset({Status.READY, Status.ERROR, Status.CONFLICT})


def rescan(world: World) -> None:
    """As PUT /data/prearchive."""
    with world.db.transaction():
        for row in prearchive.everything(world.db):
            if row.status in RESTING and not row_work.folder(world, row).is_dir():
                prearchive.delete(world.db, row.number)
        known = {(row.timestamp, row.folder) for row in prearchive.everything(world.db)}
        for place in sorted((world.folders.root / "prearchive").glob("*/*/*/")):
            if (place.parent.name, place.name) not in known:
                _adopt(world, place)


def _adopt(world: World, place: Path) -> None:
    project, timestamp, folder = place.parts[-3:]
    doc = session_xml.read(place.with_name(place.name + ".xml"))
    row = prearchive.create(
        world.db,
        {
            "project": None if project == UNASSIGNED else project, "timestamp": timestamp, "folder": folder,
            "subject": doc.subject if doc else "", "name": doc.label if doc else folder,
            "tag": doc.uid if doc else "", "autoarchive": "",
        },
    )  # fmt: skip
    prearchive.set_status(world.db, row.number, recovery.derived_status(world, row))
