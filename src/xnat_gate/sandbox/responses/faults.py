"""/sandbox/faults: faults on demand, for a rehearsing administrator. No part of XNAT.

Laws: site administrators alone; never struck by a fault itself.
"""

from __future__ import annotations

import json

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Forbidden, NotFound
from xnat_gate.sandbox.faults import fault
from xnat_gate.sandbox.faults.register import Active


def listed(call: Call) -> Response:
    """The faults in force as JSON, with `id` and how often each has `fired`."""
    _demand_admin(call)
    return replies.json_value([active.as_json() for active in call.world.faults])


def add(call: Call) -> Response:
    """A fault as a JSON object, or as one line of words (text/plain): 201 and its JSON; 400 with what is wrong."""
    _demand_admin(call)
    text = call.text()
    try:
        wanted = (
            fault.from_json(json.loads(text)) if text.lstrip().startswith("{") else fault.from_words(text)
        )
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return replies.json_value(call.world.faults.add(wanted).as_json(), 201)


def clear(call: Call) -> Response:
    """Takes all faults back."""
    _demand_admin(call)
    call.world.faults.clear()
    return replies.empty()


def one(call: Call) -> Response:
    """One fault; 404."""
    return replies.json_value(_named(call).as_json())


def remove(call: Call) -> Response:
    """Takes one fault back: what it held goes on; 404."""
    _named(call).remove()
    return replies.empty()


def _named(call: Call) -> Active:
    _demand_admin(call)
    number = call.args["number"]
    for active in call.world.faults:
        if str(active.number) == number:
            return active
    raise NotFound(f"There is no fault {number}.")


def _demand_admin(call: Call) -> None:
    if not call.user.admin:
        raise Forbidden("Faults are for site administrators.")
