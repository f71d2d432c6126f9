"""Subjects: lists, item, creation, rename, removal."""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.events import firing
from xnat_gate.sandbox.exceptions import Forbidden, InConflict
from xnat_gate.sandbox.models import experiments, fields, rights, shares, subjects, workflows
from xnat_gate.sandbox.models.subjects import Subject
from xnat_gate.sandbox.responses import listing, places, removal
from xnat_gate.sandbox.responses.items import subject_item

COLUMNS = ("ID", "project", "label", "insert_date", "insert_user", "URI")
KNOWN = ("gender", "group", "src", "yob", "dob", "handedness")


def listed(call: Call) -> Response:
    """The project's subjects, and those shared into it under their label there."""
    project = rights.visible(call.world.db, call.user, call.args["project"])
    rows = [_cells(call, found, project.id) for found in subjects.listed(call.world.db, project.id)]
    return listing.table(call, COLUMNS, rows, known=KNOWN, title="Subjects")


def listed_everywhere(call: Call) -> Response:
    """The subjects of all projects the caller reads."""
    rows = [
        _cells(call, found, found.project)
        for found in subjects.listed(call.world.db)
        if rights.may_read(call.world.db, call.user, found.project)
    ]
    return listing.table(call, COLUMNS, rows, known=KNOWN, title="Subjects")


def get(call: Call) -> Response:
    """One subject as JSON or HTML with its sessions, shares and resources; 404.

    Not played: XML.
    """
    found = places.subject(call)
    sessions = [
        session
        for session in experiments.of_subject(call.world.db, found.id)
        if rights.may_read(call.world.db, call.user, session.project)
    ]
    return listing.item(call, subject_item(call.world.db, found, sessions))


def put(call: Call) -> Response:
    """Creates (201) or updates (200), both with the accession ID; `label=` renames: 200 and an empty body; 409,
    403.

    Not played: an XML body.
    """
    with call.world.db.transaction():
        return _put(call)


def _put(call: Call) -> Response:
    db = call.world.db
    found = places.find_subject(call, call.args["subject"])
    change, custom = fields.named(call.params)
    if found is None:
        rights.editing(db, call.user, call.args["project"])
        made = subjects.create(
            db, call.world.settings.site_id, call.args["project"], call.args["subject"], call.user.login
        )
        subjects.update(db, made, change, custom)
        firing.subject(call.world, call.user.login, made, firing.CREATED)
        return replies.text(made.id, 201)
    places.demand_edit(call, found.project)
    label = call.param("label", "xnat:subjectData/label")
    if label is not None and label != found.label:
        return _rename(call, found, label)
    subjects.update(db, found, change, custom)
    return replies.text(found.id)


def delete(call: Call) -> Response:
    """Owner (403): removes the subject with its sessions; 409 when one lies in another project; shared in: the
    share alone. `removeFiles=true`: the files, too.
    """
    found = places.subject(call)
    project = call.args.get("project", found.project)
    if project != found.project:
        return _unshare(call, found, project)
    places.demand_delete(call, found.project, f"User cannot delete subjects for project {found.project}")
    removal.remove_subject(call, found)
    return replies.empty()


def _rename(call: Call, found: Subject, label: str) -> Response:
    folders = call.world.folders
    source, target = folders.subject(found.project, found.label), folders.subject(found.project, label)
    if subjects.find(call.world.db, found.project, label) is not None or target.exists():
        raise InConflict("Specified label is already in use.")
    if workflows.open_on(call.world.db, found.id) is not None:
        raise InConflict("Subject processing may already be in progress.")
    if source.exists():
        source.rename(target)
    subjects.place(call.world.db, found.id, project=found.project, label=label)
    return replies.empty()


def _unshare(call: Call, found: Subject, project: str) -> Response:
    if not rights.may_own(call.world.db, call.user, project):
        raise Forbidden(f"User cannot delete subjects for project {project}")
    shares.remove(call.world.db, "subject", found.id, project)
    return replies.empty()


def _cells(call: Call, found: Subject, project: str) -> dict[str, object]:
    label = shares.into(call.world.db, "subject", found.id, project) or found.label
    return {
        **found.fields, "ID": found.id, "project": found.project, "label": label, "insert_date": found.inserted,
        "insert_user": found.insert_user, "URI": f"/data/subjects/{found.id}",
    }  # fmt: skip
