"""Archived sessions: lists at site, project and subject level, item, creation, rename, removal.

Laws: a rename moves the folder and answers 200 with an empty body; the primary project is never changed here (409).
"""

from __future__ import annotations

import re

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.events import firing
from xnat_gate.sandbox.exceptions import Expected, Forbidden, InConflict, NotFound, Unprocessable
from xnat_gate.sandbox.models import experiments, fields, rights, shares, subjects, workflows
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.subjects import Subject
from xnat_gate.sandbox.responses import listing, places, removal
from xnat_gate.sandbox.responses.events import event
from xnat_gate.sandbox.responses.items import experiment_item

COLUMNS = ("ID", "project", "date", "xsiType", "label", "insert_date", "URI")
KNOWN = (
    "subject_ID", "subject_label", "UID", "time", "note", "modality", "session_type", "insert_user", "dcmPatientName",
    "dcmPatientId", "dcmAccessionNumber", "scanner", "operator",
)  # fmt: skip
ABSTRACT = {"xnat:imagesessiondata", "xnat:experimentdata", "xnat:subjectassessordata"}


def listed(call: Call) -> Response:
    """The sessions of a project or of one subject in it, with those shared into it; `columns`, filters, paging.

    Not played: ranges in filters, `sortBy`.
    """
    db = call.world.db
    project = rights.visible(db, call.user, call.args["project"])
    found = experiments.listed(db, project.id)
    if "subject" in call.args:
        owner = places.subject(call)
        found = [session for session in found if session.subject == owner.id]
    return _table(call, [(session, project.id) for session in found])


def listed_everywhere(call: Call) -> Response:
    """The sessions of all projects the caller reads, or of one subject; `columns`, filters, paging.

    Not played: ranges in filters, `sortBy`.
    """
    db = call.world.db
    found = [s for s in experiments.listed(db) if rights.may_read(db, call.user, s.project)]
    if "subject" in call.args:
        owner = places.subject(call)
        found = [session for session in found if session.subject == owner.id]
    return _table(call, [(session, session.project) for session in found])


def get(call: Call) -> Response:
    """One session as JSON or HTML with scans, custom variables, shares and resources; 404.

    Not played: XML, `includeHistory`.
    """
    return listing.item(call, experiment_item(call.world.db, places.experiment(call)))


def put(call: Call) -> Response:
    """Creates (201) or updates (200), both with the accession ID; `label=` renames: 200 and an empty body, 409
    when taken or while a workflow is open; `subject_ID=` links; 403, 404, 409, 417, 422.

    Not played: an XML body, `_lock`, `pullDataFromHeaders`, `fixScanTypes`, `allowDataDeletion`.
    """
    with call.world.db.transaction():
        return _put(call)


def _put(call: Call) -> Response:
    found = places.find_experiment(call) if _subject_known(call) else None
    if found is None:
        return _create(call)
    places.demand_edit(call, found.project)
    label = call.param("label", f"{found.xsi_type}/label")
    if label is not None and label != found.label:
        return _rename(call, found, label)
    _refuse_other_project(call, found.project)
    change, custom = fields.named(call.params)
    experiments.update(call.world.db, found, change, custom)
    if (other := call.param("subject_ID", f"{found.xsi_type}/subject_ID")) is not None:
        experiments.link(call.world.db, found.id, _named_subject(call, found.project, other).id)
    return replies.text(found.id)


def delete(call: Call) -> Response:
    """In the primary project a removal (owner, 403), elsewhere of the share alone; without `removeFiles=true`
    the files stay on disk.
    """
    found = places.experiment(call)
    project = call.args.get("project", found.project)
    if project != found.project and shares.into(call.world.db, "experiment", found.id, project) is not None:
        if not rights.may_own(call.world.db, call.user, project):
            raise Forbidden(f"User cannot delete experiments for project {project}")
        shares.remove(call.world.db, "experiment", found.id, project)
        return replies.empty()
    places.demand_delete(call, found.project, f"User cannot delete experiments for project {found.project}")
    removal.remove_experiment(call, found)
    return replies.empty()


def status(call: Call) -> Response:
    """Always `active`.

    Not played: quarantined and locked sessions.
    """
    places.experiment(call)
    return replies.text("active")


