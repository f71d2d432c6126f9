"""Files of archived items: list, bytes, zip, upload, removal.

Laws (XNAT's quirks): a file that exists is kept unless `overwrite=true`, and the answer is still 200 with a JSON of
`duplicates`; without the right to edit a PUT answers 200 and stores nothing; every stored file has its true md5.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call, Upload
from xnat_gate.sandbox.events import firing
from xnat_gate.sandbox.exceptions import BadRequest, Forbidden, NotFound, NotPlayed
from xnat_gate.sandbox.jobs import filing, unpacking
from xnat_gate.sandbox.models import resources, rights, scans
from xnat_gate.sandbox.models.folders import within
from xnat_gate.sandbox.models.resources import Entry, Resource
from xnat_gate.sandbox.responses import places
from xnat_gate.sandbox.responses.places import Item
from xnat_gate.sandbox.responses.resources import existing, make

COLUMNS = (
    "Name",
    "Size",
    "URI",
    "collection",
    "file_tags",
    "file_format",
    "file_content",
    "cat_ID",
    "digest",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the archive: whose, in which resource, and its entry."""

    item: Item
    resource: Resource
    entry: Entry

    @property
    def place(self) -> Path:
        return self.item.home / self.resource.folder / self.entry.path

    @property
    def uri(self) -> str:
        return f"{self.item.uri}/resources/{self.resource.label}/files/{self.entry.path}"


def listed(call: Call) -> Response:
    """Files of a resource, of an item, or of scans (`ALL`, `1,2`), with true md5; `format=zip` all of them.

    Not played: `locator`, `structure`, tar.
    """
    found = list(_wanted(call))
    if call.format == "zip":
        return _zipped(call, found)
    rows = [_cells(kept) for kept in found]
    return replies.table(call, COLUMNS, rows)


def get(call: Call) -> Response:
    """The bytes; 404, or 204 with `accept-not-found=true`; `format=zip` wraps.

    Not played: `zip!entry`, images.
    """
    item = places.item(call)
    resource = existing(call, item)
    entry = resources.entry(call.world.db, resource.number, call.args["path"])
    if entry is None:
        if call.is_true("accept-not-found"):
            return replies.empty(204)
        raise NotFound("Unable to find file.")
    kept = Kept(item, resource, entry)
    if call.format == "zip":
        return _zipped(call, [kept])
    return replies.file(kept.place, kept.place.name)


def put(call: Call, *, tell: bool = True) -> Response:
    """Stores a file, multipart or in-body, or what an archive holds (`extract=true`); an existing one stays
    without `overwrite=true` (200 and `duplicates`); without the right: 200 and nothing stored.

    Not played: `reference` (501), `update-stats`.
    """
    item = places.item(call)
    if not rights.may_edit(call.world.db, call.user, item.project):
        if call.world.settings.silent_file_refusal:
            return replies.empty()
        raise Forbidden("User account doesn't have permission to modify this session.")
    if call.param("reference") is not None:
        raise NotPlayed("The sandbox does not play reference= uploads")
    upload = _upload(call)
    name = call.args.get("path") or PurePosixPath(upload.name.replace("\\", "/")).name
    if not name:
        raise BadRequest("The name of the file is missing.")
    within(item.home, name)
    known = resources.find(call.world.db, item.kind, item.owner, call.args["resource"])
    resource = known or make(call, item, call.args["resource"])
    stored = {
        path: _store(call, item, resource, path, source) for path, source in _contents(call, name, upload)
    }
    if tell and known is not None and any(stored.values()):
        firing.resource(call.world, call.user.login, item.project, known, firing.UPDATED)
    duplicates = [path for path, done in stored.items() if not done]
    if duplicates:
        return replies.text(json.dumps({"duplicates": duplicates}), media_type="text/html")
    return replies.empty()


def delete(call: Call) -> Response:
    """Owner (403): removes a file; it goes to cache/; 404."""
    item = places.item(call)
    resource = existing(call, item)
    places.demand_delete(call, item.project, "User account doesn't have permission to delete this file.")
    entry = resources.entry(call.world.db, resource.number, call.args["path"])
    if entry is None:
        raise NotFound("Unable to find file.")
    call.world.folders.discard(Kept(item, resource, entry).place)
    resources.drop_entry(call.world.db, resource.number, entry.path)
    _note(call, item, resource)
    return replies.empty()


