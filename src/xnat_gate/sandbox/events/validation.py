"""Whether a subscription can work: asked when it is made, changed, shown, and once more at each delivery.

Laws: the reasons and their order are XNAT's; a status is not looked at, so a typo is accepted and never comes.
"""

from __future__ import annotations

from xnat_gate.sandbox import jsonpath
from xnat_gate.sandbox.events import actions, cron, kinds
from xnat_gate.sandbox.events.kinds import Status
from xnat_gate.sandbox.jsonpath import PathError
from xnat_gate.sandbox.models import users
from xnat_gate.sandbox.models.database import Database
from xnat_gate.sandbox.models.subscriptions import EventFilter, Subscription


class Invalid(ValueError):
    """The subscription cannot work; `str()` is XNAT's reason."""


def demand(db: Database, one: Subscription) -> None:
    """Raises Invalid."""
    if users.find(db, one.owner) is None:
        raise Invalid(f"Could not load Subscription Owner for userID: {one.owner}")
    if kinds.known(one.filter.event_type) is None:
        raise Invalid(f"Could not load Event class: {one.filter.event_type}")
    if one.filter.payload_filter:
        predicate(one.filter.payload_filter)
    _demand_schedule(one.filter)
    _demand_action(db, one)


def problem(db: Database, one: Subscription) -> str | None:
    """Why the subscription cannot work."""
    try:
        demand(db, one)
    except Invalid as reason:
        return str(reason)
    return None


def predicate(text: str) -> None:
    """Raises Invalid."""
    if text.startswith("$") or "$[?" in text:
        message = (
            "Payload JsonPath filter contains $ or $[?. Filter string should include only predicate path."
        )
        raise Invalid(f"Could not compile jsonPath filter. {message}")
    try:
        jsonpath.Predicate(text)
    except PathError as error:
        raise Invalid(f"Could not compile jsonPath filter. {error}") from error


def is_scheduled(one: EventFilter) -> bool:
    """Whether a timer runs for it."""
    return (
        kinds.known(one.event_type) is kinds.Kind.SCHEDULED
        and one.status == Status.CRON
        and bool(one.schedule)
    )


def _demand_schedule(one: EventFilter) -> None:
    if not is_scheduled(one):
        return
    try:
        cron.read(one.schedule)
    except cron.BadCron as error:
        raise Invalid(f"Invalid Cron Expression. {error}") from error


def _demand_action(db: Database, one: Subscription) -> None:
    key, projects = one.action_key, one.filter.projects
    if actions.provider_of(key) != actions.PROVIDER:
        raise Invalid(f"Could not validate Action: {key}\nCould not load Action Provider for key:{key}")
    if not actions.available(db, key, projects):
        raise Invalid(f"Could not validate Action: {key}\nCould not validate Action Provider Class {key}")
