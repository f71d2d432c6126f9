"""What is asked of an installation: the wish, the plan, the deed, and what an administrator sees of it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from xnat_gate.core.installation import Plan, Wish, plan
from xnat_gate.edge import command_files, protocol_file
from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.roads.installing import carry_out
from xnat_gate.roads.surveying import look
from xnat_gate.sandbox.server import Sandbox


def wish(**change: Any) -> Wish:
    image = change.pop("image", command_files.IMAGE)
    return Wish(
        **{
            "hospitals": ("HOSPITAL",),
            "quarantine": "QUARANTINE",
            "commands": tuple(each.definition for each in command_files.load(image=image)),
            "protocol": protocol_file.default_text(),
            "enable_events": True,
            **change,
        }
    )


def planned(sandbox: Sandbox, xnat: Xnat, wanted: Wish | None = None) -> Plan:
    wanted = wanted or wish()
    return plan(wanted, look(wanted, xnat, sandbox.url))


def install(sandbox: Sandbox, xnat: Xnat, wanted: Wish | None = None) -> list[str]:
    """The steps that were taken."""
    told: list[str] = []
    taken = carry_out(wanted or wish(), xnat, sandbox.url, plan, told.append)
    assert taken == len(told)
    return told


class Admin:
    """What an administrator sees and does over REST, without the gate."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(
            method, self.url + path, json=body, auth=("admin", "admin"), timeout=30, allow_redirects=False
        )
        assert answer.status_code in (200, 201, 204), (answer.status_code, answer.text)
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text

    def state(self) -> dict[str, Any]:
        """All that installing may change."""
        commands = self("GET", "/xapi/commands")
        wrappers = [wrapper["id"] for command in commands for wrapper in command["xnat"]]
        projects = ("HOSPITAL", "QUARANTINE")
        return {
            "commands": commands,
            "site": {w: self("GET", f"/xapi/wrappers/{w}/enabled") for w in wrappers},
            "projects": {w: self("GET", f"/xapi/wrappers/{w}/projects") for w in wrappers},
            "subscriptions": self("GET", "/xapi/events/subscriptions"),
            "codes": [self("GET", f"/data/projects/{p}/prearchive_code") for p in projects],
            "access": [self("GET", f"/data/projects/{p}/accessibility") for p in projects],
            "protocol": self("GET", "/data/config/xnat-gate/protocol.yaml?action=getHistory&format=json"),
        }

    def subscription(self, beginning: str) -> dict[str, Any]:
        """The first one whose name begins so."""
        found = [
            each for each in self("GET", "/xapi/events/subscriptions") if each["name"].startswith(beginning)
        ]
        return dict(self("GET", f"/xapi/events/subscription/{found[0]['id']}"))


def aged(body: Any) -> dict[str, Any]:
    """As an earlier version might have been: another image, and a variable that has gone since."""
    old = copy.deepcopy(dict(body)) | {"image": "xnat-gate/gate:0.0.1", "version": "0.0.1"}
    old["environment-variables"] = {**old["environment-variables"], "GATE_OLD": "1"}
    return old


@pytest.fixture
def xnat(sandbox: Sandbox) -> Iterator[Xnat]:
    with connected(Account(host=sandbox.url, user="admin", password="admin")) as gateway:
        yield gateway


@pytest.fixture
def admin(sandbox: Sandbox) -> Admin:
    return Admin(sandbox)
