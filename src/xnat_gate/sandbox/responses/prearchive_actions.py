"""POST on the URI of a waiting session: build, commit, move, reset-status, set-status.

Laws: the five actions and no other; a moved or archived session is told by 301 with the new URI as body and without a
Location header; a locked row is 409 for build and commit and a silent 200 for move.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Failure, Forbidden, Locked, NotFound, Refusal
from xnat_gate.sandbox.jobs import archiving, autonomy, building, moving, recovery, row_work, session_xml
from xnat_gate.sandbox.jobs.receipt import FROZEN
from xnat_gate.sandbox.models import prearchive, projects, rights
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.responses.events import event
from xnat_gate.sandbox.responses.prearchive import allowed_row, existing

COLUMNS = {"VISIT": "visit", "PROTOCOL": "protocol", "TIMEZONE": "timezone", "SOURCE": "source"}


def act(call: Call) -> Response:
    """`action=` build, commit, move, reset-status, set-status: 200 with the URI, or 301 with the new one and no
    Location; 409 for a locked row, a silent 200 for move; member; Unassigned: every account.

    Not played: `http-session-listener`, anonymisation on move.
    """
    actions = {
        "build": _build, "commit": _commit, "move": _move, "reset-status": _reset, "set-status": _set_status,
    }  # fmt: skip
    name = call.param("action")
    row = allowed_row(call, unassigned_open=True)
    if name is None:
        raise BadRequest("No action parameter was specified, could not continue processing.")
    if name not in actions:
        raise BadRequest(f"unsupported action on prearchive session: {name}")
    return actions[name](call, existing(row))


def _build(call: Call, row: Row) -> Response:
    _rebuild(call, row)
    return _uri(row)


def _commit(call: Call, row: Row) -> Response:
    if not row.autoarchive and row.project:
        project = projects.find(call.world.db, row.project)
        frozen = FROZEN.get(project.prearchive_code if project else 0, "Manual")
        prearchive.change(call.world.db, row.number, autoarchive=frozen)
    _rebuild(call, row)
    built = existing(prearchive.by_number(call.world.db, row.number))
    if not _archives(call, built):
        _write_fields(call, built)
        return _uri(row)
    terms = archiving.Terms(
        subject=call.param("subject", "SUBJECT_ID"), session=call.param("session", "EXPT_LABEL", "label"),
        override_files=autonomy.overrides_files(call.world, built), event=event(call, "standard upload"),
    )  # fmt: skip
    return _moved(_archived(call, built, terms))


def _archives(call: Call, row: Row) -> bool:
    if row.autoarchive.startswith("AutoArchive") or call.param("AA", "auto-archive") is None:
        return autonomy.auto_archives(call.world, row)
    return call.flag("AA", "auto-archive")


def _archived(call: Call, row: Row, terms: archiving.Terms) -> str:
    try:
        return archiving.archive(call.world, row, call.user, terms)
    except Locked as busy:
        raise Locked("session document locked") from busy
    except Refusal as refusal:
        raise Failure(str(refusal)) from refusal


def _move(call: Call, row: Row) -> Response:
    project = call.param("newProject")
    if not project:
        raise BadRequest("Move action requires a 'newProject' parameter.")
    if projects.find(call.world.db, project) is None:
        raise NotFound(f"No project named {project}.")
    if not rights.may_edit(call.world.db, call.user, project):
        raise Forbidden("Unable to modify session data for destination project.")
    try:
        moved = moving.move(call.world, row, project)
    except Locked:
        return replies.empty()
    return _moved(f"/data{moved.uri}")


def _reset(call: Call, row: Row) -> Response:
    prearchive.set_status(call.world.db, row.number, recovery.derived_status(call.world, row))
    return _uri(row)


def _set_status(call: Call, row: Row) -> Response:
    name = call.param("status") or ""
    if name not in Status.__members__:
        raise BadRequest(f"Unknown status: {name}")
    prearchive.set_status(call.world.db, row.number, Status[name])
    return replies.empty()


def _rebuild(call: Call, row: Row) -> None:
    given = {column: call.param(name) for name, column in COLUMNS.items() if call.param(name) is not None}
    if given:
        prearchive.change(call.world.db, row.number, **given)
    try:
        building.build(call.world, row)
    except Locked as busy:
        raise Locked("session document locked") from busy


def _write_fields(call: Call, row: Row) -> None:
    """Left-over `label` and `subject_ID` go into the document; the row's own columns stay (as in XNAT)."""
    place = row_work.xml(call.world, row)
    doc = session_xml.read(place)
    words = {key.rsplit("/", 1)[-1]: value for key, value in call.params}
    if doc is not None and words.keys() & {"label", "subject_ID"}:
        label, subject = words.get("label", doc.label), words.get("subject_ID", doc.subject)
        session_xml.write(place, replace(doc, label=label, subject=subject))


def _uri(row: Row) -> Response:
    return replies.text(f"/data{row.uri}", media_type="text/uri-list")


def _moved(uri: str) -> Response:
    return replies.text(uri, 301, "text/uri-list")
