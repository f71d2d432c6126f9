"""Takes archived sessions and scans out of the archive: the record always, the files only when asked."""

from __future__ import annotations

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.events import firing
from xnat_gate.sandbox.exceptions import InConflict
from xnat_gate.sandbox.jobs import moving
from xnat_gate.sandbox.models import (
    custom_fields,
    experiments,
    prearchive,
    projects,
    resources,
    scans,
    subjects,
)
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.projects import Project
from xnat_gate.sandbox.models.scans import Scan
from xnat_gate.sandbox.models.subjects import Subject


def remove_experiment(call: Call, session: Experiment) -> None:
    """Without `removeFiles=true` the files stay on disk, as in XNAT."""
    db = call.world.db
    with db.transaction():
        for scan in scans.listed(db, session.id):
            _forget(call, "scan", scan.number)
            scans.delete(db, scan.number)
        _forget(call, "experiment", session.id)
        experiments.delete(db, session.id)
        firing.experiment(call.world, call.user.login, session, firing.DELETED)
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


def remove_subject(call: Call, subject: Subject) -> None:
    """With its sessions. Raises InConflict when a session of another project hangs on it."""
    _refuse_foreign(call, subject)
    for session in experiments.of_subject(call.world.db, subject.id):
        remove_experiment(call, session)
    if call.is_true("removeFiles"):
        call.world.folders.discard(call.world.folders.subject(subject.project, subject.label))
    with call.world.db.transaction():
        _forget(call, "subject", subject.id)
        subjects.delete(call.world.db, subject.id)
        firing.subject(call.world, call.user.login, subject, firing.DELETED)


def remove_project(call: Call, project: Project) -> None:
    """With all its data, and what waits in its prearchive. Raises InConflict, and Locked while a row is at work."""
    db = call.world.db
    own = [subject for subject in subjects.listed(db, project.id) if subject.project == project.id]
    for subject in own:
        _refuse_foreign(call, subject)
    for row in [*prearchive.listed(db, project.id), *prearchive.listed(db, project.id, direct=True)]:
        moving.remove(call.world, row)
    for session in experiments.listed(db, project.id):
        if session.project == project.id:
            remove_experiment(call, session)
    for subject in own:
        remove_subject(call, subject)
    with db.transaction():
        _forget(call, "project", project.id)
        projects.delete(db, project.id)
        firing.project(call.world, call.user.login, project.id, firing.DELETED)
    if call.is_true("removeFiles"):
        call.world.folders.discard(call.world.folders.project(project.id))


def _refuse_foreign(call: Call, subject: Subject) -> None:
    sessions = experiments.of_subject(call.world.db, subject.id)
    if any(session.project != subject.project for session in sessions):
        raise InConflict(f"Subject {subject.id} has sessions in other projects.")


def _forget(call: Call, kind: str, owner: object) -> None:
    custom_fields.forget(call.world.db, kind, owner)
    for resource in resources.listed(call.world.db, kind, owner):
        resources.delete(call.world.db, resource.number)
