"""Projects: list, item, creation, prearchive code, accessibility, members."""

from __future__ import annotations

import re

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.events import firing
from xnat_gate.sandbox.exceptions import (
    BadRequest,
    Expected,
    Failure,
    Forbidden,
    InConflict,
    Locked,
    NotFound,
)
from xnat_gate.sandbox.models import fields, projects, rights, users
from xnat_gate.sandbox.models.projects import Project, Role
from xnat_gate.sandbox.responses import listing, project_document, removal
from xnat_gate.sandbox.responses.items import project_item

COLUMNS = ("ID", "secondary_ID", "name", "description", "pi_firstname", "pi_lastname", "URI")
MEMBER_COLUMNS = ("GROUP_ID", "displayname", "login", "firstname", "lastname", "email")
LEVELS = ("private", "protected", "public")


def listed(call: Call) -> Response:
    """The projects whose record the caller may see; `columns`, filters on columns, paging.

    Not played: `accessible`, `owner`, `member`, `recent`, `permissions` and the like.
    """
    db = call.world.db
    rows = [_cells(each) for each in projects.listed(db) if rights.sees_record(db, call.user, each)]
    return listing.table(call, COLUMNS, rows, known=("alias",), title="Projects")


def get(call: Call) -> Response:
    """One project as JSON or HTML; 404 when it is not there or may not be seen.

    Not played: XML.
    """
    project = rights.recorded(call.world.db, call.user, call.args["project"])
    return listing.item(call, project_item(project))


def put(call: Call) -> Response:
    """Create or update, by parameters, an XML document or both: 200 and an empty body; 409 taken, 417 bad ID, 403."""
    db, key = call.world.db, call.args["project"]
    if not re.fullmatch(r"[A-Za-z0-9_-]+", key):
        raise Expected("Invalid character in project ID.")
    values = {**project_document.named(call, key), **fields.named(call.params)[0]}
    if projects.taken(db, key, name=values.get("name", ""), secondary_id=values.get("secondary_ID", "")):
        raise InConflict("Project ID, title or running title is already in use.")
    with db.transaction():
        if projects.find(db, key) is None:
            if projects.was_deleted(db, key):
                raise Forbidden(f"Project ID {key} was used by a deleted project.")
            projects.create(db, key, call.user.login)
            projects.admit(db, key, call.user.login, Role.OWNER)
            firing.project(call.world, call.user.login, key, firing.CREATED)
        projects.update(db, rights.owning(db, call.user, key), values)
        if (level := call.param("accessibility")) is not None:
            _set_level(call, level)
    return replies.empty()


def delete(call: Call) -> Response:
    """Removes the project with its data and its prearchive: owner (403); `removeFiles=true` its files, too.

    Not played: the removal of its configs.
    """
    project = rights.visible(call.world.db, call.user, call.args["project"])
    if not rights.may_own(call.world.db, call.user, project.id):
        raise Forbidden(f"User account doesn't have permission to delete project {project.id}.")
    try:
        removal.remove_project(call, project)
    except Locked as busy:
        raise Failure(str(busy)) from busy
    return replies.empty()


def prearchive_code(call: Call) -> Response:
    """The number as text."""
    return replies.text(str(rights.recorded(call.world.db, call.user, call.args["project"]).prearchive_code))


def set_prearchive_code(call: Call) -> Response:
    """Any integer is stored; `true` is 1, `false` 0; 400 for anything else; owner (403)."""
    project = rights.owning(call.world.db, call.user, call.args["project"])
    code = {"true": "1", "false": "0"}.get(call.args["code"], call.args["code"])
    if not re.fullmatch(r"-?\d+", code):
        raise BadRequest("Prearchive code must be an integer.")
    projects.set_prearchive_code(call.world.db, project.id, int(code))
    return replies.empty()


def accessibility(call: Call) -> Response:
    """The level as text."""
    return replies.text(rights.recorded(call.world.db, call.user, call.args["project"]).accessibility)


def set_accessibility(call: Call) -> Response:
    """private, protected or public, 400 for anything else; owner (403)."""
    rights.owning(call.world.db, call.user, call.args["project"])
    _set_level(call, call.args["level"])
    return replies.empty()


def members(call: Call) -> Response:
    """`GROUP_ID,displayname,login,firstname,lastname,email`; 404 when the project is invisible.

    Not played: `/users/true`, `includeAllDataAccess`.
    """
    project = rights.visible(call.world.db, call.user, call.args["project"])
    return replies.table(call, MEMBER_COLUMNS, _members(call, project.id))


def admit(call: Call) -> Response:
    """Puts accounts (comma list) into a group, named by ID or display name: owner; 404 unknown group; the table
    of users.

    Not played: groups of one's own, `sendemail`.
    """
    project, role = _membership(call)
    for login in call.args["users"].split(","):
        if users.find(call.world.db, login) is None:
            raise NotFound(f"Unknown user: {login}")
        projects.admit(call.world.db, project.id, login, role)
    return members(call)


def dismiss(call: Call) -> Response:
    """Takes accounts out of a group: owner; the table of users."""
    project, role = _membership(call)
    for login in call.args["users"].split(","):
        if projects.role(call.world.db, login, project.id) is role:
            projects.dismiss(call.world.db, project.id, login)
    return members(call)


def _membership(call: Call) -> tuple[Project, Role]:
    project = rights.visible(call.world.db, call.user, call.args["project"])
    if not rights.may_own(call.world.db, call.user, project.id):
        raise Forbidden("User cannot modify the membership of this project.")
    named = {f"{project.id}_{role}".lower(): role for role in Role}
    named |= {role.displayname.lower(): role for role in Role} | {role.value: role for role in Role}
    role = named.get(call.args["group"].lower())
    if role is None:
        raise NotFound(f"Unknown group: {call.args['group']}")
    return project, role


def _members(call: Call, project: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for login, role in projects.members(call.world.db, project):
        user = users.find(call.world.db, login)
        if user is not None and user.enabled:
            values = (f"{project}_{role}", role.displayname, login, user.firstname, user.lastname, user.email)
            rows.append(dict(zip(MEMBER_COLUMNS, values, strict=True)))
    return rows


def _set_level(call: Call, level: str) -> None:
    if level not in LEVELS:
        raise BadRequest(f"Invalid accessibility: {level}")
    projects.set_accessibility(call.world.db, call.args["project"], level)


def _cells(project: Project) -> dict[str, object]:
    return {
        **project.fields, "ID": project.id, "secondary_ID": project.secondary_id, "name": project.name,
        "URI": f"/data/projects/{project.id}",
    }  # fmt: skip
