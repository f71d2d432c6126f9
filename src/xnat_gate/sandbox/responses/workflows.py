"""Workflows: /data/workflows and /data/services/workflows.

Laws: created by any account, changed by the one that made it or a site administrator; an open one bars renames and
merges of its item.
"""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Forbidden, NotFound
from xnat_gate.sandbox.models import workflows
from xnat_gate.sandbox.models.workflows import Workflow
from xnat_gate.sandbox.responses import listing

TYPE = "wrk:workflowData"
NEEDED = ("id", "data_type", "pipeline_name", "launch_time")
SAME = (*NEEDED[:1], "pipeline_name", "launch_time", "scan_id")


def put(call: Call) -> Response:
    """Creates, or updates the one of the same id, pipeline, launch time and scan: 200 empty; 400 when one is missing.

    Not played: an XML body, a look at the item.
    """
    values = _values(call)
    if "key" in call.args:
        return _update(call, _keyed(call), values)
    if missing := [name for name in NEEDED if not values.get(name)]:
        raise BadRequest(f"Missing {', '.join(missing)}")
    with call.world.db.transaction():
        same = workflows.search(call.world.db, {name: values.get(name, "") for name in SAME})
        if same:
            return _update(call, same[-1], values)
        workflows.create(call.world.db, call.user.login, values)
    return replies.empty()


def get(call: Call) -> Response:
    """The newest workflow with these values, or of this key, as an item; 404."""
    if "key" in call.args:
        return listing.item(call, _item(_keyed(call)))
    found = workflows.search(call.world.db, _values(call))
    if not found:
        raise NotFound("Unable to find the specified workflow.")
    return listing.item(call, _item(found[-1]))


def of_pipeline(call: Call) -> Response:
    """The workflows of a pipeline, narrowed by `experiment` and `project`; `display=LATEST`: the newest alone; 404."""
    wanted = {"pipeline_name": call.args["pipeline"]}
    named = {"id": call.param("experiment"), "ExternalID": call.param("project")}
    wanted |= {name: value for name, value in named.items() if value is not None}
    found = workflows.search(call.world.db, wanted)
    if not found:
        raise NotFound("Unable to find the specified workflow.")
    if call.param("display") == "LATEST":
        found = found[-1:]
    return replies.json_value({"items": [_item(each) for each in found]})


def _update(call: Call, found: Workflow, values: dict[str, str]) -> Response:
    if found.login != call.user.login and not call.user.admin:
        raise Forbidden("Only the creator of a workflow or a site administrator may change it.")
    workflows.update(call.world.db, found, values)
    return replies.empty()


def _values(call: Call) -> dict[str, str]:
    """The parameters that name fields of a workflow, by `wrk:workflowData/x`."""
    return {key.removeprefix(f"{TYPE}/"): value for key, value in call.params if key.startswith(f"{TYPE}/")}


def _keyed(call: Call) -> Workflow:
    key = call.args["key"]
    found = workflows.find(call.world.db, int(key)) if key.isdecimal() else None
    if found is None:
        raise NotFound("Unable to find the specified workflow.")
    return found


def _item(found: Workflow) -> dict[str, object]:
    values = {name: value for name, value in found.values.items() if value}
    return {
        "meta": {"isHistory": False, "xsi:type": TYPE},
        "data_fields": {**values, "wrk_workflowData_id": found.number, "create_user": found.login},
        "children": [],
    }
