"""The Container Service as an installer sees it: its engine, its commands, and where they are switched on.

Laws: an update sends the whole command, for what is left out is emptied; a command that is deleted and made anew would
lose its wrappers' numbers, and with them settings and subscriptions.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from xnat_gate.core.archive import NotAllowed, NotThere
from xnat_gate.core.platform import Body, Enablement, Engine, Registered
from xnat_gate.edge.xnat.connection import Connection, value_of
from xnat_gate.edge.xnat.paths import xapi

_DOCKER = "docker"
"""The one back end that can list its images."""

_SOCKETS = ("unix", "tcp", "http", "https", "npipe")
"""How a Docker server is reached; something else that runs containers need not know of images."""

_UNREACHED = (424, 500)
"""No Docker server is set up, or it does not answer."""


class Containers:
    """/xapi/docker, /xapi/commands, /xapi/wrappers, /xapi/projects/P/wrappers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def engine(self) -> Engine:
        """Images that commands name and Docker does not have are listed, too, without a number."""
        ping = self._connection.call("GET", xapi("docker", "server", "ping"), ok=(200, *_UNREACHED))
        if ping.status_code in _UNREACHED:
            return Engine(answers=False)
        server = value_of(self._connection.call("GET", xapi("docker", "server")), dict)
        if (
            server.get("backend", _DOCKER) != _DOCKER
            or urlsplit(str(server.get("host"))).scheme not in _SOCKETS
        ):
            return Engine(answers=True)
        images = value_of(self._connection.call("GET", xapi("docker", "images")), list)
        present = (image.get("tags") or () for image in images if image.get("image-id"))
        return Engine(answers=True, images=frozenset(tag for tags in present for tag in tags))

    def may_manage(self) -> bool:
        """Asks what only managers are told; whether there is a wrapper of that number does not matter."""
        try:
            self._connection.call("GET", xapi("wrappers", "1", "enabled"), ok=(200, 404))
        except NotAllowed:
            return False
        return True

    def commands(self, names: frozenset[str]) -> tuple[Registered, ...]:
        listed = value_of(self._connection.call("GET", xapi("commands")), list)
        found = (Registered(int(each["id"]), each) for each in listed if each.get("name") in names)
        return tuple(sorted(found, key=lambda each: each.id))

    def add_command(self, body: Body) -> None:
        """Creating reads the key `ipcMode`, updating and everything else `ipc-mode`."""
        whole = {**body, "ipcMode": body["ipc-mode"]} if "ipc-mode" in body else body
        self._post(xapi("commands"), whole, ok=(200, 201))

    def update_command(self, id: int, body: Body) -> None:
        self._post(xapi("commands", str(id)), body)

    def _post(self, path: str, body: Body, ok: tuple[int, ...] = (200,)) -> None:
        self._connection.call(
            "POST", path, ok=ok, body=json.dumps(body).encode(), content_type="application/json"
        )

    def delete_command(self, id: int) -> None:
        self._connection.call("DELETE", xapi("commands", str(id)), ok=(200, 204))

    def enablement(self, wrapper: int, projects: tuple[str, ...]) -> Enablement:
        number = str(wrapper)
        site = self._connection.call("GET", xapi("wrappers", number, "enabled"))
        here: dict[str, dict[str, Any]] = {
            project: value_of(
                self._connection.call("GET", xapi("projects", project, "wrappers", number, "enabled")), dict
            )
            for project in projects
        }
        return Enablement(
            site=value_of(site, bool),
            projects=frozenset(
                project for project, each in here.items() if each.get("enabled-for-project") is True
            ),
        )

    def projects_of(self, wrapper: int) -> tuple[str, ...]:
        try:
            answer = self._connection.call("GET", xapi("wrappers", str(wrapper), "projects"))
        except NotThere:
            return ()
        return tuple(str(project) for project in value_of(answer, list))

    def enable(self, wrapper: int, project: str | None, *, on: bool) -> None:
        place = ("projects", project) if project else ()
        self._connection.call(
            "PUT", xapi(*place, "wrappers", str(wrapper), "enabled" if on else "disabled"), ok=(200, 204)
        )
