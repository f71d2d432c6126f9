"""The prearchive's lists, and one waiting session: its document, its row, its zip, its logs, its removal.

Laws: reading a project is enough for its list, everything else wants member-level edit; Unassigned rows are appended to
every list of a site administrator; no right to a list is a 404 (XNAT throws in a constructor).
"""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Failure, Forbidden, Locked, NotFound
from xnat_gate.sandbox.jobs import moving, recovery, row_work
from xnat_gate.sandbox.models import prearchive, projects, rights, row_log
from xnat_gate.sandbox.models.folders import UNASSIGNED
from xnat_gate.sandbox.models.prearchive import COLUMNS, Row, cells

NO_DOCUMENT = "The session document is not available: the session has not been built yet."


def listed(call: Call) -> Response:
    """GET /data/prearchive[/projects]: rows of the projects the caller can edit; `tag=` for administrators."""
    db = call.world.db
    if (tag := call.param("tag")) is not None:
        if not call.user.admin:
            raise NotFound("The server has not found anything matching the request URI")
        return _table(call, [row for row in prearchive.everything(db) if row.tag == tag])
    rows = [row for project in rights.editable(db, call.user) for row in prearchive.listed(db, project)]
    return _table(call, rows + _unassigned(call))


def listed_of_projects(call: Call) -> Response:
    """GET /data/prearchive/projects/{P1,P2}: the caller reads each of them, else 404."""
    rows: list[Row] = []
    for name in call.args["projects"].split(","):
        if name == UNASSIGNED and call.user.admin:
            continue
        rights.visible(call.world.db, call.user, name)
        rows += prearchive.listed(call.world.db, name)
    return _table(call, rows + _unassigned(call))


def refresh(call: Call) -> Response:
    """PUT /data/prearchive: rescan of the disk; administrators."""
    if not call.user.admin:
        raise Forbidden("Only site administrators may refresh the prearchive.")
    recovery.recover(call.world)
    return replies.empty()


def get(call: Call) -> Response:
    """GET on the session URI: xml (default), json (one-row table, empty when there is no such row), zip, tar.gz."""
    row = allowed_row(call)
    match call.format:
        case "json" | "csv":
            return _table(call, [row] if row else [])
        case "zip" | "tar.gz" | "tar":
            return _packed(call, existing(row))
        case "xml" | "":
            document = row_work.xml(call.world, row) if row else None
            if document is None or not document.is_file():
                raise NotFound(NO_DOCUMENT)
            return replies.text(document.read_text(encoding="utf-8"), media_type="text/xml")
    raise BadRequest(f"Requested type is not supported: {call.format}")


def logs(call: Call) -> Response:
    entries = row_log.entries(row_work.folder(call.world, existing(allowed_row(call))))
    brief = call.param("template") not in {None, "details"}
    rows = [{"id": entry.id, "date": entry.date, "entry": entry.text} for entry in entries]
    return replies.table(call, ("id",) if brief else ("id", "date", "entry"), rows, total=False)


def log_entry(call: Call) -> Response:
    entries = row_log.entries(row_work.folder(call.world, existing(allowed_row(call))))
    wanted = (
        entries[-1:] if call.args["entry"] == "last" else [e for e in entries if e.id == call.args["entry"]]
    )
    if not wanted:
        raise NotFound("Unable to find log.")
    return replies.text(wanted[0].text)


def delete(call: Call) -> Response:
    """DELETE on the session URI: 200, also when there is no such row."""
    row = allowed_row(call)
    try:
        if row is not None:
            moving.remove(call.world, row)
    except Locked as busy:
        raise Failure(str(busy)) from busy
    return replies.empty()


def allowed_row(call: Call, *, unassigned_open: bool = False) -> Row | None:
    """The row the path names, for a caller with edit rights; raises Forbidden or Failure."""
    db, name = call.world.db, call.args["project"]
    if name == UNASSIGNED:
        if not call.user.admin and not unassigned_open:
            raise Failure("Insufficient privileges to access this session.")
        return prearchive.find(db, None, call.args["timestamp"], call.args["folder"])
    if projects.find(db, name) is None:
        raise Failure(f"No project named {name}.")
    if not rights.may_edit(db, call.user, name):
        raise Forbidden("Unable to modify session data for this project.")
    return prearchive.find(db, name, call.args["timestamp"], call.args["folder"])


def existing(row: Row | None) -> Row:
    if row is None:
        raise NotFound("Unknown prearchive session.")
    return row


def table_of(call: Call, rows: list[Row], default: str = "json") -> Response:
    """The status table; it has no totalRecords."""
    return replies.table(call, COLUMNS, [cells(row) for row in rows], total=False, default=default)


def _table(call: Call, rows: list[Row]) -> Response:
    return table_of(call, rows)


def _unassigned(call: Call) -> list[Row]:
    return prearchive.listed(call.world.db, None) if call.user.admin else []


def _packed(call: Call, row: Row) -> Response:
    source, place = row_work.folder(call.world, row), call.world.folders.temporary()
    files = sorted(path for path in source.rglob("*") if path.is_file())
    named = [(path, (Path(row.folder) / path.relative_to(source)).as_posix()) for path in files]
    if call.format == "zip":
        with zipfile.ZipFile(place, "w") as archive:
            for path, name in named:
                archive.write(path, name)
        return replies.vanishing_file(place, f"{row.folder}.zip", "application/zip")
    with tarfile.open(place, "w:gz" if call.format == "tar.gz" else "w") as tar:
        for path, name in named:
            tar.add(path, name)
    return replies.vanishing_file(place, f"{row.folder}.{call.format}", "application/x-gtar")
