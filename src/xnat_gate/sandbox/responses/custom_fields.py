"""Custom fields of an item: /xapi/.../fields.

Laws: kept with the item, so a move takes them along; a project in the path is the primary one, else 404.
"""

from __future__ import annotations

import json

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Forbidden, NotFound
from xnat_gate.sandbox.models import custom_fields, rights
from xnat_gate.sandbox.responses import places
from xnat_gate.sandbox.responses.places import Item


def get(call: Call) -> Response:
    """The fields as a JSON object; `fieldNames=a,b` picks."""
    names = call.param("fieldNames")
    found = _read(call, _item(call))
    if names is not None:
        found = {name: value for name, value in found.items() if name in names.split(",")}
    return replies.json_value(found)


def put(call: Call) -> Response:
    """A JSON object, merged into what is there; answers the result; 400, 403."""
    item = _writable(call)
    try:
        change = json.loads(call.text())
    except ValueError as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(change, dict):
        raise BadRequest("The body is not a JSON object.")
    with call.world.db.transaction():
        merged = {**_read(call, item), **change}
        custom_fields.write(call.world.db, item.kind, item.owner, merged)
    return replies.json_value(merged)


def get_one(call: Call) -> Response:
    """The value of one field as JSON; 404."""
    found = _read(call, _item(call))
    if call.args["name"] not in found:
        raise NotFound(f"No field {call.args['name']}")
    return replies.json_value(found[call.args["name"]])


def delete_one(call: Call) -> Response:
    """Removes one field; answers the rest."""
    item = _writable(call)
    with call.world.db.transaction():
        found = _read(call, item)
        if found.pop(call.args["name"], None) is None:
            raise NotFound(f"No field {call.args['name']}")
        custom_fields.write(call.world.db, item.kind, item.owner, found)
    return replies.json_value(found)


def _read(call: Call, item: Item) -> dict[str, object]:
    return custom_fields.read(call.world.db, item.kind, item.owner)


def _item(call: Call) -> Item:
    item = places.item(call)
    if call.args.get("project", item.project) != item.project:
        raise NotFound(f"Not found in project {call.args['project']}")
    return item


def _writable(call: Call) -> Item:
    item = _item(call)
    if not rights.may_edit(call.world.db, call.user, item.project):
        raise Forbidden("Insufficient privileges to change the fields of this item.")
    return item
