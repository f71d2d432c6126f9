"""The Event Service's switch, its events and its actions: /xapi/events/prefs, /events/events, /events/actions."""

from __future__ import annotations

import json

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.commands import contexts
from xnat_gate.sandbox.commands.scalars import Unreadable, boolean
from xnat_gate.sandbox.events import actions, kinds
from xnat_gate.sandbox.events.kinds import Kind
from xnat_gate.sandbox.exceptions import Failure, NotFound, NotPlayed
from xnat_gate.sandbox.models import enablement, preferences
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.responses.event_service_rights import admit, admit_admin


def prefs(call: Call) -> Response:
    """`{"enabled": false}` until somebody turns it on: site administrators (403).

    Not played: the other switches.
    """
    admit_admin(call)
    return replies.json_value({"enabled": preferences.events_enabled(call.world.db)})


def set_prefs(call: Call) -> Response:
    """Turns the Event Service on or off with `enabled`: 200 and nothing; site administrators (403).

    Not played: the other switches (501).
    """
    admit_admin(call)
    try:
        sent = json.loads(call.body.read())
        unknown = set(sent) - {"enabled"}
        enabled = boolean(sent["enabled"]) if "enabled" in sent else None
    except (ValueError, TypeError, Unreadable) as error:
        raise Failure("Could not read JSON.") from error
    if unknown:
        raise NotPlayed(f"The sandbox does not play the preferences {', '.join(sorted(unknown))}")
    if enabled is not None:
        preferences.write(call.world.db, preferences.EVENT_SERVICE, "enabled", enabled)
        call.world.schedules_changed.set()
    return replies.empty()


def events(call: Call) -> Response:
    """The events that can be subscribed to, as a JSON list. Those of image assessors and project assets never come.

    Not played: `load-details`, which adds the fields of filters and attributes.
    """
    return replies.json_value([_event(kind) for kind in Kind])


def event(call: Call) -> Response:
    """One event by `event-type`; 404.

    Not played: `load-details`.
    """
    found = kinds.known(call.param("event-type") or "")
    if found is None:
        raise NotFound("No Event found.")
    return replies.json_value(_event(found))


def all_actions(call: Call) -> Response:
    """Every wrapper of the Container Service as an action, enabled or not.

    Not played: the actions that log and send mail, `attributes`.
    """
    return replies.json_value([actions.action(wrapper) for wrapper in actions.everything(call.world.db)])


def usable_actions(call: Call) -> Response:
    """The wrappers that are enabled for the site, or in `project`: site administrators, below a project its owner.

    Not played: `xnattype`, `attributes`.
    """
    project = admit(call) or call.param("project")
    return replies.json_value([actions.action(wrapper) for wrapper in _enabled(call, project)])


def actions_by_event(call: Call) -> Response:
    """The usable wrappers with a context that objects of `event-type` can fit; 404. For a schedule: all usable ones.

    Not played: `attributes`.
    """
    project = admit(call) or call.param("project")
    kind = kinds.known(call.param("event-type") or "")
    if kind is None:
        raise NotFound("No Event found.")
    xnat_type = kinds.EVENTS[kind].xnat_type
    found = [wrapper for wrapper in _enabled(call, project) if not xnat_type or _fits(wrapper, xnat_type)]
    return replies.json_value([actions.action(wrapper) for wrapper in found])


def action(call: Call) -> Response:
    """The enabled action of this `actionkey`, for the site or in `project`; 200 and nothing when there is none.

    Not played: `xnattype`, `attributes`.
    """
    wanted = actions.wrapper_of(call.param("actionkey") or "")
    found = next((each for each in _enabled(call, call.param("project")) if each["id"] == wanted), None)
    return replies.json_value(actions.action(found)) if found else replies.empty()


def _enabled(call: Call, project: str | None) -> list[Shape]:
    db = call.world.db
    return [each for each in actions.everything(db) if enablement.effective(db, each["id"], project or None)]


def _fits(wrapper: Shape, xnat_type: str) -> bool:
    """An event of sessions comes with every kind of session: a context may be narrower than the event's type, too."""
    return contexts.offered(wrapper, xnat_type) or any(
        xnat_type in contexts.ancestry(each) for each in wrapper["contexts"]
    )


def _event(kind: Kind) -> dict[str, object]:
    told = kinds.EVENTS[kind]
    return {
        "id": kind.event_type, "display-name": told.display_name, "description": told.description,
        "xnat-type": told.xnat_type, "is-xsi-type": bool(told.xnat_type),
        "statuses": [status.value for status in told.statuses],
        "event-scope": ["SITE", "PROJECT"] if told.in_projects else ["SITE"],
    }  # fmt: skip
