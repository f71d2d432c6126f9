"""Launching commands of the Container Service, and what became of them (XNAT REST /xapi/.../launch, /data/workflows).

Laws: a launch that XNAT answers with 200 is queued and nothing more; a 200 that says `failure` is a refusal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from xnat_gate.core.archive import ArchiveRefused, ArchiveUnavailable, NotThere, OutcomeUnknown
from xnat_gate.core.launching import Stream, Workflow
from xnat_gate.edge.xnat.connection import Connection, value_of
from xnat_gate.edge.xnat.paths import data, xapi


class Launching:
    """The port core.launching.Launching over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find_wrapper(self, command: str, project: str, context: str = "xnat:projectData") -> int | None:
        """XNAT lists disabled wrappers too: `enabled` tells site and project together. 404: no Container Service."""
        path = xapi("projects", project, "commands", "available")
        try:
            rows = value_of(self._connection.call("GET", path, query={"xsiType": context}), list)
        except NotThere:
            return None
        found = {
            int(row["wrapper-id"])
            for row in rows
            if row.get("command-name") == command and row.get("enabled") is True
        }
        if len(found) > 1:
            raise ArchiveRefused(
                f"{len(found)} commands called {command} are enabled for {project}: disable all but one of them"
            )
        return next(iter(found), None)

    def launch(
        self, wrapper: int, project: str, root: str, value: str, inputs: Mapping[str, str] | None = None
    ) -> str:
        answer = self._connection.call(
            "POST",
            xapi("projects", project, "wrappers", str(wrapper), "root", root, "launch"),
            body=json.dumps({**(inputs or {}), root: value}).encode(),
            content_type="application/json",
        )
        report = value_of(answer, dict)
        if report.get("status") != "success":
            raise ArchiveRefused(f"XNAT did not launch: {report.get('message') or 'it gave no reason'}")
        workflow = str(report.get("workflow-id", ""))
        if not workflow.isdecimal():
            raise OutcomeUnknown("XNAT has queued the launch, but told no workflow to follow it by")
        return workflow

    def workflow(self, id: str) -> Workflow:
        answer = self._connection.call("GET", data("workflows", id), query={"format": "json"})
        try:
            fields = value_of(answer, dict)["items"][0]["data_fields"]
            return Workflow(*(str(fields.get(name) or "") for name in ("status", "details", "comments")))
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ArchiveUnavailable(f"XNAT's answer about workflow {id} is no workflow") from error

    def container_log(self, workflow: Workflow, stream: Stream = Stream.STDOUT) -> str:
        """The Container Service leaves the container's id in the comments of the workflow."""
        container = workflow.comments.strip()
        if not container:
            return ""
        try:
            answer = self._connection.call(
                "GET", xapi("containers", container, "logs", stream.value), ok=(200, 204)
            )
        except NotThere:
            return ""
        return answer.content.decode("utf-8", "replace")
