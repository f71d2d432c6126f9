"""Workflows: what is done on a session, by us and by others (XNAT REST /data/workflows, /data/services/workflows).

UNSURE, never proven against a real XNAT: the shape in which it lists the workflows of a pipeline, and whether a search
by status narrows. So an answer that cannot be read stops, and a workflow that is found is read, not assumed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from xnat_gate.core.archive import ArchiveRefused, ArchiveUnavailable, NotThere
from xnat_gate.core.launching import ENDS
from xnat_gate.core.sessions import Session, Work
from xnat_gate.edge.xnat.connection import Connection, items, value_of
from xnat_gate.edge.xnat.paths import data, xapi

PIPELINE = "xnat-gate-move"
"""Under this name a move announces itself; XNAT shows it in the history of the session."""
OURS = ("check-session", "move-session")
"""Our own commands on sessions; they, and what begins with `xnat-gate`, never wait for each other."""
OPEN = (
    "Running",
    "Queued",
    "_Queued",
    "Staging",
    "Created",
    "Finalizing",
    "In Progress",
    "Pending",
    "Hold",
    "Waiting",
)
"""Words for work that goes on: XNAT's own and the Container Service's."""
MOVING = "Moving"
"""Our own word, so that a search for the others is not answered with our announcement."""
ARCHIVING = ("Transferred", "Merged")
"""What XNAT calls its own archiving; it ends just after the event that tells of it."""

_FIELD = "wrk:workflowData/"


class OpenWork:
    """The workflow verbs of the port `core.sessions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def announce(self, session: Session, mark: str, reason: str) -> Work:
        """`scan_id` belongs to what makes a workflow one of its own, and tells two of the same second apart."""
        launched = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        work = Work(number=0, pipeline=PIPELINE, user="", status=MOVING, launched=launched, mark=mark)
        self._put(data("workflows"), {**_identity(session, work), "status": MOVING, "justification": reason})
        return work

    def conclude(self, session: Session, work: Work, *, done: bool, comment: str) -> None:
        """By its number once XNAT has told that; else by what makes it one of its own."""
        told = {"status": "Complete" if done else "Failed", "comments": comment[:255]}
        path = data("workflows", str(work.number)) if work.number else data("workflows")
        self._put(path, {**_identity(session, work), **told})
        now = next((one for one in self.announced(session) if one.mark == work.mark), None)
        if now is not None and now.open:
            raise ArchiveRefused(f"XNAT still shows workflow {now.number} of {session.id} as open")

    def _put(self, path: str, fields: dict[str, str]) -> None:
        query = {_FIELD + name: value for name, value in fields.items()}
        self._connection.call("PUT", path, ok=(200, 201), query=query)

    def announced(self, session: Session) -> tuple[Work, ...]:
        try:
            answer = self._connection.call(
                "GET",
                data("services", "workflows", PIPELINE),
                query={"experiment": session.id, "format": "json"},
            )
        except NotThere:
            return ()
        return tuple(sorted(map(_work, items(answer)), key=lambda one: one.number))

    def foreign_work(self, session: Session, seconds: float, own: str = "") -> tuple[str, ...]:
        deadline = time.monotonic() + seconds
        pause = 0.2
        while busy := tuple(sorted(set(self._open_names(session, own)))):
            if time.monotonic() > deadline:
                break
            time.sleep(pause)
            pause = min(pause * 2, 5.0)
        return busy

    def _open_names(self, session: Session, own: str) -> Iterator[str]:
        """XNAT answers one workflow a question, so it is asked for every word that means open, and for its own; behind
        the workflow of this very job those of other containers may hide, so containers are asked for, too."""
        searches = [{"status": word} for word in OPEN] + [{"pipeline_name": name} for name in ARCHIVING]
        found = [work for search in searches for work in self._found(session, search)]
        found += [work for number in self._containers_on(session) for work in self._numbered(number)]
        for work in found:
            if work.open and not _ours(work) and str(work.number) != own:
                yield work.pipeline

    def _containers_on(self, session: Session) -> Iterator[str]:
        """Workflow numbers of containers that were launched on this session and have not ended; none without the
        Container Service."""
        try:
            answer = self._connection.call("GET", xapi("projects", session.project, "containers"))
        except NotThere:
            return
        for row in value_of(answer, list):
            values = {str(one.get("value", "")) for one in row.get("inputs", ())}
            touches = any(
                value == session.id or value.endswith(f"/experiments/{session.id}") for value in values
            )
            if touches and not str(row.get("status", "")).lower().startswith(ENDS):
                yield str(row.get("workflow-id", ""))

    def _numbered(self, number: str) -> tuple[Work, ...]:
        if not number.isdecimal():
            return ()
        with contextlib.suppress(NotThere):
            return tuple(
                map(
                    _work,
                    items(self._connection.call("GET", data("workflows", number), query={"format": "json"})),
                )
            )
        return ()

    def _found(self, session: Session, search: dict[str, str]) -> tuple[Work, ...]:
        query = {_FIELD + name: value for name, value in {"id": session.id, **search}.items()}
        with contextlib.suppress(NotThere):
            answer = self._connection.call("GET", data("workflows"), query={**query, "format": "json"})
            return tuple(map(_work, items(answer)))
        return ()


def _ours(work: Work) -> bool:
    return work.pipeline in OURS or work.pipeline.startswith(("xnat-gate:", PIPELINE))


def _identity(session: Session, work: Work) -> dict[str, str]:
    return {
        "id": session.id,
        "data_type": session.data_type,
        "pipeline_name": PIPELINE,
        "launch_time": work.launched,
        "scan_id": work.mark,
        "ExternalID": session.project,
    }


def _work(fields: dict[str, str]) -> Work:
    number = next((value for name, value in fields.items() if name.casefold() == "wrk_workflowdata_id"), "")
    if not number.isdecimal():
        raise ArchiveUnavailable("XNAT lists a workflow without its number")
    return Work(
        number=int(number),
        pipeline=fields.get("pipeline_name", ""),
        user=fields.get("create_user", "") or "somebody",
        status=fields.get("status", ""),
        launched=fields.get("launch_time", ""),
        mark=fields.get("scan_id", ""),
    )
