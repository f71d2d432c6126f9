"""/data/services/archive and /data/services/validate-archive.

Laws: one source: synchronous, merge always allowed, any failure is a 500 that says `FAILED`; several: answered at once
with the status table; an answer in an auto-archive project is a 303.
"""

from __future__ import annotations

import re

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Failure, Forbidden, Locked, NotFound, Refusal
from xnat_gate.sandbox.jobs import archiving, autonomy, objections, row_work, session_xml
from xnat_gate.sandbox.models import prearchive, projects, rights
from xnat_gate.sandbox.models.folders import UNASSIGNED
from xnat_gate.sandbox.models.prearchive import Row
from xnat_gate.sandbox.responses.batch import sources
from xnat_gate.sandbox.responses.events import event
from xnat_gate.sandbox.responses.prearchive import table_of

BUSY = "Operation already in progress on this prearchive entry."
TOO_LONG = "did not complete within the configured timeout interval."
LABEL_PARAMS = ("session", "EXPT_LABEL", "label")
SUBJECT_PARAMS = ("subject", "SUBJECT_ID")


def archive(call: Call) -> Response:
    """One source: synchronous, merges unasked, uri-list with CRLF, 303 in auto-archive projects, 403 locked, 500
    for any failure (row CONFLICT or ERROR). Several: 200 at once with the status table. `subject`, `session`,
    `overwrite`, `overwrite_files`, `auto-archive`, `redirect`, `event_*`.

    Not played: `dest`, `project` other than the session's own, `quarantine`, `triggerPipelines`,
    `http-session-listener`, XML paths other than labels.
    """
    rows = [_checked(call, row) for row in _named(call)]
    if len(rows) > 1:
        return _several(call, rows)
    row = rows[0]
    if row.is_locked:
        raise Forbidden(BUSY)
    terms = archiving.Terms(
        subject=call.param(*SUBJECT_PARAMS), session=_session_label(call), merge=True,
        override=call.param("overwrite") in {"append", "delete"},
        override_files=autonomy.overrides_files(call.world, row), event=event(call, "standard upload"),
    )  # fmt: skip
    uri = _archived(call, row, terms)
    if call.is_true("redirect") or _redirects(call, row):
        return Response(b"", 303, {"Location": f"{call.world.url}{uri}"})
    return replies.uri_list([uri])


def validate(call: Call) -> Response:
    """The dry run of one source: `code,type,message`; several are 400.

    Not played: codes 2, 3, 7, 8, 9, 11, 15, 20, 21.
    """
    rows = _named(call)
    if len(rows) > 1:
        raise BadRequest("Validation of several sessions at once is not supported.")
    row = _checked(call, rows[0])
    doc = session_xml.read(row_work.xml(call.world, row))
    if row.project is None or doc is None:
        message = "Unable to identify destination project" if row.project is None else "Session is not built"
        found = [objections.Objection(6 if row.project is None else 13, "FAIL", message, "")]
    else:
        where = objections.plan(
            call.world, row, doc, subject=call.param(*SUBJECT_PARAMS), session=_session_label(call)
        )
        found = list(objections.objections(call.world, row, doc, where))
    cells = [{"code": each.code, "type": each.kind, "message": each.message} for each in found]
    return replies.table(call, ("code", "type", "message"), cells, total=False)


def _archived(call: Call, row: Row, terms: archiving.Terms) -> str:
    prearchive.set_status(call.world.db, row.number, prearchive.Status.ARCHIVING)
    if not call.world.turnstiles.pass_through("queue", call.world.settings.archive_timeout):
        _queue(call, row, terms)
        raise Failure(f"The operation on {row.uri} {TOO_LONG}")
    try:
        return archiving.archive(call.world, row, call.user, terms)
    except Locked as busy:
        raise Forbidden(BUSY) from busy
    except Refusal as refusal:
        place = f"{row.project or UNASSIGNED}/{row.timestamp}/{row.folder}"
        raise Failure(f"FAILED: Unable to archive {{{place}}}: Operation Failed: {refusal}") from refusal


def _redirects(call: Call, row: Row) -> bool:
    if call.param("auto-archive", "AA") is not None and not call.flag("auto-archive", "AA"):
        return False
    project = projects.find(call.world.db, row.project or "")
    return project is not None and project.prearchive_code >= 4


def _several(call: Call, rows: list[Row]) -> Response:
    terms = archiving.Terms(
        merge=call.param("overwrite") in {"append", "delete"}, override=call.param("overwrite") == "delete",
        override_files=call.is_true("overwrite_files"), event=event(call, "Batch archive"),
    )  # fmt: skip
    busy = any(row.is_locked for row in rows)
    for row in rows:
        if not row.is_locked:
            prearchive.set_status(call.world.db, row.number, prearchive.Status.QUEUED_ARCHIVING)
            _queue(call, row, terms)
    if busy:
        raise Forbidden(BUSY)
    shown = [prearchive.by_number(call.world.db, row.number) for row in rows]
    return table_of(call, [row for row in shown if row is not None], default="xml")


def _queue(call: Call, row: Row, terms: archiving.Terms) -> None:
    world, user = call.world, call.user
    world.queue.submit(lambda: archiving.archive(world, row, user, terms))


def _named(call: Call) -> list[Row | None]:
    """The rows that `src`, or project + PREARC_TIMESTAMP + PREARC_SESSION_FOLDER, name."""
    if found := sources(call):
        return found
    words = [call.param(name) for name in ("project", "PREARC_TIMESTAMP", "PREARC_SESSION_FOLDER")]
    if all(words):
        return [prearchive.find(call.world.db, words[0], words[1] or "", words[2] or "")]
    raise NotFound("Unknown prearchive session.")


def _checked(call: Call, row: Row | None) -> Row:
    if row is None:
        raise NotFound("Unknown prearchive session.")
    if row.project is None and not call.user.data_admin:
        raise Forbidden("Cannot archive sessions from the Unassigned folder.")
    if row.project is not None and not rights.may_edit(call.world.db, call.user, row.project):
        raise Forbidden("Invalid permissions for this project.")
    if not row_work.folder(call.world, row).is_dir():
        raise NotFound(f"{row.uri} not found.")
    return row


def _session_label(call: Call) -> str | None:
    plain = call.param("session")
    typed = next((value for key, value in call.params if re.fullmatch(r"\w+:\w+/label", key)), None)
    return plain or typed or call.param(*LABEL_PARAMS)
