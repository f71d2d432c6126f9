"""The history of deliveries: /xapi/events/delivered, and the same below a project for its owners."""

from __future__ import annotations

import json

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.events import kinds
from xnat_gate.sandbox.exceptions import BadRequest, NotFound, NotPlayed
from xnat_gate.sandbox.models import deliveries
from xnat_gate.sandbox.models.deliveries import FAULTS, Delivery
from xnat_gate.sandbox.responses.event_service_rights import admit, admit_admin

PAGING = {"page", "size", "sort_col", "sort_dir", "filters"}
PAGE_SIZE = 50


def listed(call: Call) -> Response:
    """Deliveries as a JSON list, the newest first: `page`, `size` in a JSON body; `subscription-id`, `project`,
    `include-filter-mismatch` (else those that a filter turned away are left out); administrators, owners (403).

    Not played: `sort_col`, `sort_dir`, `filters` (501).
    """
    found = _wanted(call)
    page, size = _page(call)
    start = (page - 1) * size
    return replies.json_value([_shown(one) for one in found[start : start + size]])


def count(call: Call) -> Response:
    """How many deliveries there are on all pages, as a bare number."""
    return replies.json_value(len(_wanted(call)))


def summary(call: Call) -> Response:
    """One line for each delivery, the oldest first, without those that a filter turned away."""
    project = admit(call) or call.param("project")
    found = deliveries.listed(call.world.db, project=project or None, subscription=None, mismatches=False)
    return replies.json_value([_summary(one) for one in reversed(found)])


def get(call: Call) -> Response:
    """One delivery with its history in `status`; 404, for one of another project, too."""
    project, key = admit(call), call.args["id"]
    found = deliveries.find(call.world.db, int(key)) if key.isdecimal() else None
    if found is None or (project is not None and found.project != project):
        raise NotFound("No history item with matching id and projectID")
    return replies.json_value(_shown(found))


def cleanup(call: Call) -> Response:
    """200 and nothing: XNAT drops the stored payloads here, and the sandbox keeps none; administrators (403)."""
    admit_admin(call)
    return replies.empty()


def _wanted(call: Call) -> list[Delivery]:
    project = admit(call) or call.param("project")
    number = call.param("subscription-id")
    if number is not None and not number.isdecimal():
        raise BadRequest(f"Invalid subscription-id: {number}")
    return deliveries.listed(
        call.world.db, project=project or None, subscription=int(number) if number else None,
        mismatches=call.is_true("include-filter-mismatch"),
    )  # fmt: skip


def _page(call: Call) -> tuple[int, int]:
    """Page, from 1, and its size."""
    try:
        sent = json.loads(call.body.read() or b"{}")
    except ValueError as error:
        raise BadRequest("Could not read JSON.") from error
    if not isinstance(sent, dict):
        raise BadRequest("Could not read JSON.")
    unplayed = {key for key in sent if key in PAGING - {"page", "size"} and sent[key]}
    if unplayed:
        raise NotPlayed(f"The sandbox does not play {', '.join(sorted(unplayed))} for deliveries")
    page, size = sent.get("page") or 1, sent.get("size") or PAGE_SIZE
    if not (isinstance(page, int) and isinstance(size, int) and page > 0 and size > 0):
        raise BadRequest("page and size are positive numbers")
    return page, size


def _shown(one: Delivery) -> dict[str, object]:
    kind = kinds.known(one.event_type)
    history = [
        {"status": entry.step.value, "timestamp": entry.moment, "message": entry.message}
        for entry in one.history
    ]
    return {
        "id": one.id, "event-type": one.event_type, "timestamp": one.last.moment,
        "event": {"id": one.event_type, "display-name": kinds.EVENTS[kind].display_name if kind else ""},
        "subscription": {"id": one.subscription, "name": one.subscription_name}, "user": one.login,
        "project": one.project, "inputs": one.inputs, "trigger": dict(one.trigger) or None, "status": history,
        "status-message": one.last.message, "error": one.last.step in FAULTS,
    }  # fmt: skip


def _summary(one: Delivery) -> dict[str, object]:
    kind = kinds.known(one.event_type)
    return {
        "id": one.id, "event-name": kinds.EVENTS[kind].display_name if kind else one.event_type,
        "subscription-name": one.subscription_name, "user": one.login, "project": one.project,
        "trigger-label": one.trigger.get("object-label"), "status": one.last.step.value,
        "timestamp": one.last.moment,
    }  # fmt: skip
