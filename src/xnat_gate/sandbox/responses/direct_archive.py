"""What is archived without a stay in the prearchive: /xapi/direct-archive.

Laws: only what has not yet been archived is here; reading a project is enough to see it, editing to have it archived
at once instead of after its rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Forbidden, InConflict, NotFound
from xnat_gate.sandbox.jobs import direct, row_work
from xnat_gate.sandbox.models import prearchive, rights
from xnat_gate.sandbox.models.prearchive import Row

PAGE_SIZE = 50


def listed(call: Call) -> Response:
    """The sessions of the projects the caller reads as a JSON list, the last touched first: `page`, `size` and the
    filter `project` (`value` or `values`) of a JSON body; 400.

    Not played: other filters and operators, `sort_col`, `sort_dir`.
    """
    asked = _asked(call)
    wanted = _wanted(asked.get("filters"))
    rows = [row for row in _visible(call) if wanted is None or row.project in wanted]
    rows.sort(key=lambda row: row.lastmod, reverse=True)
    size = _number(asked, "size", PAGE_SIZE)
    start = (_number(asked, "page", 1) - 1) * size
    return replies.json_value([_described(call, row) for row in rows[start : start + size]])


def get(call: Call) -> Response:
    """One session as JSON; 403 for who cannot read the project, 404."""
    if not rights.may_read(call.world.db, call.user, call.args["project"]):
        raise Forbidden("Insufficient privileges to read this project.")
    return replies.json_value(_described(call, _row(call)))


def trigger(call: Call) -> Response:
    """Has it archived at once: 200 and an empty body, the work is queued; member (403), 404, 409 when it is at work."""
    project = call.args["project"]
    if not rights.may_edit(call.world.db, call.user, project):
        raise Forbidden(f"User cannot trigger archive for project {project}")
    if not direct.trigger(call.world, _row(call)):
        raise InConflict("Refusing to trigger archive: the session is queued or being archived.")
    return replies.empty()


def _row(call: Call) -> Row:
    project, tag, name = (call.args[word] for word in ("project", "tag", "name"))
    found = prearchive.by_study(call.world.db, project, tag, name, direct=True)
    if found is None:
        raise NotFound("No matching direct archive session")
    return found


def _visible(call: Call) -> Iterator[Row]:
    for project in rights.readable(call.world.db, call.user):
        yield from prearchive.listed(call.world.db, project.id, direct=True)


def _asked(call: Call) -> dict[str, object]:
    try:
        asked = json.loads(call.text())
    except ValueError as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(asked, dict):
        raise BadRequest("The body is not a JSON object.")
    return asked


def _wanted(filters: object) -> set[str] | None:
    """The projects that the filters leave; None for all."""
    one = filters.get("project") if isinstance(filters, dict) else None
    if not isinstance(one, dict):
        return None
    values = one.get("values")
    return {str(value) for value in (values if isinstance(values, list) else [one.get("value")])}


def _number(asked: dict[str, object], name: str, default: int) -> int:
    value = asked.get(name, default)
    if not isinstance(value, int) or value < 1:
        raise BadRequest(f"Invalid {name}: {value}")
    return value


def _described(call: Call, row: Row) -> dict[str, object]:
    """By the names of XNAT's SessionData."""
    return {
        "id": row.number, "project": row.project, "subject": row.subject, "name": row.name, "tag": row.tag,
        "folderName": row.folder, "timestamp": row.timestamp, "status": row.status, "uploadDate": row.uploaded,
        "lastBuiltDate": row.lastmod, "scan_date": row.scan_date or None, "scan_time": row.scan_time or None,
        "url": str(row_work.folder(call.world, row)), "visit": row.visit or None, "protocol": row.protocol or None,
        "timeZone": row.timezone or None, "source": row.source or None, "preventAnon": False,
        "preventAutoCommit": False, "autoArchive": None,
    }  # fmt: skip
