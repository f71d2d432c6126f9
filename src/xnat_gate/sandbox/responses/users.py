"""Accounts and roles: /xapi/users..., /xapi/access/projects."""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import Forbidden, NotFound
from xnat_gate.sandbox.models import projects, rights, users
from xnat_gate.sandbox.models.users import User


def own_name(call: Call) -> Response:
    return replies.text(call.user.login)


def names(call: Call) -> Response:
    return replies.json_value([user.login for user in users.everyone(call.world.db)])


def profile(call: Call) -> Response:
    user = _self_or_admin(call)
    return replies.json_value(
        {
            "id": user.id, "username": user.login, "firstName": user.firstname, "lastName": user.lastname,
            "email": user.email, "admin": user.admin, "enabled": user.enabled, "verified": True,
            "fullName": f"{user.firstname} {user.lastname}",
        }
    )  # fmt: skip


def roles(call: Call) -> Response:
    return replies.json_value(["Administrator"] if _self_or_admin(call).admin else [])


def groups(call: Call) -> Response:
    user = _self_or_admin(call)
    return replies.json_value(
        [f"{project}_{role}" for project, role in projects.roles(call.world.db, user.login).items()]
    )


def editable_projects(call: Call) -> Response:
    return replies.json_value(rights.editable(call.world.db, call.user))


def project_access(call: Call) -> Response:
    rows = []
    for project in rights.readable(call.world.db, call.user):
        role = projects.role(call.world.db, call.user.login, project.id)
        rows.append({"ID": project.id, "name": project.name, "role": role.displayname if role else ""})
    return replies.json_value(rows)


def _self_or_admin(call: Call) -> User:
    name = call.args["user"]
    if name != call.user.login and not call.user.admin:
        raise Forbidden(f"User {call.user.login} may not see user {name}")
    user = users.find(call.world.db, name)
    if user is None:
        raise NotFound(f"User {name} not found")
    return user
