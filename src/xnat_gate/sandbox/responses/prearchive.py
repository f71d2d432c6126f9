"""The prearchive's lists, and one waiting session: its document, its row, its zip, its logs, its removal.

Laws: reading a project is enough for its list, everything else wants member-level edit; Unassigned rows are appended to
every list of a site administrator; no right to a list is a 404 (XNAT throws in a constructor).
"""

from __future__ import annotations

import re
import tarfile
import zipfile
from datetime import timedelta
from pathlib import Path

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Failure, Forbidden, Locked, NotFound
from xnat_gate.sandbox.jobs import moving, rescan, row_work
from xnat_gate.sandbox.models import clock, prearchive, projects, rights, row_log
from xnat_gate.sandbox.models.folders import UNASSIGNED
from xnat_gate.sandbox.models.prearchive import COLUMNS, Row, cells

NO_DOCUMENT = "The session document is not available: the session has not been built yet."


def listed(call: Call) -> Response:
    """Rows of the projects the caller can edit, 19 columns; Unassigned ones for data groups and administrators;
    `tag=` all rows of a study, for data administrators (else 404).
    """
    db = call.world.db
    if (tag := call.param("tag")) is not None:
        if not call.user.data_admin:
            raise NotFound("The server has not found anything matching the request URI")
        return _table(call, [row for row in prearchive.everything(db) if row.tag == tag and not row.direct])
    rows = [row for project in rights.editable(db, call.user) for row in prearchive.listed(db, project)]
    return _table(call, rows + _unassigned(call))


def listed_of_projects(call: Call) -> Response:
    """Rows of the named projects (comma list), each of which the caller must read (404); Unassigned ones as
    above.
    """
    rows: list[Row] = []
    for name in call.args["projects"].split(","):
        if name == UNASSIGNED and call.user.data_access:
            continue
        rights.visible(call.world.db, call.user, name)
        rows += prearchive.listed(call.world.db, name)
    return _table(call, rows + _unassigned(call))


def recent(call: Call) -> Response:
    """Rows of the projects the caller can edit, the newest first: `recent=true` the last 10, `recent=N` of N days.

    400 without `recent`, 404 for any other value.
    """
    wanted = call.param("recent")
    if wanted is None:
        raise BadRequest("The recent parameter is missing.")
    if wanted != "true" and not re.fullmatch(r"\d{1,5}", wanted):
        raise NotFound("The server has not found anything matching the request URI")
    db = call.world.db
    rows = [row for project in rights.editable(db, call.user) for row in prearchive.listed(db, project)]
    rows.sort(key=lambda row: (row.uploaded[:19], row.number), reverse=True)
    if wanted == "true":
        return _table(call, rows[:10])
    oldest = clock.printed(clock.now() - timedelta(days=int(wanted)))
    return _table(call, [row for row in rows if row.uploaded[:19] >= oldest[:19]])


def refresh(call: Call) -> Response:
    """Looks at the disk again: folders without a row get one, rows without a folder go; site administrators
    (403).
    """
    if not call.user.admin:
        raise Forbidden("Only site administrators may refresh the prearchive.")
    rescan.rescan(call.world)
    return replies.empty()


def get(call: Call) -> Response:
    """The session document (404 before it is built), `format=json` its row (an empty table when there is none),
    zip, tar.gz; member (403).

    Not played: `format=html`.
    """
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
    """`id,date,entry`, the oldest first; `template=` leaves only the ids."""
    entries = row_log.entries(row_work.folder(call.world, existing(allowed_row(call))))
    brief = call.param("template") not in {None, "details"}
    rows = [{"id": entry.id, "date": entry.date, "entry": entry.text} for entry in entries]
    return replies.table(call, ("id",) if brief else ("id", "date", "entry"), rows, total=False)


def log_entry(call: Call) -> Response:
    """The text of one entry, or of the `last` one; 404."""
    entries = row_log.entries(row_work.folder(call.world, existing(allowed_row(call))))
    wanted = (
        entries[-1:] if call.args["entry"] == "last" else [e for e in entries if e.id == call.args["entry"]]
    )
    if not wanted:
        raise NotFound("Unable to find log.")
    return replies.text(wanted[0].text)


def delete(call: Call) -> Response:
    """Removes row and folder (files go to cache/): member; 200, also when there is no such row."""
    row = allowed_row(call)
    if call.args["project"] == UNASSIGNED and not call.user.admin:
        raise Forbidden("Only site administrators may delete unassigned sessions.")
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
        if not call.user.data_admin and not unassigned_open:
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
    return prearchive.listed(call.world.db, None) if call.user.data_access else []


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
