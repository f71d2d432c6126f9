"""Takes archived sessions and scans out of the archive: the record always, the files only when asked."""

from __future__ import annotations

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.models import experiments, resources, scans
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.scans import Scan


def remove_experiment(call: Call, session: Experiment) -> None:
    """Without `removeFiles=true` the files stay on disk, as in XNAT."""
    db = call.world.db
    with db.transaction():
        for scan in scans.listed(db, session.id):
            _forget(call, "scan", scan.number)
            scans.delete(db, scan.number)
        _forget(call, "experiment", session.id)
        experiments.delete(db, session.id)
    if call.is_true("removeFiles"):
        call.world.folders.discard(call.world.folders.session(session.project, session.label))


def remove_scan(call: Call, session: Experiment, scan: Scan) -> None:
    db = call.world.db
    if call.is_true("removeFiles"):
        home = call.world.folders.session(session.project, session.label)
        for resource in resources.listed(db, "scan", scan.number):
            for entry in resources.entries(db, resource.number):
                call.world.folders.discard(home / resource.folder / entry.path)
            call.world.folders.discard(home / resource.folder / f"scan_{scan.id}_catalog.xml")
    with db.transaction():
        _forget(call, "scan", scan.number)
        scans.delete(db, scan.number)


def _forget(call: Call, kind: str, owner: object) -> None:
    for resource in resources.listed(call.world.db, kind, owner):
        resources.delete(call.world.db, resource.number)
