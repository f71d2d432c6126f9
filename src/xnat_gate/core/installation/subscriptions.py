"""Which subscriptions an installed gate has, and what an existing one lacks.

Laws: they are known by their names; one subscription to a schedule fires at most hourly, for the Event Service takes
plain numbers of second and minute alone, so every five minutes means twelve of them.
"""

from __future__ import annotations

from xnat_gate.core.installation.wish import CHECK_PREARCHIVE, CHECK_SESSION, PREFIX, Found, Wish
from xnat_gate.core.platform import Subscribed, Subscription

ARRIVALS = ("CREATED", "MERGED")
"""The two ways in which images come into an archived session."""

SPREAD = 7
"""Seconds that each minute of the hour adds, so that not all start on the full minute; prime to 60."""


def wished(wish: Wish, found: Found) -> tuple[Subscription, ...]:
    """All of them; `wrapper` is None for a command that is not registered yet."""
    return (
        *_of_sessions(wish, _wrapper(found, CHECK_SESSION)),
        *_of_the_clock(wish, _wrapper(found, CHECK_PREARCHIVE)),
    )


def _wrapper(found: Found, command: str) -> int | None:
    return next((each.wrappers.get(command) for each in found.named(command)), None)


def _of_sessions(wish: Wish, wrapper: int | None) -> list[Subscription]:
    """What is forbidden leaves the hospital's projects; what is in QUARANTINE already is only told of."""
    consequence = {**dict.fromkeys(wish.hospitals, "quarantine"), wish.quarantine: "report"}
    return [
        Subscription(
            name=f"{PREFIX}{CHECK_SESSION} when {status} in {project}",
            event="SessionEvent",
            status=status,
            wrapper=wrapper,
            projects=frozenset({project}),
            attributes={"on-violation": on_violation},
        )
        for project, on_violation in consequence.items()
        for status in ARRIVALS
    ]


def _of_the_clock(wish: Wish, wrapper: int | None) -> list[Subscription]:
    return [
        Subscription(
            name=f"{PREFIX}{CHECK_PREARCHIVE} at minute {minute:02}",
            event="ScheduledEvent",
            status="CRON",
            wrapper=wrapper,
            projects=frozenset(wish.projects),
            schedule=f"{minute * SPREAD % 60} {minute} * * * *",
        )
        for minute in range(0, 60, wish.every)
    ]


def differing(wish: Subscription, found: Subscribed) -> tuple[str, ...]:
    """What is not as wished, in XNAT's words; nothing when all is."""
    here = found.subscription
    pairs = {
        "event-type": (wish.event, here.event),
        "status": (wish.status, here.status),
        "action-key": (wish.wrapper, here.wrapper),
        "project-ids": (wish.projects, here.projects),
        "attributes": (dict(wish.attributes), dict(here.attributes)),
        "schedule": (wish.schedule, here.schedule),
        "payload-filter": (wish.payload_filter, here.payload_filter),
        "act-as-event-user": (wish.as_event_user, here.as_event_user),
        "active": (wish.active, here.active),
    }
    found_out = [name for name, (wanted, is_) in pairs.items() if wanted != is_]
    if wish.wrapper is None and "action-key" not in found_out:
        found_out.append("action-key")  # the command it belongs to is still to be registered
    return (*found_out, *([f"XNAT calls it invalid ({found.complaint})"] if found.complaint else []))