def assessors(call: Call) -> Response:
    """An empty list: the sandbox keeps no assessors.

    Not played: assessors.
    """
    places.experiment(call)
    return replies.table(call, ("ID", "project", "date", "xsiType", "label", "insert_date", "URI"), [])


def _create(call: Call) -> Response:
    db, project = call.world.db, call.args.get("project")
    if project is None:
        raise NotFound(f"Unable to identify experiment: {call.args['experiment']}")
    rights.editing(db, call.user, project)
    xsi_type = _xsi_type(call)
    _refuse_other_project(call, project)
    named = call.args.get("subject") or call.param("subject_ID", f"{xsi_type}/subject_ID")
    if named is None:
        raise Unprocessable("No subject was specified.")
    made = experiments.create(
        db, call.world.settings.site_id, project=project, label=call.args["experiment"], xsi_type=xsi_type,
        subject=_named_subject(call, project, named).id, user=call.user.login,
    )  # fmt: skip
    experiments.update(db, made, *fields.named(call.params))
    firing.experiment(call.world, call.user.login, made, firing.CREATED)
    return replies.text(made.id, 201)


def _rename(call: Call, found: Experiment, label: str) -> Response:
    folders = call.world.folders
    source, target = folders.session(found.project, found.label), folders.session(found.project, label)
    if experiments.find(call.world.db, found.project, label) is not None or target.exists():
        raise InConflict("Specified label is already in use.")
    if (busy := workflows.open_on(call.world.db, found.id)) is not None:
        raise InConflict(f"Session processing may already be in progress: {busy.values['pipeline_name']}")
    if source.exists():
        source.rename(target)
    experiments.place(call.world.db, found.id, project=found.project, label=label)
    workflows.record(
        call.world.db, event(call), login=call.user.login, item=found.id, data_type=found.xsi_type,
        project=found.project, action="Renamed",
    )  # fmt: skip
    return replies.empty()


def _subject_known(call: Call) -> bool:
    return "subject" not in call.args or places.find_subject(call, call.args["subject"]) is not None


def _named_subject(call: Call, project: str, key: str) -> Subject:
    """The subject of this label or ID, made when there is none."""
    found = subjects.find(call.world.db, project, key)
    if found is None:
        found = subjects.create(call.world.db, call.world.settings.site_id, project, key, call.user.login)
        firing.subject(call.world, call.user.login, found, firing.CREATED)
    return found


def _refuse_other_project(call: Call, project: str) -> None:
    named = next((value for key, value in call.params if re.fullmatch(r"(xnat:\w+/)?project", key)), project)
    if named != project:
        raise InConflict("Project must be modified through separate URI.")


def _xsi_type(call: Call) -> str:
    named = call.param("xsiType")
    if named is None:
        named = next((key.split("/")[0] for key, _ in call.params if re.match(r"xnat:\w+/", key)), None)
    if named is None:
        raise Expected("Need PUT Contents")
    return named


def _table(call: Call, found: list[tuple[Experiment, str]]) -> Response:
    """`xsiType=` names a type or an ancestor, so it is no plain filter."""
    wanted = (call.param("xsiType") or "").lower()
    kept = [pair for pair in found if not wanted or wanted in ABSTRACT or pair[0].xsi_type.lower() == wanted]
    call.params = [(key, value) for key, value in call.params if key != "xsiType"]
    rows = [_cells(call, session, project) for session, project in kept]
    return listing.table(call, COLUMNS, rows, known=KNOWN, title="Matching experiments")


def _cells(call: Call, session: Experiment, project: str) -> dict[str, object]:
    """As seen from `project`: a shared session shows that project and its label there."""
    db = call.world.db
    shared = shares.into(db, "experiment", session.id, project)
    owner = subjects.by_id(db, session.subject)
    subject_label = ""
    if owner is not None:
        subject_label = shares.into(db, "subject", owner.id, project) or owner.label
    return {
        **session.fields, "ID": session.id, "project": project if shared is not None else session.project,
        "xsiType": session.xsi_type, "label": shared or session.label, "insert_date": session.inserted,
        "insert_user": session.insert_user, "URI": f"/data/experiments/{session.id}", "subject_ID": session.subject,
        "subject_label": subject_label,
    }  # fmt: skip
