"""Launches a wrapper: the call, and what happens behind it until the container has ended.

Laws: the call looks at nothing but the wrapper and queues the rest; enabled flags, contexts and visibility are not
looked at; every failure ends in the workflow, nothing is ever tried again; the token dies with the container; a launch
without a root gets its workflow when its inputs are made out, if exactly one external input is an object.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from xnat_gate.sandbox.containers import finalising, planning, roots, unplayed
from xnat_gate.sandbox.containers.engine import EngineError
from xnat_gate.sandbox.containers.failures import LaunchFailed
from xnat_gate.sandbox.containers.planning import HIDDEN, Order, Plan
from xnat_gate.sandbox.containers.trees import Kind
from xnat_gate.sandbox.exceptions import NotFound
from xnat_gate.sandbox.models import container_servers, containers, enablement, tokens
from xnat_gate.sandbox.models.containers import Container, Status
from xnat_gate.sandbox.models.tokens import Token
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

log = logging.getLogger(__name__)
NO_WORKFLOW = "To be assigned"


@dataclass(frozen=True, slots=True)
class Launched:
    """What the call answers: the container itself is made later."""

    command_id: int
    wrapper_id: int
    workflow_id: str


def launch(
    world: World, *, user: User, wrapper_id: int, project: str | None, root: str | None, params: Mapping[str, str]
) -> Launched:  # fmt: skip
    """Queue a launch and return at once; `root` names the external input that the workflow is about.

    Raises NotFound (no such wrapper), NotPlayed (a command that the sandbox cannot launch).
    """
    found = enablement.configured(world.db, wrapper_id, project)
    if found is None:
        raise NotFound(f"No command wrapper with ID {wrapper_id}")
    command, wrapper = found
    unplayed.refuse(command, wrapper)
    workflow = None
    if root is not None and root in params:
        workflow = roots.opened(world, user, wrapper, root, params[root], project).number
    order = Order(user, wrapper_id, project, workflow, dict(params))
    world.container_queue.submit(lambda: _carry_out(world, order))
    return Launched(command["id"], wrapper_id, NO_WORKFLOW if workflow is None else str(workflow))


def kill(world: World, row: Container) -> None:
    """End it; it is Failed (Killed), whatever it does now."""
    if containers.become(world.db, row.number, Status.KILLED, by="user") and row.container_id:
        with suppress(EngineError):  # it has ended by itself
            world.engine.kill(row.container_id)


def _carry_out(world: World, order: Order) -> None:
    try:
        roots.told(world, order.workflow, Status.STAGING)
        plan = planning.plan(world, order)
        _run(world, _followed(world, order, plan), plan)
    except LaunchFailed as failed:
        roots.told(world, order.workflow, failed.status, details=str(failed))
    except Exception as error:
        # as XNAT's consumer: whatever goes wrong, no workflow is left open
        log.exception("a launch broke off")
        roots.told(world, order.workflow, Status.LAUNCH_FAILED, details=f"{type(error).__name__}: {error}")
        raise


def _followed(world: World, order: Order, plan: Plan) -> Order:
    """The order with a workflow, where there is something to hang it on."""
    objects = [
        each
        for each in plan.inputs.wrapper.values()
        if each.node.kind is Kind.EXTERNAL and each.values[0].model is not None
    ]
    if order.workflow is not None or len(objects) != 1:
        return order
    name, value = objects[0].input["name"], objects[0].raw or ""
    made = roots.opened(world, order.user, plan.wrapper, name, value, order.project)
    return replace(order, workflow=made.number)


def _run(world: World, order: Order, plan: Plan) -> None:
    token = tokens.issue(world.db, order.user.login, world.settings.alias_token_timeout)
    row = planning.kept(world, order, plan, token.alias)
    roots.told(world, order.workflow, Status.QUEUED)
    try:
        key = _started(world, order, plan, token, row)
        ended = world.engine.wait(key) if key else None
    except (EngineError, LaunchFailed) as error:
        containers.become(world.db, row.number, Status.LAUNCH_FAILED, message=str(error))
        roots.told(world, order.workflow, Status.LAUNCH_FAILED, details=str(error))
        finalising.clear_away(world, row.number)
        return
    finalising.finalise(world, row.number, plan, order, ended)


def _started(world: World, order: Order, plan: Plan, token: Token, row: Container) -> str | None:
    """The engine's ID; None when somebody has killed it before it ran."""
    workflow = "" if order.workflow is None else str(order.workflow)
    own = {
        "XNAT_HOST": world.url, "XNAT_USER": token.alias, "XNAT_PASS": token.secret, "XNAT_WORKFLOW_ID": workflow,
        "XNAT_EVENT_ID": workflow,
    }  # fmt: skip
    labels = roots.tracking(world, order.user, order.workflow)
    containers.amend(world.db, row.number, env={**plan.environment, **own, "XNAT_PASS": HIDDEN})
    key = world.engine.create(
        plan.spec(own, labels, container_servers.current(world.db).get("container-user") or "")
    )
    containers.made(world.db, row.number, key)
    if not containers.become(world.db, row.number, Status.CREATED):
        return None
    roots.told(world, order.workflow, Status.CREATED, comments=key)
    world.engine.start(key)
    if containers.become(world.db, row.number, Status.RUNNING):
        roots.told(world, order.workflow, Status.RUNNING)
    else:  # killed in the moment before it ran
        world.engine.kill(key)
    return key
