"""A small command to register, and how it is done."""

from __future__ import annotations

import copy
from typing import Any

from tests.sandbox.client import Client

COMMANDS = "/xapi/commands"
MANAGER = "/xapi/users/{}/roles/ContainerManager"
Shape = dict[str, Any]
SORT: Shape = {
    "name": "sort", "label": "Sort", "description": "Sorts.", "version": "1", "image": "some/where:1", "type": "docker",
    "command-line": "sort #kind#", "limit-memory": 512, "environment-variables": {"A": "#kind#"},
    "mounts": [{"name": "in", "path": "/input"}, {"name": "out", "path": "/output", "writable": True}],
    "inputs": [{"name": "kind", "type": "string", "default-value": "x"}],
    "outputs": [{"name": "sorted", "required": True, "mount": "out"}],
    "xnat": [{
        "name": "sort-session", "label": "Sort", "description": "Sorts it.", "contexts": ["xnat:imageSessionData"],
        "external-inputs": [{"name": "session", "type": "Session", "provides-files-for-command-mount": "in"}],
        "derived-inputs": [],
        "output-handlers": [{"name": "keep", "accepts-command-output": "sorted", "as-a-child-of": "session",
                             "type": "Resource", "label": "SORTED"}],
    }],
}  # fmt: skip


def made(**changes: object) -> Shape:
    return {**copy.deepcopy(SORT), **changes}


def registered(client: Client, command: Shape | None = None, **params: str) -> int:
    answer = client.post(COMMANDS, json=command or SORT, params=params)
    assert answer.status_code == 201, answer.text
    assert answer.text.isdecimal()
    return int(answer.text)


def command(client: Client, key: int) -> Shape:
    answer = client.get(f"{COMMANDS}/{key}")
    assert answer.status_code == 200, answer.text
    found: Shape = answer.json()
    return found
