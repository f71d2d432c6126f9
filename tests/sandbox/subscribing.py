"""Commands and subscriptions for the tests of the Event Service: a wrapper that runs `true`, and what became of it."""

from __future__ import annotations

from typing import Any

import requests

from tests.sandbox.client import Client

EVENTS = "org.nrg.xnat.eventservice.events."
PROVIDER = "org.nrg.containers.services.CommandActionProvider"
ONE = "/xapi/events/subscription"


def turn_on(admin: Client) -> None:
    assert admin.put("/xapi/events/prefs", json={"enabled": True}).status_code == 200


def wrapper(
    admin: Client, type_: str = "Session", context: str = "xnat:imageSessionData", name: str = "nothing", *,
    enable: bool = True, **more: Any,
) -> int:  # fmt: skip
    """Register a command that does nothing, with one wrapper; the wrapper's id."""
    command = {
        "name": name, "version": "1", "image": "busybox:latest", "command-line": "true", "xnat": [
            {"name": f"{name}-on-{type_}", "contexts": [context] if context else [],
             "external-inputs": [{"name": "root", "type": type_, "required": True}], "derived-inputs": [],
             "output-handlers": []},
        ], **more,
    }  # fmt: skip
    answer = admin.post("/xapi/commands", json=command)
    assert answer.status_code == 201, answer.text
    number: int = admin.get(f"/xapi/commands/{answer.json()}").json()["xnat"][0]["id"]
    if enable:
        assert admin.put(f"/xapi/wrappers/{number}/enabled").status_code == 200
    return number


def body(number: int, event: str = "SessionEvent", status: str = "CREATED", **more: Any) -> dict[str, Any]:
    """A subscription; words for its filter as `filter_x`, with `-` for `_`."""
    told = {key[7:].replace("_", "-"): value for key, value in more.items() if key.startswith("filter_")}
    rest = {key.replace("_", "-"): value for key, value in more.items() if not key.startswith("filter_")}
    return {
        "name": f"{event}-{status}", "active": True, "action-key": f"{PROVIDER}:{number}",
        "event-filter": {"event-type": f"{EVENTS}{event}", "status": status, **told}, **rest,
    }  # fmt: skip


def subscribe(client: Client, sent: dict[str, Any], base: str = ONE) -> int:
    """Make a subscription; its id."""
    answer = client.post(base, json=sent)
    assert answer.status_code == 201, answer.text
    name, _, number = answer.text.rpartition(":")
    assert name == sent["name"]
    return int(number)


def deliveries(admin: Client, **params: str) -> list[dict[str, Any]]:
    """The newest first, those that a filter turned away included."""
    answer = admin.post(
        "/xapi/events/delivered", params={"include-filter-mismatch": "true", **params}, json={}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def steps(delivery: dict[str, Any]) -> list[str]:
    return [entry["status"] for entry in delivery["status"]]


def launched(admin: Client) -> list[dict[str, Any]]:
    """The containers there are."""
    answer: requests.Response = admin.get("/xapi/containers")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def roots(admin: Client, name: str = "root") -> list[str]:
    """The URIs that containers were launched on, by the name of the external input."""
    return sorted(
        entry["value"]
        for container in launched(admin)
        for entry in container["inputs"]
        if (entry["type"], entry["name"]) == ("wrapper-external", name)
    )
