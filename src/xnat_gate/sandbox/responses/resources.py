"""Resources of any item: list, catalogue, creation, removal."""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.events import firing
from xnat_gate.sandbox.exceptions import BadRequest, InConflict, NotFound
from xnat_gate.sandbox.jobs import catalogues
from xnat_gate.sandbox.models import resources, scans
from xnat_gate.sandbox.models.folders import within
from xnat_gate.sandbox.models.resources import Resource
from xnat_gate.sandbox.responses import places
from xnat_gate.sandbox.responses.places import Item

COLUMNS = ("xnat_abstractresource_id", "label", "element_name", "category", "cat_id", "cat_desc")
STATISTICS = ("file_count", "file_size", "tags", "content", "format")


def listed(call: Call) -> Response:
    """XNAT's columns with counts and sizes; `all=true` on a session includes its scans."""
    item = places.item(call)
    rows = [_cells(call, found, "resources", "", "") for found in _of(call, item)]
    if item.kind == "experiment" and call.is_true("all"):
        for scan in scans.listed(call.world.db, item.owner):
            found = resources.listed(call.world.db, "scan", scan.number)
            rows += [_cells(call, each, "scans", scan.id, scan.fields.get("type", "")) for each in found]
    return replies.table(call, (*COLUMNS, *STATISTICS), rows)


def get(call: Call) -> Response:
    """The catalogue as XML, whatever format is asked; 404.

    Not played: `format=zip` (ask for the files).
    """
    item = places.item(call)
    found = existing(call, item)
    if call.format in {"zip", "tar.gz"}:
        raise BadRequest("Ask for the files of the resource: .../files?format=zip")
    uid = item.scan.uid if item.scan else ""
    text = catalogues.text(resources.entries(call.world.db, found.number), uid=uid)
    return replies.text(text, media_type="text/xml")


def put(call: Call) -> Response:
    """Creates: 200; 409 when it is there; member."""
    item = places.item(call)
    places.demand_edit(call, item.project)
    label = call.args["resource"]
    if resources.find(call.world.db, item.kind, item.owner, label) is not None:
        raise InConflict("Specified resource already exists.")
    make(call, item, label)
    return replies.empty()


def delete(call: Call) -> Response:
    """Owner (403): removes the resource; its files go to cache/.

    Not played: several at once (207).
    """
    item = places.item(call)
    found = existing(call, item)
    places.demand_delete(call, item.project, "User account doesn't have permission to delete this resource.")
    for entry in resources.entries(call.world.db, found.number):
        call.world.folders.discard(item.home / found.folder / entry.path)
    resources.delete(call.world.db, found.number)
    return replies.empty()


def existing(call: Call, item: Item) -> Resource:
    found = resources.find(call.world.db, item.kind, item.owner, call.args["resource"])
    if found is None:
        raise NotFound(f"Unable to identify resource: {call.args['resource']}")
    return found


def make(call: Call, item: Item, label: str) -> Resource:
    """A new resource; its folder is where XNAT would put it."""
    folders = {
        "project": f"resources/{label}", "subject": label, "experiment": f"RESOURCES/{label}",
        "scan": f"SCANS/{item.scan.id if item.scan else ''}/{label}",
    }  # fmt: skip
    folder = folders[item.kind]
    within(item.home, folder)
    made = resources.create(
        call.world.db, item.kind, item.owner, label, folder, format_=call.param("format") or "",
        content=call.param("content") or "", description=call.param("description") or "",
        tags=call.param("tags") or "",
    )  # fmt: skip
    firing.resource(call.world, call.user.login, item.project, made, firing.CREATED)
    return made


def _of(call: Call, item: Item) -> list[Resource]:
    return resources.listed(call.world.db, item.kind, item.owner)


def _cells(call: Call, found: Resource, category: str, key: str, about: str) -> dict[str, object]:
    count, size = resources.totals(call.world.db, found.number)
    return {
        "xnat_abstractresource_id": found.number, "label": found.label, "element_name": "xnat:resourceCatalog",
        "category": category, "cat_id": key, "cat_desc": about, "file_count": count, "file_size": size,
        "tags": found.tags, "content": found.content, "format": found.format,
    }  # fmt: skip
