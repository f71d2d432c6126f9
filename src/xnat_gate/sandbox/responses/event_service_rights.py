"""Who may do what in the Event Service.

Laws: the site's subscriptions are the administrators', a project's its owners'; who is neither is refused with 403; an
owner who reaches for what is not his project's alone with 401; while the service is off, every call on subscriptions
is 405.
"""

from __future__ import annotations

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import Forbidden, Refusal, WrongVerb
from xnat_gate.sandbox.models import preferences, rights
from xnat_gate.sandbox.models.subscriptions import Subscription


class FailedDependency(Refusal):
    """The subscription cannot work."""

    status = 424


class Unauthorized(Refusal):
    """Not this owner's subscription, said with the status for those who are not logged in."""

    status = 401


def admit(call: Call) -> str | None:
    """The project of the path, for its owner; None for the site, for an administrator. Raises Forbidden."""
    project = call.args.get("project")
    if project is None:
        admit_admin(call)
    elif not rights.may_own(call.world.db, call.user, project):
        raise Forbidden(f"User {call.user.login} can not delete in project {project}.")
    return project


def admit_admin(call: Call) -> None:
    """Raises Forbidden."""
    if not call.user.admin:
        raise Forbidden(f"User {call.user.login} is not a site administrator.")


def demand_enabled(call: Call) -> None:
    """Raises WrongVerb (405)."""
    if not preferences.events_enabled(call.world.db):
        raise WrongVerb("Event Service is disabled.")


def demand_own(call: Call, one: Subscription, project: str) -> None:
    """To change it: the project is one of its projects, and the caller owns them all. Raises Unauthorized."""
    projects = one.filter.projects
    owned = call.user.admin or all(rights.may_own(call.world.db, call.user, each) for each in projects)
    if project not in projects or not owned:
        named = ",".join(projects) or "Site"
        message = f"{call.user.login} not authorized to modify subscriptions for project(s): {named}"
        raise Unauthorized(f"Unauthorized.\n{message}")


def demand_seen(call: Call, one: Subscription, project: str) -> None:
    """To look at it: it is the site's, or this project's, too. Raises Unauthorized."""
    if one.filter.projects and project not in one.filter.projects:
        message = f"{call.user.login} not authorized to read subscriptions for other projects"
        raise Unauthorized(f"Unauthorized.\n{message}")
