"""POST /data/services/import with the handlers DICOM-zip, SI and gradual-DICOM.

Laws: the answer is one URI per session, each ended by CRLF and prefixed /data (/xapi for what is archived directly),
and nothing when nothing was kept; what came before a bad entry stays; a `dest` commits, which fails for what is
archived directly.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call, Upload
from xnat_gate.sandbox.dicom.header import NotAnObject
from xnat_gate.sandbox.dicom.identification import Wish
from xnat_gate.sandbox.exceptions import BadRequest, Failure, InConflict, Locked, NotFound, NotPlayed, Refusal
from xnat_gate.sandbox.jobs import archiving, autonomy, building, receipt, unpacking
from xnat_gate.sandbox.models import prearchive
from xnat_gate.sandbox.models.prearchive import Row
from xnat_gate.sandbox.responses import user_cache
from xnat_gate.sandbox.responses.events import event

ZIP, GRADUAL, SESSION = "DICOM-zip", "gradual-DICOM", "SI"
ELSEWHERE = {"inbox", "XAR", "automation"}
COLUMNS = {
    "SOURCE": "source", "VISIT": "visit", "PROTOCOL": "protocol", "TIMEZONE": "timezone",
    "prevent_anon": "prevent_anon", "prevent_auto_commit": "prevent_auto_commit",
}  # fmt: skip
PREARCHIVE = re.compile(
    r"^(?:/data)?/prearchive(?:/projects/(?P<p>[^/]+)(?:/(?P<t>[^/]+)/(?P<f>[^/]+))?)?/?$"
)
ARCHIVE = re.compile(
    r"^(?:/data)?/archive(?:/projects/(?P<p>[^/]+)(?:/subjects/(?P<s>[^/]+)(?:/experiments/(?P<e>[^/]+))?)?)?/?$"
)


@dataclass(frozen=True, slots=True)
class Destination:
    """What `dest` says: where to, and whether that is the archive (None: no `dest`)."""

    project: str | None = None
    subject: str | None = None
    session: str | None = None
    place: tuple[str, str] | None = None
    archive: bool | None = None


def import_(call: Call) -> Response:
    """Handlers DICOM-zip, SI, gradual-DICOM: multipart, in-body or `src=` of the user cache; `dest`,
    `action=commit`, `AA`, `overwrite`, `overwrite_files`, `Ignore-Unparsable`, `rename`, labels, `SOURCE` and
    the like, `Direct-Archive` (not SI); a uri-list with CRLF; 400, 404, 409 (SI).

    Not played: handlers inbox, XAR, automation (501), `http-session-listener`, anonymisation, routing rules.
    """
    handler = _handler(call)
    if call.param("prearchive_code") == "1" and call.param("overwrite") is not None:
        raise BadRequest("prearchive_code and overwrite exclude each other.")
    with user_cache.source(call) as cached:
        upload = call.one_file() or cached
        if upload is None:
            raise BadRequest("Unable to identify upload format.")
        if handler == GRADUAL:
            return _gradual(call, upload)
        return _session(call, upload) if handler == SESSION else _zip(call, upload)


def _handler(call: Call) -> str:
    named = call.param("import-handler")
    if named in ELSEWHERE:
        raise NotPlayed(f"The sandbox does not play the import handler {named}")
    if named not in {None, ZIP, GRADUAL, SESSION}:
        raise NotFound(f"Unknown import handler: {named}")
    return named or (GRADUAL if call.content_type == "application/dicom" else ZIP)


def _gradual(call: Call, upload: Upload) -> Response:
    dest = _destination(call)
    wish = Wish(
        project=call.param("PROJECT_ID") or dest.project, subject=call.param("SUBJECT_ID") or dest.subject,
        session=call.param("EXPT_LABEL") or dest.session,
    )  # fmt: skip
    place = (call.param("PREARC_TIMESTAMP"), call.param("PREARC_SESSION_FOLDER"))
    given = (place[0], place[1]) if place[0] and place[1] else dest.place
    arrived = call.world.folders.temporary()
    with arrived.open("wb") as target:
        shutil.copyfileobj(upload.file, target)
    name = upload.name if call.uploads else ""
    row = _received(call, arrived, name, _terms(call, wish, given))
    return replies.uri_list([row.import_uri])


def _zip(call: Call, upload: Upload) -> Response:
    dest, wish = _destination(call), _wish(call)
    rows = _unpacked(call, upload, _terms(call, wish, dest.place))
    commit = dest.archive is not None or call.param("action") == "commit"
    if not commit:
        return _waiting(rows)
    if any(row.direct for row in rows):
        raise BadRequest("unable to archive for the Prearchive session")
    built = [row for row in rows if _built(call, row)]
    if dest.archive or (dest.archive is None and call.flag("AA", "auto-archive")):
        return _archived(call, built, wish, BadRequest)
    return _waiting(rows)


def _built(call: Call, row: Row) -> bool:
    """Build the row; False, and no error, when another upload into it is building it just now."""
    try:
        building.build(call.world, row)
    except Locked:
        return False
    return True


def _session(call: Call, upload: Upload) -> Response:
    """SI: builds, and archives when `dest` or auto-archive says so; a conflict is 409."""
    dest, wish = _destination(call), _wish(call)
    if wish.project is None:
        raise BadRequest("SI needs a project.")
    rows = _unpacked(call, upload, _terms(call, wish, dest.place))
    if dest.archive and len(rows) > 1:
        raise BadRequest("Upload included files for multiple imaging sessions.")
    for row in rows:
        building.build(call.world, row)
    automatic = dest.archive is None and all(autonomy.auto_archives(call.world, row) for row in rows)
    return _archived(call, rows, wish, InConflict) if dest.archive or automatic else _waiting(rows)


def _wish(call: Call) -> Wish:
    dest = _destination(call)
    return Wish(
        project=call.param("project", "PROJECT_ID") or dest.project,
        subject=call.param("subject", "SUBJECT_ID") or dest.subject,
        session=call.param("session", "EXPT_LABEL") or dest.session,
    )


def _waiting(rows: list[Row]) -> Response:
    return replies.uri_list([row.import_uri for row in rows])


def _unpacked(call: Call, upload: Upload, terms: receipt.Terms) -> list[Row]:
    lenient = call.flag("Ignore-Unparsable", default=call.param("action") == "commit")
    rows: dict[int, Row] = {}
    seen = 0
    for name, place in unpacking.entries(call.world, upload.file, upload.name):
        seen += 1
        try:
            row = receipt.receive(call.world, call.user, place, name, terms)
        except NotAnObject as error:
            place.unlink(missing_ok=True)
            if not lenient:
                raise BadRequest(f"unable to read DICOM object {Path(name).name}") from error
            continue
        rows.setdefault(row.number, row)
    if seen and not rows:
        raise BadRequest("unable to read any DICOM object of the upload")
    return [prearchive.by_number(call.world.db, number) or row for number, row in rows.items()]


def _received(call: Call, arrived: Path, name: str, terms: receipt.Terms) -> Row:
    try:
        return receipt.receive(call.world, call.user, arrived, name, terms)
    except NotAnObject as error:
        arrived.unlink(missing_ok=True)
        raise BadRequest(f"unable to read DICOM object: {error}") from error


def _archived(call: Call, rows: list[Row], wish: Wish, conflict_is: type[Refusal]) -> Response:
    """Archive in the request's own thread; a conflict is answered by `conflict_is`."""
    overwrite = call.param("overwrite")
    terms = archiving.Terms(
        subject=wish.subject, session=wish.session, merge=overwrite is not None,
        override=overwrite in {"delete", "override"}, override_files=call.is_true("overwrite_files"),
        event=event(call, "standard upload"),
    )  # fmt: skip
    uris = []
    for row in rows:
        current = prearchive.by_number(call.world.db, row.number) or row
        try:
            uris.append(archiving.archive(call.world, current, call.user, terms))
        except InConflict as conflict:
            message = f"unable to archive for the Prearchive session {row.uri}: {conflict}"
            raise conflict_is(message) from conflict
        except Refusal as refusal:
            raise Failure(str(refusal)) from refusal
    return replies.uri_list(uris)


def _terms(call: Call, wish: Wish, place: tuple[str, str] | None) -> receipt.Terms:
    columns = tuple((column, call.param(name) or "") for name, column in COLUMNS.items() if call.param(name))
    direct = call.is_true("Direct-Archive") and _handler(call) != SESSION
    return receipt.Terms(
        wish=wish, rename=call.is_true("rename"), direct=direct, place=place, columns=columns
    )


def _destination(call: Call) -> Destination:
    dest = call.param("dest")
    if not dest:
        return Destination()
    if found := PREARCHIVE.match(dest):
        place = (found["t"], found["f"]) if found["t"] else None
        return Destination(found["p"], place=place, archive=False)
    if found := ARCHIVE.match(dest):
        return Destination(found["p"], found["s"], found["e"], archive=True)
    raise BadRequest(f"Invalid dest: {dest}")
