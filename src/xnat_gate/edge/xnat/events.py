"""The Event Service as an installer sees it: its switch and its subscriptions (XNAT REST /xapi/events).

Laws: a PUT sends every field, for one that is left out is emptied, and a project subscription would become one for the
whole site; a 201 proves nothing: whether a subscription is active and valid is read back.
"""

from __future__ import annotations

import json
from typing import Any

from xnat_gate.core.archive import ArchiveRefused, NotThere
from xnat_gate.core.platform import Subscribed, Subscription
from xnat_gate.edge.xnat.connection import Connection, value_of
from xnat_gate.edge.xnat.paths import xapi

PACKAGE = "org.nrg.xnat.eventservice.events."
PROVIDER = "org.nrg.containers.services.CommandActionProvider:"
"""What launches a container; the wrapper's number follows."""

SWITCHED_OFF = 405
"""What every subscription call is answered with while the Event Service is off."""


class Events:
    """/xapi/events/prefs, /xapi/events/subscriptions, /xapi/events/subscription."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def subscriptions(
        self, prefix: str, wrappers: frozenset[int] = frozenset()
    ) -> tuple[Subscribed, ...] | None:
        """One by one, for only then XNAT says whether a subscription is valid; what went meanwhile is left out."""
        answer = self._connection.call("GET", xapi("events", "subscriptions"), ok=(200, SWITCHED_OFF))
        if answer.status_code == SWITCHED_OFF:
            return None
        listed = [_read(each) for each in value_of(answer, list)]
        numbers = sorted(
            each.id
            for each in listed
            if each.subscription.name.startswith(prefix) or each.subscription.wrapper in wrappers
        )
        found = (self._subscription(id) for id in numbers)
        return tuple(each for each in found if each is not None)

    def _subscription(self, id: int) -> Subscribed | None:
        try:
            answer = self._connection.call("GET", xapi("events", "subscription", str(id)))
        except NotThere:
            return None
        return _read(value_of(answer, dict))

    def switch_events_on(self) -> None:
        self._send("PUT", xapi("events", "prefs"), {"enabled": True})

    def subscribe(self, subscription: Subscription) -> None:
        self._send("POST", xapi("events", "subscription"), _written(subscription))

    def resubscribe(self, id: int, subscription: Subscription) -> None:
        self._send("PUT", xapi("events", "subscription", str(id)), {"id": id, **_written(subscription)})

    def unsubscribe(self, id: int) -> None:
        self._connection.call("DELETE", xapi("events", "subscription", str(id)), ok=(200, 204, 404))

    def _send(self, method: str, path: str, body: dict[str, Any]) -> None:
        self._connection.call(
            method, path, ok=(200, 201, 204), body=json.dumps(body).encode(), content_type="application/json"
        )


def _written(subscription: Subscription) -> dict[str, Any]:
    """As XNAT reads it. Raises ArchiveRefused for one that launches nothing: XNAT would take it."""
    if subscription.wrapper is None:
        raise ArchiveRefused(f"{subscription.name}: its command is not registered")
    events: dict[str, Any] = {
        "event-type": PACKAGE + subscription.event,
        "status": subscription.status,
        "project-ids": sorted(subscription.projects),
    }
    if subscription.schedule:
        events["schedule"] = subscription.schedule
    if subscription.payload_filter:
        events["payload-filter"] = subscription.payload_filter
    return {
        "name": subscription.name,
        "active": subscription.active,
        "action-key": f"{PROVIDER}{subscription.wrapper}",
        "attributes": dict(subscription.attributes),
        "event-filter": events,
        "act-as-event-user": subscription.as_event_user,
    }


def _read(shown: dict[str, Any]) -> Subscribed:
    events = shown.get("event-filter") or {}
    action = str(shown.get("action-key", ""))
    number = action.removeprefix(PROVIDER)
    subscription = Subscription(
        name=str(shown.get("name", "")),
        event=str(events.get("event-type", "")).removeprefix(PACKAGE),
        status=str(events.get("status", "")),
        wrapper=int(number) if action.startswith(PROVIDER) and number.isdecimal() else None,
        projects=frozenset(events.get("project-ids") or ()),
        attributes=shown.get("attributes") or {},
        schedule=events.get("schedule") or "",
        payload_filter=events.get("payload-filter") or "",
        as_event_user=shown.get("act-as-event-user") is True,
        active=shown.get("active") is True,
    )
    invalid = shown.get("valid") is False
    return Subscribed(
        int(shown["id"]),
        subscription,
        str(shown.get("validation-message") or "no reason told") if invalid else "",
    )
