"""Accounts and roles: /xapi/users..., /xapi/access/projects."""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import Forbidden, NotFound, NotPlayed
from xnat_gate.sandbox.models import projects, rights, users
from xnat_gate.sandbox.models import roles as site_roles
from xnat_gate.sandbox.models.projects import Role
from xnat_gate.sandbox.models.users import User


def own_name(call: Call) -> Response:
    """The caller's account name as text."""
    return replies.text(call.user.login)


def names(call: Call) -> Response:
    """All account names as a JSON list."""
    return replies.json_value([user.login for user in users.everyone(call.world.db)])


def profile(call: Call) -> Response:
    """One account as JSON; 403 for others than oneself and site administrators, 404."""
    user = _self_or_admin(call)
    return replies.json_value(
        {
            "id": user.id, "username": user.login, "firstName": user.firstname, "lastName": user.lastname,
            "email": user.email, "admin": user.admin, "enabled": user.enabled, "verified": True,
            "fullName": f"{user.firstname} {user.lastname}",
        }
    )  # fmt: skip


def roles(call: Call) -> Response:
    """`Administrator`, `ContainerManager`, `DataManager` as a JSON list; 403 for others' but for administrators, 404.

    Not played: other roles.
    """
    user = _self_or_admin(call)
    return replies.json_value(
        [*(["Administrator"] if user.admin else []), *site_roles.of(call.world.db, user.login)]
    )


def give_role(call: Call) -> Response:
    """Gives `ContainerManager` or `DataManager`: site administrators; 404 for an unknown account.

    Not played: `Administrator` and other roles.
    """
    login, role = _role(call)
    site_roles.give(call.world.db, login, role)
    return replies.empty()


def take_role(call: Call) -> Response:
    """Takes such a role away: site administrators; 404 for an unknown account."""
    login, role = _role(call)
    site_roles.take(call.world.db, login, role)
    return replies.empty()


def groups(call: Call) -> Response:
    """Site groups and project groups as a JSON list; 403 for others than oneself and site administrators."""
    user = _self_or_admin(call)
    own = [f"{project}_{role}" for project, role in projects.roles(call.world.db, user.login).items()]
    return replies.json_value([*sorted(user.groups), *own])


def join(call: Call) -> Response:
    """Puts an account into a site group or a project's group: site administrators; 404 for an unknown one."""
    login, group = _membership(call)
    if isinstance(group, str):
        users.join(call.world.db, login, group)
    else:
        projects.admit(call.world.db, group[0], login, group[1])
    return replies.empty()


def leave(call: Call) -> Response:
    """Takes an account out of a group: site administrators."""
    login, group = _membership(call)
    if isinstance(group, str):
        users.leave(call.world.db, login, group)
    elif projects.role(call.world.db, login, group[0]) is group[1]:
        projects.dismiss(call.world.db, group[0], login)
    return replies.empty()


def editable_projects(call: Call) -> Response:
    """IDs of the projects whose data the caller can edit, as a JSON list."""
    return replies.json_value(rights.editable(call.world.db, call.user))


def project_access(call: Call) -> Response:
    """The projects the caller reads, with the caller's role in each."""
    rows = []
    for project in rights.readable(call.world.db, call.user):
        role = projects.role(call.world.db, call.user.login, project.id)
        rows.append({"ID": project.id, "name": project.name, "role": role.displayname if role else ""})
    return replies.json_value(rows)


def _role(call: Call) -> tuple[str, str]:
    """The account and the role that it is given or loses."""
    if not call.user.admin:
        raise Forbidden("Only site administrators may change roles.")
    if call.args["role"] not in site_roles.PLAYED:
        raise NotPlayed(f"The sandbox does not play the role {call.args['role']}")
    return _self_or_admin(call).login, call.args["role"]


def _membership(call: Call) -> tuple[str, str | tuple[str, Role]]:
    """The account, and a site group or (project, role)."""
    if not call.user.admin:
        raise Forbidden("Only site administrators may change groups.")
    user, group = _self_or_admin(call), call.args["group"]
    if group in users.SITE_GROUPS:
        return user.login, group
    named = {f"{each.id}_{role}": (each.id, role) for each in projects.listed(call.world.db) for role in Role}
    if group not in named:
        raise NotFound(f"Unknown group: {group}")
    return user.login, named[group]


def _self_or_admin(call: Call) -> User:
    name = call.args["user"]
    if name != call.user.login and not call.user.admin:
        raise Forbidden(f"User {call.user.login} may not see user {name}")
    user = users.find(call.world.db, name)
    if user is None:
        raise NotFound(f"User {name} not found")
    return user
