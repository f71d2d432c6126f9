"""How the receiver is: whether it lives, and whether an object that came now would be taken.

Law: what is wrong is told without paths and names, since anybody near may ask.
"""

from __future__ import annotations

from xnat_gate.core.receiving import below_reserve
from xnat_gate.edge.receiver.receiver import Receiver
from xnat_gate.edge.receiver.service import Service

DEAF = 30.0
"""Seconds without a look who wants to come in, after which it does not live any more."""
TRIAL = "ready"
"""A name that no association has."""


def live(receiver: Receiver) -> dict[str, str]:
    """What is wrong, by name; empty when all is well, also while it is ending in order."""
    deaf = receiver.deaf()
    if receiver.service.closing or deaf < DEAF:
        return {}
    return {"listening": f"nobody has been let in for {deaf:.0f} s: start the receiver anew"}


def ready(receiver: Receiver) -> dict[str, str]:
    """The same of what keeps it from taking objects."""
    if receiver.service.closing:
        return {"stopping": "nobody is let in any more: it is ending"}
    return live(receiver) | _disk(receiver.service)


def _disk(service: Service) -> dict[str, str]:
    """A file is really written: rights and mounts tell only half of it."""
    reserve = service.limits.reserve
    try:
        free = service.landing.free()
        if below_reserve(free, reserve):
            told = (
                f"{free} bytes are free and {reserve} must stay so: make room on the disk of the drop folder"
            )
            return {"reserve": told}
        (service.landing.scratch(TRIAL) / TRIAL).write_bytes(b"\0")
    except OSError as trouble:
        why = trouble.strerror or "input/output error"
        return {"drop_folder": f"it cannot be written to ({why}): see that it is mounted and has room"}
    finally:
        service.landing.discard(TRIAL)
    return {}
