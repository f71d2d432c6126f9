"""/data/services/dicomdump and /data/services/refresh/catalog: a look into stored files, and records put right."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import unquote

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.dicom import dump
from xnat_gate.sandbox.dicom.header import NotAnObject
from xnat_gate.sandbox.exceptions import BadRequest, Failure, NotFound
from xnat_gate.sandbox.jobs import catalogues, filing, row_work, session_xml
from xnat_gate.sandbox.models import resources, scans
from xnat_gate.sandbox.models.prearchive import Row
from xnat_gate.sandbox.models.resources import Entry, Resource
from xnat_gate.sandbox.responses import places
from xnat_gate.sandbox.responses.places import Item
from xnat_gate.sandbox.responses.prearchive import allowed_row, existing

WAITING = re.compile(
    r"^(?:/data)?/prearchive/projects/(?P<project>[^/]+)/(?P<timestamp>[^/]+)/(?P<folder>[^/]+)"
    r"(?:/scans/(?P<scan>[^/]+))?(?:/.*)?$"
)
OPTIONS = {"append", "delete", "checksum", "populateStats"}


def dicomdump(call: Call) -> Response:
    """The first DICOM object of `src` (a session or scan, waiting or archived), tag by tag; `field=` picks.

    Not played: sequences below the first level, `summary`.
    """
    src = call.param("src")
    if not src:
        raise BadRequest("The src parameter is missing.")
    try:
        rows = dump.dump(_first_object(call, src))
    except NotAnObject as error:
        raise Failure(str(error)) from error
    wanted = {name for field in call.every("field") for name in (field, field.lower())}
    kept = [row for row in rows if not wanted or wanted & dump.names(row)]
    return replies.table(call, dump.COLUMNS, kept)


def refresh(call: Call) -> Response:
    """Brings catalogues in line with the disk: `options=append,delete,checksum,populateStats`; 200 empty; 403.

    Not played: an item of another kind than experiment, subject, project or scan.
    """
    options = set((call.param("options") or "").split(",")) - {""}
    if options - OPTIONS:
        raise BadRequest(f"Unknown options: {', '.join(sorted(options - OPTIONS))}")
    named = call.every("resource")
    if not named:
        raise BadRequest("The resource parameter is missing.")
    for uri in named:
        for item, resource in _resources(call, uri):
            _refresh(call, item, resource, options)
    return replies.empty()


def _first_object(call: Call, src: str) -> Path:
    waiting = WAITING.match(src)
    if waiting is None:
        files = _archived_objects(call, places.from_uri(call, src))
    else:
        call.args = {name: unquote(value) for name, value in waiting.groupdict().items() if value is not None}
        files = _waiting_objects(call, existing(allowed_row(call)))
    if not files:
        raise NotFound("No DICOM object found.")
    return files[0]


def _waiting_objects(call: Call, row: Row) -> list[Path]:
    """The files of the session, or of the scan that the path names, which is known once it was built."""
    session = row_work.folder(call.world, row)
    if "scan" not in call.args:
        files = (path for path in (session / "SCANS").rglob("*") if path.is_file())
        return sorted(path for path in files if path.suffix != ".xml")
    doc = session_xml.read(row_work.xml(call.world, row))
    listed = (
        [file for scan in doc.scans if scan.id == call.args["scan"] for file in scan.files] if doc else []
    )
    return [
        (session / file.uri).parent / entry.path
        for file in listed
        for entry in catalogues.read(session / file.uri)
    ]


def _archived_objects(call: Call, item: Item) -> list[Path]:
    return [
        item.home / resource.folder / entry.path
        for kind, owner in _owners(call, item)
        for resource in resources.listed(call.world.db, kind, owner)
        for entry in resources.entries(call.world.db, resource.number)
        if entry.uid
    ]


def _owners(call: Call, item: Item) -> list[tuple[str, str]]:
    if item.kind != "experiment":
        return [(item.kind, item.owner)]
    return [("scan", str(scan.number)) for scan in scans.listed(call.world.db, item.owner)]


def _resources(call: Call, uri: str) -> list[tuple[Item, Resource]]:
    """The resources that a URI names: one, or all of an item, for a session those of its scans, too."""
    item = places.from_uri(call, uri)
    places.demand_edit(call, item.project)
    if "resource" in call.args:
        found = resources.find(call.world.db, item.kind, item.owner, call.args["resource"])
        if found is None:
            raise NotFound(f"Unable to identify resource: {call.args['resource']}")
        return [(item, found)]
    items = [item]
    if item.kind == "experiment":
        session = places.experiment(call)
        items += [places.of_scan(call, session, scan) for scan in scans.listed(call.world.db, item.owner)]
    return [(one, found) for one in items for found in resources.listed(call.world.db, one.kind, one.owner)]


def _refresh(call: Call, item: Item, resource: Resource, options: set[str]) -> None:
    db, home = call.world.db, item.home / resource.folder
    with call.world.row_locks.of(("files", resource.number)), db.transaction():
        known = {entry.path: entry for entry in resources.entries(db, resource.number)}
        on_disk = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if _is_content(path)}
        for path in known.keys() - on_disk.keys() if "delete" in options else ():
            resources.drop_entry(db, resource.number, path)
        for path in on_disk.keys() - known.keys() if "append" in options else ():
            resources.put_entry(
                db, resource.number, _measured(on_disk[path], Entry(path=path, size=0, digest=""))
            )
        for path in on_disk.keys() & known.keys() if options & {"checksum", "populateStats"} else ():
            resources.put_entry(db, resource.number, _measured(on_disk[path], known[path]))
        if item.scan is not None:
            filing.write_catalogue(call.world, item.home, resource, item.scan)


def _is_content(path: Path) -> bool:
    return path.is_file() and not path.name.endswith("_catalog.xml")


def _measured(place: Path, entry: Entry) -> Entry:
    content = place.read_bytes()
    return Entry(
        path=entry.path, size=len(content), digest=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        uid=entry.uid, format=entry.format, content=entry.content, tags=entry.tags,
    )  # fmt: skip
