"""Subscriptions to events: /xapi/events/subscription(s), and the same below a project for its owners.

Laws: 405 while the Event Service is off; 403 for who is no administrator, below a project no owner; what cannot work is
424 with the reason, and asked anew whenever a subscription is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.commands.scalars import Unreadable
from xnat_gate.sandbox.events import actions, bodies, kinds, validation
from xnat_gate.sandbox.exceptions import Failure, NotFound, NotPlayed
from xnat_gate.sandbox.models import subscriptions
from xnat_gate.sandbox.models.subscriptions import Subscription
from xnat_gate.sandbox.responses.event_service_rights import (
    FailedDependency,
    Unauthorized,
    admit,
    demand_enabled,
    demand_own,
    demand_seen,
)

UNFIT = "Subscription format failed to validate."


def listed(call: Call) -> Response:
    """All of them as a JSON list; below a project those of the site and its own, with `editable`."""
    project = _admitted(call)
    found = [
        one
        for one in subscriptions.listed(call.world.db)
        if project is None or not one.filter.projects or project in one.filter.projects
    ]
    return replies.json_value([_shown(call, one, project) for one in found])


def get(call: Call) -> Response:
    """One as JSON, `valid` and `validation-message` as of now; 404; 401 for one of other projects."""
    project, one = _found(call)
    if project is not None:
        demand_seen(call, one, project)
    return replies.json_value(_shown(call, one, project))


def create(call: Call) -> Response:
    """201 and `name:id` as text; 424 with the reason, for a taken name, too; 500 for a body that cannot be read,
    without an event filter or with a text above 255 characters; below a project 401 without it in `project-ids`.

    Not played: a subscription without a name, actions that log or send mail (501), `overpopulate-attributes`.
    """
    project = _admitted(call)
    one = _readable(lambda: bodies.created(_body(call), call.user.login))
    if not one.name:
        raise NotPlayed("The sandbox makes up no names for subscriptions")
    if project is not None:
        one = bodies.of_project(one)
        demand_own(call, one, project)
        _demand_offered(call, one)
    with call.world.db.transaction():
        if subscriptions.named(call.world.db, one.name) is not None:
            raise FailedDependency(f"{UNFIT}\nSubscription with name: {one.name} already exists.")
        _demand_valid(call, one)
        number = subscriptions.add(call.world.db, one)
    call.world.schedules_changed.set()
    return replies.text(f"{one.name}:{number}", 201)


def update(call: Call) -> Response:
    """200 and nothing; 424, 404, 500; below a project 401. No patch: `attributes` and `act-as-event-user` that are not
    sent are emptied, and with an `event-filter` `project-ids`, `schedule` and `schedule-description`, too.
    """
    project, one = _found(call)
    changed = _readable(lambda: bodies.updated(_body(call), one))
    if project is not None:
        demand_own(call, one, project)
    _demand_valid(call, changed)
    subscriptions.replace(call.world.db, changed)
    call.world.schedules_changed.set()
    return replies.empty()


def delete(call: Call) -> Response:
    """204; its deliveries stay; 404; below a project 401."""
    subscriptions.delete(call.world.db, _own(call).id)
    call.world.schedules_changed.set()
    return replies.empty(204)


def activate(call: Call) -> Response:
    """200 and nothing; 404; below a project 401."""
    return _switch(call, active=True)


def deactivate(call: Call) -> Response:
    """200 and nothing; 404; below a project 401."""
    return _switch(call, active=False)


def validate_filter(call: Call) -> Response:
    """200 for a payload filter that can be read, else 424.

    Not played: JSONPath beyond comparisons, `=~`, `in`, `nin`, `contains`, `&&`, `||`, `!` and parentheses.
    """
    try:
        text = call.body.read().decode("utf-8")
        validation.predicate(text)
    except (UnicodeDecodeError, validation.Invalid) as error:
        raise FailedDependency(str(error)) from error
    return replies.empty()


def _switch(call: Call, *, active: bool) -> Response:
    subscriptions.activate(call.world.db, _own(call).id, active=active)
    call.world.schedules_changed.set()
    return replies.empty()


def _admitted(call: Call) -> str | None:
    project = admit(call)
    demand_enabled(call)
    return project


def _found(call: Call) -> tuple[str | None, Subscription]:
    project, key = _admitted(call), call.args["id"]
    found = subscriptions.find(call.world.db, int(key)) if key.isdecimal() else None
    if found is None:
        raise NotFound(f"Could not find entity with ID {key}")
    return project, found


def _own(call: Call) -> Subscription:
    """The subscription, for a change."""
    project, one = _found(call)
    if project is not None:
        demand_own(call, one, project)
    return one


def _body(call: Call) -> object:
    found: object = json.loads(call.body.read())
    return found


def _readable(read: Callable[[], Subscription]) -> Subscription:
    try:
        return read()
    except (ValueError, Unreadable) as error:
        raise Failure(f"Could not read the subscription: {error}") from error


def _demand_offered(call: Call, one: Subscription) -> None:
    """Schedules and events of projects are for administrators. Raises Unauthorized."""
    kind = kinds.known(one.filter.event_type)
    if kind is not None and not kinds.EVENTS[kind].in_projects and not call.user.admin:
        raise Unauthorized(f"Unauthorized.\n{kind.value} is not offered to projects")


def _demand_valid(call: Call, one: Subscription) -> None:
    if actions.provider_of(one.action_key).rpartition(".")[2] in actions.UNPLAYED:
        raise NotPlayed(f"The sandbox does not play the action {one.action_key}")
    reason = validation.problem(call.world.db, one)
    if reason is not None:
        raise FailedDependency(f"{UNFIT}\n{reason}")


def _shown(call: Call, one: Subscription, project: str | None) -> dict[str, object]:
    told = bodies.shown(one, validation.problem(call.world.db, one))
    return told if project is None else {**told, "editable": one.filter.projects == (project,)}
