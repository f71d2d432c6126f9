"""What an installer asks of the site: who asks, which versions, its projects and the protocol in force.

Laws: read before it is changed; passwords and tokens appear in no message.
"""

from __future__ import annotations

import re

from xnat_gate.core.archive import NotThere
from xnat_gate.core.platform import Caller, Project, Versions
from xnat_gate.edge.xnat.connection import table, value_of
from xnat_gate.edge.xnat.intake import PROTOCOL, Intake
from xnat_gate.edge.xnat.paths import data, xapi
from xnat_gate.edge.xnat.prearchive import Prearchive

_OWNERS = "Owners"


class Site(Intake, Prearchive):
    """/xapi/users, /xapi/siteConfig, /data/projects, /data/config."""

    def caller(self) -> Caller:
        login = self._connection.call("GET", xapi("users", "username")).text.strip()
        roles = value_of(self._connection.call("GET", xapi("users", login, "roles")), list)
        return Caller(login, frozenset(str(role) for role in roles))

    def versions(self) -> Versions:
        """A site without the plugin answers 404 for it; the plugin tells what it needs, and not always what it is."""
        about = value_of(self._connection.call("GET", xapi("siteConfig", "buildInfo")), dict)
        xnat = str(about.get("version", ""))
        try:
            plugin = value_of(self._connection.call("GET", xapi("containers", "version")), dict)
        except NotThere:
            return Versions(xnat, None)
        needs = str(plugin.get("min-xnat-version-required", "")) if plugin.get("compatible") is False else ""
        return Versions(xnat, str(plugin.get("version", "")), needs)

    def project_ids(self) -> frozenset[str]:
        answer = self._connection.call("GET", data("projects"), query={"format": "json", "columns": "ID"})
        return frozenset(each["ID"] for each in table(answer))

    def project(self, id: str) -> Project | None:
        try:
            accessibility = self._connection.call("GET", data("projects", id, "accessibility")).text.strip()
        except NotThere:
            return None
        code = self._connection.call("GET", data("projects", id, "prearchive_code")).text.strip()
        people = table(self._connection.call("GET", data("projects", id, "users"), query={"format": "json"}))
        return Project(
            id=id,
            accessibility=accessibility,
            prearchive_code=int(code) if re.fullmatch(r"-?\d+", code) else -1,
            guests=tuple(sorted({each["login"] for each in people if each["displayname"] != _OWNERS})),
            rows=self.rows(id),
        )

    def create_project(self, id: str) -> None:
        self._connection.call(
            "PUT",
            data("projects", id),
            ok=(200, 201),
            query={"accessibility": "private", "event_reason": "xnat-gate"},
        )

    def set_prearchive_code(self, project: str, code: int) -> None:
        self._connection.call("PUT", data("projects", project, "prearchive_code", str(code)))

    def set_accessibility(self, project: str, level: str) -> None:
        self._connection.call("PUT", data("projects", project, "accessibility", level))

    def push_protocol(self, text: str) -> None:
        self._connection.call(
            "PUT",
            data("config", *PROTOCOL),
            ok=(200, 201),
            query={"inbody": "true"},
            body=text.encode(),
            content_type="text/plain",
        )
