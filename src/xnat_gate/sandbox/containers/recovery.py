"""Puts an end to what ran when the sandbox was killed.

Laws: nothing is taken up again: a container that was not over is Failed, its token gone, what is left of it killed; so
is every workflow of a launch that is still open.
"""

from __future__ import annotations

from contextlib import suppress

from xnat_gate.sandbox.containers import roots
from xnat_gate.sandbox.containers.engine import EngineError
from xnat_gate.sandbox.models import containers, tokens, workflows
from xnat_gate.sandbox.models.containers import Container, Status
from xnat_gate.sandbox.world import World

WHY = "The server went down."


def recover(world: World) -> None:
    for row in containers.listed(world.db):
        if not row.is_over:
            _end(world, row)
    for workflow in workflows.search(world.db, {"justification": roots.WHY}):
        if workflow.is_open:
            roots.told(world, workflow.number, Status.FAILED, details=WHY)


def _end(world: World, row: Container) -> None:
    containers.become(world.db, row.number, Status.FAILED, message=WHY)
    tokens.invalidate(world.db, row.token)
    if row.container_id:
        with suppress(EngineError):  # it is gone with the machine, or with its daemon
            world.engine.remove(row.container_id)
