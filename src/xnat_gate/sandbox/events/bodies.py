"""Subscriptions as they are sent and shown.

Laws: unknown keys are dropped without a word; an update is no patch: `attributes` and `act-as-event-user` that are not
sent are emptied, and with an `event-filter` so are `project-ids`, `schedule` and `schedule-description`, which makes a
project's subscription one of the whole site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xnat_gate.sandbox.commands.scalars import Unreadable, boolean, text
from xnat_gate.sandbox.models.subscriptions import EventFilter, Subscription

LONGEST = 255
Body = Mapping[str, object]


def created(body: object, owner: str) -> Subscription:
    """A new subscription. Raises Unreadable, as for a missing action key, event filter or event type."""
    sent = _object(body)
    told = _object(sent.get("event-filter"))
    one = Subscription(
        name=_text(sent, "name"), active=_flag(sent, "active", default=True), action_key=_needed(sent, "action-key"),
        owner=owner, act_as_event_user=_flag(sent, "act-as-event-user"), attributes=_attributes(sent),
        filter=_filter(told, EventFilter(event_type=_needed(told, "event-type"))),
    )  # fmt: skip
    return _short(one)


def updated(body: object, one: Subscription) -> Subscription:
    """The subscription after an update. Raises Unreadable."""
    sent = _object(body)
    told = sent.get("event-filter")
    changed = replace(
        one, name=_text(sent, "name", one.name), active=_flag(sent, "active", default=one.active),
        action_key=_text(sent, "action-key", one.action_key), attributes=_attributes(sent),
        act_as_event_user=_flag(sent, "act-as-event-user"),
        filter=one.filter if told is None else _filter(_object(told), one.filter),
    )  # fmt: skip
    return _short(changed)


def of_project(one: Subscription) -> Subscription:
    """As a project's owner may have it: never in the name of the one who causes the event."""
    return replace(one, act_as_event_user=False)


def shown(one: Subscription, problem: str | None) -> dict[str, object]:
    """As XNAT shows it, with `valid` and `validation-message` as they are at the moment."""
    return {
        "id": one.id, "name": one.name, "active": one.active, "action-key": one.action_key,
        "attributes": dict(one.attributes), "event-filter": _shown_filter(one.filter),
        "act-as-event-user": one.act_as_event_user, "subscription-owner": one.owner, "valid": problem is None,
        "validation-message": problem or "", "created": f"{one.created.partition('.')[0]} UTC",
    }  # fmt: skip


def _filter(sent: Body, kept: EventFilter) -> EventFilter:
    projects = sent.get("project-ids")
    if projects is not None and not isinstance(projects, list):
        raise Unreadable("project-ids is no list")
    return EventFilter(
        event_type=_text(sent, "event-type", kept.event_type), status=_text(sent, "status", kept.status),
        projects=tuple(text(project) for project in projects or []),
        payload_filter=_text(sent, "payload-filter", kept.payload_filter), schedule=_text(sent, "schedule"),
        schedule_description=_text(sent, "schedule-description"),
    )  # fmt: skip


def _shown_filter(one: EventFilter) -> dict[str, object]:
    optional = {
        "status": one.status, "payload-filter": one.payload_filter, "schedule": one.schedule,
        "schedule-description": one.schedule_description,
    }  # fmt: skip
    told: dict[str, object] = {"event-type": one.event_type, "project-ids": list(one.projects)}
    return told | {name: value for name, value in optional.items() if value}


def _attributes(sent: Body) -> dict[str, str]:
    given = sent.get("attributes")
    return {} if given is None else {name: text(value) for name, value in _object(given).items()}


def _text(sent: Body, key: str, kept: str = "") -> str:
    value = sent.get(key)
    return kept if value is None else text(value)


def _needed(sent: Body, key: str) -> str:
    if sent.get(key) is None:
        raise Unreadable(f"Missing required properties: {key}")
    return text(sent[key])


def _flag(sent: Body, key: str, *, default: bool = False) -> bool:
    value = sent.get(key)
    return default if value is None else boolean(value)


def _object(value: object) -> Body:
    if not isinstance(value, Mapping):
        raise Unreadable("not an object")
    return value


def _short(one: Subscription) -> Subscription:
    """What is longer than the database takes cannot be stored. Raises Unreadable."""
    texts = [one.name, one.filter.payload_filter, *one.attributes, *one.attributes.values()]
    if any(len(each) > LONGEST for each in texts):
        raise Unreadable("value too long for type character varying(255)")
    return one
