"""What goes in: DICOM to the prearchive; and what governs it: the protocol, and projects that archive by themselves."""

from __future__ import annotations

from typing import IO

from xnat_gate.core.archive import ArchiveRefused, ArchiveUnavailable, NotThere, ProtocolVersion
from xnat_gate.edge.xnat.connection import Connection, lines, table
from xnat_gate.edge.xnat.paths import data

PROTOCOL = ("xnat-gate", "protocol.yaml")
"""Tool and path of the protocol in XNAT's config service, site scope."""


class Intake:
    """POST /data/services/import, GET /data/config, GET .../prearchive_code."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def receive(self, bundle: IO[bytes], *, project: str, subject: str, session: str) -> tuple[str, ...]:
        """`dest` makes XNAT build the session before it answers, and keeps it out of the archive even in a project
        that archives by itself. An empty answer means that XNAT filtered every object out."""
        response = self._connection.call(
            "POST",
            "/data/services/import",
            query={
                "import-handler": "DICOM-zip",
                "inbody": "true",
                "project": project,
                "subject": subject,
                "session": session,
                "dest": f"/prearchive/projects/{project}",
                "event_reason": "xnat-gate",
            },
            body=bundle,
            content_type="application/zip",
            timeout=self._connection.account.transfer_timeout,
        )
        uris = tuple(lines(response))
        if not uris:
            raise ArchiveRefused(
                "XNAT took the files and kept none of them: look at its series import filter and anonymisation script"
            )
        stray = [
            uri
            for uri in uris
            if not uri.startswith(data("prearchive", "projects", project).removeprefix("/data"))
        ]
        if stray:
            raise ArchiveRefused(f"XNAT put the files somewhere else than into {project}: {', '.join(stray)}")
        return uris

    def auto_archives(self, project: str) -> bool:
        answer = self._connection.call("GET", data("projects", project, "prearchive_code"))
        code = answer.text.strip()
        return code.isdigit() and int(code) >= 4

    def protocol_text(self) -> str | None:
        try:
            answer = self._connection.call("GET", data("config", *PROTOCOL), query={"contents": "true"})
        except NotThere:
            return None
        if "charset" not in answer.headers.get("Content-Type", ""):
            answer.encoding = "utf-8"  # requests would take it for Latin-1
        return answer.text

    def protocol_newest(self, within: float | None = None) -> ProtocolVersion | None:
        """A row tells the number and whether it is enabled, which the text alone does not."""
        try:
            answer = self._connection.call(
                "GET", data("config", *PROTOCOL), query={"format": "json"}, timeout=within
            )
        except NotThere:
            return None
        found = tuple(map(_version, table(answer)))
        if not found:
            raise ArchiveUnavailable("XNAT answered for the protocol with an empty table")
        return max(found, key=lambda one: one.number)

    def protocol_versions(self) -> tuple[ProtocolVersion, ...]:
        """The order of XNAT's list is nobody's promise, so they are put in order here. Where none ever was XNAT answers
        404: a list without rows cannot be believed."""
        try:
            answer = self._connection.call(
                "GET", data("config", *PROTOCOL), query={"action": "getHistory", "format": "json"}
            )
        except NotThere:
            return ()
        found = sorted(map(_version, table(answer)), key=lambda one: one.number)
        if not found:
            raise ArchiveUnavailable("XNAT answered for the history of the protocol with an empty table")
        return tuple(found)


def _version(row: dict[str, str]) -> ProtocolVersion:
    if not row["version"].isdecimal():
        raise ArchiveUnavailable("XNAT numbers a version of the protocol with something else than a number")
    return ProtocolVersion(
        number=int(row["version"]),
        text=row["contents"],
        user=row["user"],
        at=row["create_date"],
        enabled=row["status"] == "enabled",
    )
