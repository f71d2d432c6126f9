"""The paths of the Event Service: for the site, and the same below a project for its owners."""

from __future__ import annotations

from xnat_gate.sandbox.responses import event_deliveries, event_service, event_subscriptions
from xnat_gate.sandbox.router import Route, route

SITE = "/xapi/events"
PROJECT = "/xapi/projects/{project}/events"


def routes() -> list[Route]:
    return [
        route(f"{SITE}/prefs", GET=event_service.prefs, PUT=event_service.set_prefs),
        route(f"{SITE}/events", GET=event_service.events),
        route(f"{SITE}/event", GET=event_service.event),
        route(f"{SITE}/allactions", GET=event_service.all_actions),
        route(f"{SITE}/action", GET=event_service.action),
        route(f"{SITE}/subscription/filter/validate", POST=event_subscriptions.validate_filter),
        route(f"{SITE}/delivered/cleanup", POST=event_deliveries.cleanup),
        *(each for base in (SITE, PROJECT) for each in _both(base)),
    ]


def _both(base: str) -> list[Route]:
    one = f"{base}/subscription/{{id}}"
    return [
        route(f"{base}/actions", GET=event_service.usable_actions),
        route(f"{base}/actionsbyevent", GET=event_service.actions_by_event),
        route(f"{base}/subscriptions", GET=event_subscriptions.listed),
        route(f"{base}/subscription", POST=event_subscriptions.create),
        route(
            one,
            GET=event_subscriptions.get,
            PUT=event_subscriptions.update,
            DELETE=event_subscriptions.delete,
        ),
        route(f"{one}/activate", POST=event_subscriptions.activate),
        route(f"{one}/deactivate", POST=event_subscriptions.deactivate),
        route(f"{base}/delivered", POST=event_deliveries.listed),
        route(f"{base}/delivered/count", GET=event_deliveries.count),
        route(f"{base}/delivered/summary", GET=event_deliveries.summary),
        route(f"{base}/delivered/{{id}}", GET=event_deliveries.get),
    ]
