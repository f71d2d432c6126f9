"""Where wrappers are enabled and what is configured for them: /xapi/wrappers/..., for the site and for projects.

Laws: the path names a wrapper by its id, or by its command's id and its name; by the id XNAT does not ask whether there
is such a wrapper; the site is the managers' (403), a project its owner's, too (401).
"""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.commands.configuring import UNREADABLE, configured, stored
from xnat_gate.sandbox.exceptions import Failure, NotFound, NotPlayed
from xnat_gate.sandbox.models import commands, enablement
from xnat_gate.sandbox.responses.command_bodies import body, number
from xnat_gate.sandbox.responses.container_rights import (
    admit_editor,
    admit_manager,
    admit_owner,
    demand_manager_or,
)


def enabled(call: Call) -> Response:
    """Whether the wrapper is enabled for the site: a bare true or false; 403."""
    admit_manager(call)
    return replies.json_value(enablement.site(call.world.db, _wrapper(call)))


def enable(call: Call) -> Response:
    """Enables it for the site: 200 and nothing; 403."""
    admit_manager(call)
    enablement.set_site(call.world.db, _wrapper(call), enabled=True)
    return replies.empty()


def disable(call: Call) -> Response:
    """Disables it for the site: 200 and nothing; 403."""
    admit_manager(call)
    enablement.set_site(call.world.db, _wrapper(call), enabled=False)
    return replies.empty()


def enabled_in_project(call: Call) -> Response:
    """`enabled-for-site`, `enabled-for-project` (true only with the site's), `project`; 401 for who cannot edit."""
    project = call.args["project"]
    demand_manager_or(call, project, owner=False)
    db, wrapper = call.world.db, _wrapper(call)
    return replies.json_value(
        {
            "enabled-for-site": enablement.site(db, wrapper),
            "enabled-for-project": enablement.effective(db, wrapper, project),
            "project": project,
        }
    )


def enable_in_project(call: Call) -> Response:
    """Enables it in a project: managers and owners, whatever the visibility; 200 and nothing; 401."""
    return _set_in_project(call, enabled=True)


def disable_in_project(call: Call) -> Response:
    """Disables it in a project: managers and owners; 200 and nothing; 401."""
    return _set_in_project(call, enabled=False)


def projects(call: Call) -> Response:
    """The projects that have it enabled, as a JSON list; 403."""
    admit_manager(call)
    return replies.json_value(enablement.projects(call.world.db, _wrapper(call)))


def get(call: Call) -> Response:
    """The defaults, matchers and labels as the site configures them, with nulls; 403, 404."""
    admit_manager(call)
    return _configured(call, None)


def get_in_project(call: Call) -> Response:
    """The same with the project's values before the site's; 403 for who may not edit there, 404."""
    admit_editor(call, call.args["project"])
    return _configured(call, call.args["project"])


def put(call: Call) -> Response:
    """Stores `inputs` and `outputs` for the site in place of those before; enables unless `enable=false`: 201; 403."""
    admit_manager(call)
    return _configure(call, enablement.SITE)


def put_in_project(call: Call) -> Response:
    """Stores them for a project, and enables it there unless `enable=false`: 201; 403 for all but its owners."""
    admit_owner(call, call.args["project"])
    return _configure(call, call.args["project"])


def delete(call: Call) -> Response:
    """Forgets what the site configured; enabled stays enabled: 204; 403."""
    admit_manager(call)
    enablement.forget_configuration(call.world.db, _wrapper(call), enablement.SITE)
    return replies.empty(204)


def delete_in_project(call: Call) -> Response:
    """Forgets what the project configured; enabled stays enabled: 204; 403 for all but its owners."""
    admit_owner(call, call.args["project"])
    enablement.forget_configuration(call.world.db, _wrapper(call), call.args["project"])
    return replies.empty(204)


def _set_in_project(call: Call, *, enabled: bool) -> Response:
    project = call.args["project"]
    demand_manager_or(call, project, owner=True)
    enablement.set_project(call.world.db, _wrapper(call), project, enabled=enabled)
    return replies.empty()


def _configure(call: Call, place: str) -> Response:
    wrapper = _wrapper(call)
    try:
        value = stored(body(call))
    except UNREADABLE as error:
        raise Failure(f"Could not read JSON: {error}") from error
    with call.world.db.transaction():
        enablement.configure(call.world.db, wrapper, place, value)
        if call.flag("enable", default=True):
            enablement.set_at(call.world.db, wrapper, place, enabled=True)
    return replies.empty(201)


def _configured(call: Call, project: str | None) -> Response:
    wrapper = _wrapper(call)
    found = commands.of_wrapper(call.world.db, wrapper)
    if found is None:
        if commands.is_detached(call.world.db, wrapper):
            raise NotPlayed(
                "The sandbox does not play the configuration of a wrapper that an update left out"
            )
        raise NotFound(f"No command wrapper for id {wrapper}")
    told = enablement.merged(call.world.db, wrapper, project)
    return replies.json_value(configured(found[0].command, found[1], told))


def _wrapper(call: Call) -> int:
    """The wrapper's id; raises NotFound for a name that the command does not have."""
    if "name" not in call.args:
        return number(call, "wrapper")
    key, name = number(call, "id"), call.args["name"]
    command = commands.by_id(call.world.db, key)
    for wrapper in command.command["xnat"] if command else []:
        if wrapper["name"] == name:
            return int(wrapper["id"])
    raise NotFound(f"No command wrapper for command id {key}, wrapper name {name}")
