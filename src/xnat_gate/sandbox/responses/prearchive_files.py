"""Scans, resources and files below a waiting session.

Laws: all of it comes from the session document, so it is 404 until the session was built; session-level resources lie
in RESOURCES/ and travel into the archive.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, NotFound
from xnat_gate.sandbox.jobs import catalogues, moving, row_work, session_xml
from xnat_gate.sandbox.jobs.session_xml import CatalogueRef, ScanDoc, SessionDoc
from xnat_gate.sandbox.models.folders import within
from xnat_gate.sandbox.models.prearchive import Row
from xnat_gate.sandbox.models.resources import Entry
from xnat_gate.sandbox.responses.prearchive import allowed_row, existing

UNBUILT = "Unable to locate prearc resource."
FILE_COLUMNS = ("Name", "Size", "URI")


def scans(call: Call) -> Response:
    """`ID,xsiType,series_description`; 404 before the session is built."""
    _, doc = _built(call)
    rows = [
        {"ID": s.id, "xsiType": s.xsi_type, "series_description": s.series_description} for s in doc.scans
    ]
    return replies.table(call, ("ID", "xsiType", "series_description"), rows, total=False)


def scan_zip(call: Call) -> Response:
    """`format=zip` only, else 400."""
    if call.format != "zip":
        raise BadRequest("Only zip is supported for a prearchive scan.")
    row, _, scan = _scan(call)
    session, place = row_work.folder(call.world, row), call.world.folders.temporary()
    with zipfile.ZipFile(place, "w") as archive:
        for file in scan.files:
            for path, _ in _listed(session, file):
                archive.write(path, (Path(row.folder) / path.relative_to(session)).as_posix())
    return replies.vanishing_file(place, f"{scan.id}.zip", "application/zip")


def delete_scan(call: Call) -> Response:
    """Takes one scan out: files to cache/, document rewritten, a line in the log."""
    row, _ = _built(call)
    moving.remove_scan(call.world, row, call.args["scan"])
    return replies.empty()


def scan_resources(call: Call) -> Response:
    """`label,file_count,file_size`."""
    _, _, scan = _scan(call)
    rows = [{"label": file.label, "file_count": file.count, "file_size": file.size} for file in scan.files]
    return replies.table(call, ("label", "file_count", "file_size"), rows, total=False)


def scan_files(call: Call) -> Response:
    """`Name,Size,URI`; the URI repeats the path as it was asked."""
    row, _, scan = _scan(call)
    base = call.asked_path.split("?")[0]
    listed = _listed(row_work.folder(call.world, row), _catalogue(call, scan))
    rows = [{"Name": Path(e.path).name, "Size": e.size, "URI": f"{base}/{e.path}"} for _, e in listed]
    return replies.table(call, FILE_COLUMNS, rows, total=False)


def scan_file(call: Call) -> Response:
    """The bytes; 404 for an unknown name (XNAT's own answer is not known).

    Not played: `format=image/jpeg`.
    """
    row, _, scan = _scan(call)
    for path, entry in _listed(row_work.folder(call.world, row), _catalogue(call, scan)):
        if entry.path == call.args["path"]:
            return replies.file(path, path.name, "application/dicom")
    raise NotFound("Unable to find file.")


def resources(call: Call) -> Response:
    """`category,cat_id,label,file_count,file_size` of the scans' resources and the session's own."""
    row, doc = _built(call)
    rows: list[dict[str, object]] = [
        {"category": "scans", "cat_id": scan.id, "label": f.label, "file_count": f.count, "file_size": f.size}
        for scan in doc.scans
        for f in scan.files
    ]
    for folder in sorted((row_work.folder(call.world, row) / "RESOURCES").glob("*")):
        files = [path for path in folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        rows.append(
            {
                "category": "resources",
                "cat_id": "",
                "label": folder.name,
                "file_count": len(files),
                "file_size": size,
            }
        )
    return replies.table(call, ("category", "cat_id", "label", "file_count", "file_size"), rows, total=False)


def session_files(call: Call) -> Response:
    """`Name,Size,URI` of a session-level resource; 404."""
    folder, base = _resource(call), call.asked_path.split("?")[0]
    rows = [
        {
            "Name": path.name,
            "Size": path.stat().st_size,
            "URI": f"{base}/{path.relative_to(folder).as_posix()}",
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return replies.table(call, FILE_COLUMNS, rows, total=False)


def session_file(call: Call) -> Response:
    """The bytes; 404."""
    place = within(_resource(call), call.args["path"])
    if not place.is_file():
        raise NotFound("Unable to find file.")
    return replies.file(place, place.name)


def put_session_file(call: Call) -> Response:
    """Stores a session-level file, which travels into the archive; an existing one stays without
    `overwrite=true` (200 and `duplicates`).

    Not played: `extract`.
    """
    row, _ = _built(call)
    place = within(_home(call, row), call.args["path"])
    upload = call.one_file()
    if place.exists() and not call.is_true("overwrite"):
        return replies.text(f'{{"duplicates":["{place.name}"]}}', media_type="text/html")
    fresh = call.world.folders.temporary()
    with fresh.open("wb") as target:
        shutil.copyfileobj(upload.file if upload else call.body, target)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh.replace(place)
    return replies.empty()


def delete_session_file(call: Call) -> Response:
    """Removes a session-level file; 404."""
    place = within(_resource(call), call.args["path"])
    if not place.is_file():
        raise NotFound("Unable to find file.")
    call.world.folders.discard(place)
    return replies.empty()


def delete_resource(call: Call) -> Response:
    """Removes a session-level resource; its files go to cache/.

    Not played: GET as zip.
    """
    call.world.folders.discard(_resource(call))
    return replies.empty()


def _built(call: Call) -> tuple[Row, SessionDoc]:
    row = existing(allowed_row(call))
    doc = session_xml.read(row_work.xml(call.world, row))
    if doc is None:
        raise NotFound(UNBUILT)
    return row, doc


def _scan(call: Call) -> tuple[Row, SessionDoc, ScanDoc]:
    row, doc = _built(call)
    found = next((scan for scan in doc.scans if scan.id == call.args["scan"]), None)
    if found is None:
        raise NotFound(UNBUILT)
    return row, doc, found


def _catalogue(call: Call, scan: ScanDoc) -> CatalogueRef:
    found = next((file for file in scan.files if file.label == call.args["resource"]), None)
    if found is None:
        raise NotFound(UNBUILT)
    return found


def _listed(session: Path, file: CatalogueRef) -> Iterator[tuple[Path, Entry]]:
    place = session / file.uri
    return ((place.parent / entry.path, entry) for entry in catalogues.read(place))


def _home(call: Call, row: Row) -> Path:
    return within(row_work.folder(call.world, row) / "RESOURCES", call.args["resource"])


def _resource(call: Call) -> Path:
    row, _ = _built(call)
    folder = _home(call, row)
    if not folder.is_dir():
        raise NotFound(UNBUILT)
    return folder