def _upload(call: Call) -> Upload:
    """Raises BadRequest for what is neither multipart nor in-body, and for a body (but a zip) whose length is not
    told."""
    untold = "content-length" not in call.headers and call.content_type != "application/zip"
    found = call.one_file()
    if call.body_length and (found is None or (untold and not call.uploads)):
        raise BadRequest(
            f"You tried to {call.method} a payload to this service, but didn't provide any data. Try inbody=true or"
            " multipart/form-data encoding."
        )
    return found or Upload("", "", call.body)


def _contents(call: Call, name: str, upload: Upload) -> Iterator[tuple[str, Path]]:
    """The files of the upload as (path in the resource, temporary file)."""
    if call.is_true("extract"):
        prefix = name.rpartition("/")[0]
        for inner, place in unpacking.entries(call.world, upload.file, name, depth=unpacking.MAX_NESTING):
            yield f"{prefix}/{inner}".lstrip("/"), place
        return
    place = call.world.folders.temporary()
    with place.open("wb") as target:
        shutil.copyfileobj(upload.file, target)
    yield name, place


def _store(call: Call, item: Item, resource: Resource, path: str, arrived: Path) -> bool:
    """Whether the file was stored; False when the name is taken and may not be overwritten."""
    target = within(item.home / resource.folder, path)
    with call.world.row_locks.of(("files", resource.number)):
        known = resources.entry(call.world.db, resource.number, path)
        if known is not None and not call.is_true("overwrite"):
            arrived.unlink()
            return False
        with arrived.open("rb") as source:
            digest = hashlib.file_digest(source, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        entry = Entry(
            path=path, size=arrived.stat().st_size, digest=digest, uid=known.uid if known else "",
            format=call.param("format") or "", content=call.param("content") or "", tags=call.param("tags") or "",
        )  # fmt: skip
        call.world.folders.discard(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        arrived.replace(target)
        resources.put_entry(call.world.db, resource.number, entry)
        _note(call, item, resource)
    return True


def _note(call: Call, item: Item, resource: Resource) -> None:
    if item.scan is not None:
        filing.write_catalogue(call.world, item.home, resource, item.scan)


def _wanted(call: Call) -> Iterator[Kept]:
    for item in _items(call):
        for resource in resources.listed(call.world.db, item.kind, item.owner):
            labels = call.args.get("resource", resource.label).split(",")
            if resource.label in labels or str(resource.number) in labels:
                for entry in resources.entries(call.world.db, resource.number):
                    yield Kept(item, resource, entry)


def _items(call: Call) -> list[Item]:
    """The items the path names; a list of scans may be `ALL` or hold commas."""
    if "scan" not in call.args:
        item = places.item(call)
        if "resource" in call.args:
            existing(call, item)
        return [item]
    session, names = places.experiment(call), call.args["scan"].split(",")
    all_scans = scans.listed(call.world.db, session.id)
    chosen = [scan for scan in all_scans if names in (["ALL"], ["*"]) or scan.id in names]
    if not chosen and names != ["ALL"]:
        raise NotFound(f"Unable to identify scan: {call.args['scan']}")
    return [places.of_scan(call, session, scan) for scan in chosen]


def _zipped(call: Call, found: list[Kept]) -> Response:
    """Entries as XNAT names them: {session}/scans/{id}-{type}/resources/{R}/files/{path}."""
    place = call.world.folders.temporary()
    with zipfile.ZipFile(place, "w") as archive:
        for kept in found:
            archive.write(kept.place, _entry_name(kept))
    return replies.vanishing_file(place, "files.zip", "application/zip")


def _entry_name(kept: Kept) -> str:
    parts = [kept.item.home.name]
    if (scan := kept.item.scan) is not None:
        about = "".join(
            char if char.isalnum() or char in "-_" else "_" for char in scan.fields.get("type", "")
        )
        parts += ["scans", f"{scan.id}-{about}" if about else scan.id]
    return "/".join([*parts, "resources", kept.resource.label, "files", kept.entry.path])


def _cells(kept: Kept) -> dict[str, object]:
    entry = kept.entry
    return {
        "Name": PurePosixPath(entry.path).name, "Size": entry.size, "URI": kept.uri,
        "collection": kept.resource.label, "file_tags": entry.tags, "file_format": entry.format,
        "file_content": entry.content, "cat_ID": kept.resource.number, "digest": entry.digest,
    }  # fmt: skip
