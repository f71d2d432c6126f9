"""Containers that were launched: rows, logs, killing.

Laws: all of a row is seen by the launcher, owners of its project, those who read all data, and managers; a list leaves
other rows out, a single one shows strangers status, IDs, image and user; secrets are never shown. A kill is for the
launcher, owners and administrators of data: managing alone is not enough.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.containers import finalising, launching
from xnat_gate.sandbox.containers.engine import EngineError
from xnat_gate.sandbox.exceptions import Forbidden, NotFound
from xnat_gate.sandbox.models import containers, rights
from xnat_gate.sandbox.models.containers import Container
from xnat_gate.sandbox.responses.container_rights import Unauthorized, admit_reader, manages

LOGS = ("stdout", "stderr")
PUBLIC = (
    "id", "status", "status-time", "command-id", "wrapper-id", "container-id", "service-id", "workflow-id", "user-id",
    "docker-image",
)  # fmt: skip


def listed(call: Call) -> Response:
    """The rows the caller sees, all or of one project; `nonfinalized=true`: those that are not over; 403.

    Not played: the paged POST.
    """
    if "project" in call.args:
        admit_reader(call, call.args["project"])
    found = [row for row in containers.listed(call.world.db) if _sees(call, row)]
    if "project" in call.args:
        found = [row for row in found if row.project == call.args["project"]]
    if call.is_true("nonfinalized"):
        found = [row for row in found if not row.is_over]
    return replies.json_value([_shown(row) for row in found])


def get(call: Call) -> Response:
    """One row by its number or the engine's ID; 404."""
    row = _row(call)
    shown = _shown(row)
    if not _sees(call, row):
        shown = {name: value for name, value in shown.items() if name in PUBLIC}
    return replies.json_value(shown)


def delete(call: Call) -> Response:
    """Forgets the row: 204; 403, 404."""
    row = _row(call)
    if not _sees(call, row):
        raise Forbidden(f"User {call.user.login} may not delete this container.")
    containers.delete(call.world.db, row.number)
    return replies.empty(204)


def kill(call: Call) -> Response:
    """Ends it; the engine's ID as text; it is Failed (Killed); 401, 404."""
    row = _row(call)
    if not (row.login == call.user.login or call.user.data_admin or _owns(call, row)):
        raise Unauthorized(f"User {call.user.login} may not kill this container.")
    launching.kill(call.world, row)
    return replies.text(row.container_id)


def logs(call: Call) -> Response:
    """A zip of the logs there are; 403, 404."""
    row = _with_logs(call)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in LOGS:
            if content := _content(call, row, name):
                archive.writestr(f"{name}.log", content)
    return Response(out.getvalue(), media_type="application/zip")


def log(call: Call) -> Response:
    """`stdout` or `stderr` as text, also while it runs; 204 when it is empty; 403, 404."""
    row = _with_logs(call)
    content = _content(call, row, _name(call))
    return Response(content, 200 if content else 204, media_type="text/plain")


def log_since(call: Call) -> Response:
    """`content`, `fromFile`, `bytesRead`, `timestamp`, which is -1 once the log is complete; 403, 404.

    Not played: `since`; the log always comes from its start.
    """
    row = _with_logs(call)
    content = _content(call, row, _name(call))
    told = {
        "content": content.decode("utf-8", errors="replace"), "fromFile": row.is_over, "bytesRead": len(content),
        "timestamp": "-1" if row.is_over else row.status_time,
    }  # fmt: skip
    return replies.json_value(told)


def _row(call: Call) -> Container:
    found = containers.find(call.world.db, call.args["container"])
    if found is None or found.project != call.args.get("project", found.project):
        raise NotFound(f"No container {call.args['container']}")
    return found


def _with_logs(call: Call) -> Container:
    row = _row(call)
    if not _sees(call, row):
        raise Forbidden(f"User {call.user.login} may not read the logs of this container.")
    return row


def _name(call: Call) -> str:
    if call.args["file"] not in LOGS:
        raise NotFound(f"No log {call.args['file']}")
    return call.args["file"]


def _content(call: Call, row: Container, name: str) -> bytes:
    """From the archive, else from the engine."""
    place = finalising.log_folder(call.world, row) / f"{name}.log"
    if place.is_file() or row.is_over or not row.container_id:
        return place.read_bytes() if place.is_file() else b""
    try:
        found = call.world.engine.logs(row.container_id)
    except EngineError:  # it has come to its end in this moment
        return place.read_bytes() if place.is_file() else b""
    return found.stdout if name == "stdout" else found.stderr


def _owns(call: Call, row: Container) -> bool:
    return bool(row.project) and rights.may_own(call.world.db, call.user, row.project)


def _sees(call: Call, row: Container) -> bool:
    return row.login == call.user.login or call.user.data_access or manages(call) or _owns(call, row)


def _shown(row: Container) -> dict[str, Any]:
    return dict(_keys(row))


def _keys(row: Container) -> Iterator[tuple[str, Any]]:
    yield "id", row.number
    yield "status", row.status
    yield "status-time", row.status_time
    yield "user-id", row.login
    if row.project:
        yield "project", row.project
    if row.container_id:
        yield ("service-id" if row.body.get("backend") == "swarm" else "container-id"), row.container_id
    yield "workflow-id", row.workflow
    yield from ((name, value) for name, value in row.body.items() if value is not None and name != "raw")
    yield "inputs", [*_raw(row), *row.body["inputs"]]
    yield "history", list(row.history)


def _raw(row: Container) -> list[dict[str, str]]:
    hidden = {each["name"] for each in row.body["inputs"] if each["value"] == "*****"}
    return [
        {"type": "raw", "name": name, "value": "*****" if name in hidden else value}
        for name, value in row.body.get("raw", {}).items()
    ]
