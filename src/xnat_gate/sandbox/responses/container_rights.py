"""Who may do what in the Container Service.

Laws: managing needs the role ContainerManager, for administrators, too. XNAT looks at it in two places: inside a method
the answer is 401, before it 403; what a project's owner or editor may do is looked at before, so 403.
"""

from __future__ import annotations

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import Forbidden, NotPlayed, Refusal
from xnat_gate.sandbox.models import projects, rights, roles


class Unauthorized(Refusal):
    """The account may not do this, said by the Container Service with the status for those who are not logged in."""

    status = 401


def manages(call: Call) -> bool:
    return roles.may_manage_containers(call.world.db, call.user)


def demand_manager(call: Call) -> None:
    """Inside the method. Raises Unauthorized."""
    if not manages(call):
        raise Unauthorized(f"User {call.user.login} does not have permission to manage containers.")


def admit_manager(call: Call) -> None:
    """Before the method. Raises Forbidden."""
    if not manages(call):
        raise Forbidden(f"User {call.user.login} does not have permission to access this.")


def admit_reader(call: Call, project: str) -> None:
    """Raises Forbidden."""
    _exists(call, project)
    if not rights.may_read(call.world.db, call.user, project):
        raise Forbidden(f"User {call.user.login} can not read project {project}.")


def admit_editor(call: Call, project: str) -> None:
    """Raises Forbidden."""
    _exists(call, project)
    if not rights.may_edit(call.world.db, call.user, project):
        raise Forbidden(f"User {call.user.login} can not edit project {project}.")


def admit_owner(call: Call, project: str) -> None:
    """Raises Forbidden."""
    _exists(call, project)
    if not rights.may_own(call.world.db, call.user, project):
        raise Forbidden(f"User {call.user.login} can not delete in project {project}.")


def demand_manager_or(call: Call, project: str, *, owner: bool) -> None:
    """A manager, or an owner (else an editor) of the project; inside the method. Raises Unauthorized."""
    may = rights.may_own if owner else rights.may_edit
    if not manages(call) and not may(call.world.db, call.user, project):
        level = "Delete" if owner else "Edit"
        raise Unauthorized(f"User {call.user.login} does not have {level} access.")
    _exists(call, project)


def _exists(call: Call, project: str) -> None:
    """What is answered for a project that is not there is not known; who sees none is refused like any other."""
    if projects.find(call.world.db, project) is None and (call.user.data_access or manages(call)):
        raise NotPlayed(
            f"The sandbox does not know what the Container Service says of a missing project {project}"
        )
