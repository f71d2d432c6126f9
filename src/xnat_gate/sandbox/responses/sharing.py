"""PUT/DELETE .../projects/{DEST} on a subject or session: share, move to another primary project, take back.

Laws: `primary` counts for a session only as the literal `true`; a moved session keeps its accession ID and its subject,
which stays where it is; a label that is taken in DEST is 409 (XNAT has moved files by then; the sandbox has not).
"""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import Failure, Forbidden, InConflict, NotFound
from xnat_gate.sandbox.models import experiments, projects, rights, shares, subjects, workflows
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.projects import Project
from xnat_gate.sandbox.models.subjects import Subject
from xnat_gate.sandbox.responses import listing, places
from xnat_gate.sandbox.responses.events import event
from xnat_gate.sandbox.responses.items import experiment_item, subject_item

COLUMNS = ("label", "ID", "Secondary_ID", "Name")


def experiment_projects(call: Call) -> Response:
    """`label,ID,Secondary_ID,Name`, the primary project first."""
    found = places.experiment(call)
    return _projects(call, "experiment", found)


def subject_projects(call: Call) -> Response:
    """`label,ID,Secondary_ID,Name`, the primary project first."""
    return _projects(call, "subject", places.subject(call))


def put_experiment(call: Call) -> Response:
    """Shares (member there, 403; 409), or with the literal `primary=true` moves: 200 and an empty body, owner
    here, member there; 409 for a taken label; the subject stays behind.

    Not played: `moveAssessors`, anonymisation; XNAT's half-moved files after a label clash.
    """
    found, dest = places.experiment(call), _destination(call)
    if call.is_true("primary"):
        return _move_experiment(call, found, dest)
    _demand_create(call, dest, "experiments")
    label = call.param("label") or ""
    if label and experiments.find(call.world.db, dest.id, label) is not None:
        raise InConflict(f"Label already in use:{label}")
    present = shares.into(call.world.db, "experiment", found.id, dest.id)
    if present is not None and label:
        shares.put(call.world.db, "experiment", found.id, dest.id, label)  # XNAT renames and still refuses
    if present is not None or found.project == dest.id:
        raise InConflict(f"Already assigned to project:{dest.id}")
    shares.put(call.world.db, "experiment", found.id, dest.id, label)
    return listing.item(call, experiment_item(call.world.db, found))


def put_subject(call: Call) -> Response:
    """Shares (member there, 403; 409), or with `primary` moves: owner here; sessions stay behind."""
    found, dest = places.subject(call), _destination(call)
    if call.flag("primary"):
        return _move_subject(call, found, dest)
    _demand_create(call, dest, "subjects")
    label = call.param("label") or ""
    if label and subjects.find(call.world.db, dest.id, label) is not None:
        raise InConflict(f"Label already in use:{label}")
    shared = shares.into(call.world.db, "subject", found.id, dest.id) is not None
    if found.project == dest.id or (shared and not label):
        raise InConflict(f"Already assigned to project:{dest.id}")
    shares.put(call.world.db, "subject", found.id, dest.id, label)
    return listing.item(call, subject_item(call.world.db, found, []))


def delete_experiment(call: Call) -> Response:
    """Takes a share back: owner there."""
    return _unshare(call, "experiment", places.experiment(call).id)


def delete_subject(call: Call) -> Response:
    """Takes a share back: owner there."""
    return _unshare(call, "subject", places.subject(call).id)


def _move_experiment(call: Call, found: Experiment, dest: Project) -> Response:
    """200 with an empty body; scans and resources follow, the subject does not."""
    db, label = call.world.db, found.label
    if found.project == dest.id:
        raise InConflict(f"Already assigned to project:{dest.id}")
    insufficient = "Specified user account has insufficient privileges for experiments in this project."
    places.demand_delete(call, found.project, insufficient)
    if call.param("label") not in {None, found.label}:
        raise Failure("Non-standard file location for file(s)")
    other = experiments.find(db, dest.id, label)
    if other is not None and other.id != found.id:
        _record_move(call, found, "Failed")
        raise InConflict("Conflict: Duplicate experiment label")
    if not rights.may_edit(db, call.user, dest.id):
        raise Failure("InvalidPermissionException")
    source, target = (
        call.world.folders.session(found.project, label),
        call.world.folders.session(dest.id, label),
    )
    if target.exists():
        raise Failure("The session's folder exists in the destination project.")
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    with db.transaction():
        experiments.place(db, found.id, project=dest.id, label=label)
        shares.remove(db, "experiment", found.id, dest.id)
        _record_move(call, found, "Complete")
    return replies.empty()


def _record_move(call: Call, found: Experiment, status: str) -> None:
    workflows.record(
        call.world.db, event(call), login=call.user.login, item=found.id, data_type=found.xsi_type,
        project=found.project, action="Modified project", status=status,
    )  # fmt: skip


def _move_subject(call: Call, found: Subject, dest: Project) -> Response:
    db, label = call.world.db, call.param("label") or found.label
    insufficient = "Specified user account has insufficient privileges for subjects in this project."
    places.demand_delete(call, found.project, insufficient)
    taken = subjects.find(db, dest.id, label)
    if taken is not None and taken.id != found.id:
        raise InConflict(f"Label already in use:{label}")
    source, target = (
        call.world.folders.subject(found.project, found.label),
        call.world.folders.subject(dest.id, label),
    )
    if source.exists() and source != target:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    with db.transaction():
        subjects.place(db, found.id, project=dest.id, label=label)
        shares.remove(db, "subject", found.id, dest.id)
    moved = subjects.by_id(db, found.id) or found
    return listing.item(call, subject_item(db, moved, []))


def _unshare(call: Call, kind: str, key: str) -> Response:
    dest = call.args["dest"]
    if shares.into(call.world.db, kind, key, dest) is None:
        raise NotFound(f"Not shared into {dest}")
    if not rights.may_own(call.world.db, call.user, dest):
        raise Forbidden(f"User cannot delete {kind}s for project {dest}")
    shares.remove(call.world.db, kind, key, dest)
    return replies.empty()


def _destination(call: Call) -> Project:
    dest = projects.find(call.world.db, call.args["dest"])
    if dest is None or not rights.may_read(call.world.db, call.user, dest.id):
        raise NotFound(f"Unable to identify project: {call.args['dest']}")
    return dest


def _demand_create(call: Call, dest: Project, what: str) -> None:
    if not rights.may_edit(call.world.db, call.user, dest.id):
        message = (
            f"Specified user account has insufficient create privileges for {what} in the {dest.id} project."
        )
        raise Forbidden(message)


def _projects(call: Call, kind: str, found: Experiment | Subject) -> Response:
    """All projects of the item, the primary one first."""
    rows = []
    for name, label in [(found.project, found.label), *shares.of(call.world.db, kind, found.id)]:
        project = projects.find(call.world.db, name)
        if project is not None:
            values = (label or found.label, project.id, project.secondary_id, project.name)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return replies.table(call, COLUMNS, rows)
