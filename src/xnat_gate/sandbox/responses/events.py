"""What a request says about its reason: event_reason, event_action, event_comment, event_id."""

from __future__ import annotations

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.models.workflows import Event


def event(call: Call, reason: str = "") -> Event:
    """`reason` when the request gives none."""
    return Event(
        reason=call.param("event_reason") or reason, action=call.param("event_action") or "",
        comment=call.param("event_comment") or "", workflow=call.param("event_id") or "",
    )  # fmt: skip
