"""Launches of the Container Service: /xapi/.../launch and bulklaunch.

Laws: neither the enabled flags nor contexts, visibility or user-settable are looked at; a project in the path wants the
right to read it, and brings its configuration; the rights on the object are looked at later, and told by the workflow.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.containers import launching
from xnat_gate.sandbox.containers.launching import NO_WORKFLOW
from xnat_gate.sandbox.exceptions import BadRequest, Failure, NotFound
from xnat_gate.sandbox.models import commands
from xnat_gate.sandbox.responses.container_rights import admit_reader


def launch(call: Call) -> Response:
    """Queues a launch with the parameters of a flat JSON object or of the query: 200 with its workflow, or 500,
    both as JSON; without `/root/` the workflow comes later and is not told; 403, 501 for commands that the sandbox
    cannot launch.

    Not played: the launch form (GET), which is 501.
    """
    _admit(call)
    try:
        done = _launch(call, _wrapper(call), _params(call))
    except NotFound as error:
        return replies.json_value({"status": "failure", "message": str(error)}, 500)
    return replies.json_value(done)


def launch_by_query(call: Call) -> Response:
    """The same with the parameters of the query alone."""
    _admit(call)
    try:
        done = _launch(call, _wrapper(call), dict(call.params))
    except NotFound as error:
        return replies.json_value({"status": "failure", "message": str(error)}, 500)
    return replies.json_value(done)


def bulk_launch(call: Call) -> Response:
    """One launch for each member of the root parameter, a JSON list in a string; all that failed in `failures`.

    Looks at no right on the project of the path; the launches themselves come later, so no workflow is told.

    Not played: without `/root/`, `bulk-launch-id` as something to ask about.
    """
    params, root = _params(call), call.args["root"]
    try:
        targets = json.loads(params.get(root, ""))
    except ValueError as error:
        raise BadRequest(f"{root} is not a JSON list") from error
    if not isinstance(targets, list) or not targets:
        raise BadRequest(f"{root} is not a JSON list")
    successes: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    for target in targets:
        own = {**params, root: str(target)}
        try:
            successes.append({**_launch(call, _wrapper(call), own), "workflow-id": NO_WORKFLOW})
        except NotFound as error:
            failures.append({"status": "failure", "params": own, "message": str(error)})
    told = {
        "bulk-launch-id": str(uuid.uuid4()), "pipeline-name": _pipeline(call), "successes": successes,
        "failures": failures,
    }  # fmt: skip
    return replies.json_value(told)


def _launch(call: Call, wrapper: int, params: dict[str, str]) -> dict[str, Any]:
    done = launching.launch(
        call.world, user=call.user, wrapper_id=wrapper, project=call.args.get("project"), root=call.args.get("root"),
        params=params,
    )  # fmt: skip
    return {
        "status": "success", "params": params, "command-id": done.command_id, "wrapper-id": done.wrapper_id,
        "workflow-id": done.workflow_id or NO_WORKFLOW,
    }  # fmt: skip


def _admit(call: Call) -> None:
    if "project" in call.args:
        admit_reader(call, call.args["project"])


def _wrapper(call: Call) -> int:
    """By its ID, or by its command's ID and its name. Raises BadRequest, NotFound."""
    key = call.args.get("id", call.args.get("wrapper", ""))
    if not key.isdecimal():
        raise BadRequest(f"Not a number: {key}")
    if "name" not in call.args:
        return int(key)
    command = commands.by_id(call.world.db, int(key))
    for wrapper in command.command["xnat"] if command else []:
        if wrapper["name"] == call.args["name"]:
            return int(wrapper["id"])
    raise NotFound(f"No command wrapper for command ID {key}, wrapper name {call.args['name']}")


def _pipeline(call: Call) -> str:
    try:
        found = commands.of_wrapper(call.world.db, _wrapper(call))
    except NotFound:
        return ""
    return str(found[1]["name"]) if found else ""


def _params(call: Call) -> dict[str, str]:
    """A flat JSON object, scalars as texts, nulls left out; without a JSON body the query. Raises Failure."""
    if call.content_type != "application/json":
        return dict(call.params)
    try:
        found = json.loads(call.body.read() or b"{}")
    except ValueError as error:
        raise Failure(f"Could not read JSON: {error}") from error
    if not isinstance(found, dict) or any(isinstance(each, dict | list) for each in found.values()):
        raise Failure("Could not read JSON: a flat object of texts is wanted")
    return {name: _text(value) for name, value in found.items() if value is not None}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
