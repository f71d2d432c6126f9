"""Resolves a launch into a plan: everything about the container but its token.

Laws: the order is XNAT's: inputs, outputs with their rights, texts, mounts, command line, labels; a command that
sets one of the five variables of XNAT itself can never be launched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xnat_gate.sandbox.containers import command_line, mounts, outputs, templates
from xnat_gate.sandbox.containers.engine import Spec
from xnat_gate.sandbox.containers.failures import LaunchFailed, StagingFailed
from xnat_gate.sandbox.containers.inputs import Resolution
from xnat_gate.sandbox.containers.mounts import Mount
from xnat_gate.sandbox.containers.outputs import Output
from xnat_gate.sandbox.containers.values import Inputs
from xnat_gate.sandbox.models import containers, enablement, users
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

OWN = ("XNAT_HOST", "XNAT_USER", "XNAT_PASS", "XNAT_WORKFLOW_ID", "XNAT_EVENT_ID")
HIDDEN = "*****"


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for; `workflow` is its number, if the launch has one."""

    user: User
    wrapper_id: int
    project: str | None
    workflow: int | None
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A launch made out; the texts are filled in."""

    command: Shape
    wrapper: Shape
    inputs: Inputs
    outputs: tuple[Output, ...]
    mounts: tuple[Mount, ...]
    line: str
    name: str
    directory: str
    environment: Mapping[str, str]
    labels: Mapping[str, str]

    def spec(self, own: Mapping[str, str], tracking: Mapping[str, str], user: str) -> Spec:
        """What the engine gets: with XNAT's own variables, and the labels by which a site tracks it."""
        command, shell = self.command, bool(self.command.get("override-entrypoint"))
        return Spec(
            image=command["image"], argv=command_line.words(self.line, shell=shell), clears_entrypoint=shell,
            environment={**self.environment, **own}, binds=tuple(mount.bind for mount in self.mounts),
            working_directory=self.directory, user=user, name=self.name, network=command.get("network") or "",
            labels={**tracking, **self.labels}, reserve_memory=command.get("reserve-memory"),
            limit_memory=command.get("limit-memory"), cpus=command.get("limit-cpu"), shm_size=command.get("shm-size"),
            runtime=command.get("runtime") or "", ipc=command.get("ipc-mode") or "",
            ulimits=command.get("ulimits") or {}, auto_remove=bool(command.get("auto-remove")),
        )  # fmt: skip

    def row(self) -> dict[str, Any]:
        """What is kept of it, as REST names it."""
        return {
            "command-id": self.command["id"], "wrapper-id": self.wrapper["id"], "docker-image": self.command["image"],
            "command-line": self.line, "working-directory": self.directory or None, "env": dict(self.environment),
            "mounts": [mount.row() for mount in self.mounts], "inputs": _input_rows(self.inputs),
            "outputs": [output.row() for output in self.outputs], "subtype": "docker",
            "container-labels": dict(self.labels),
        }  # fmt: skip


def plan(world: World, order: Order) -> Plan:
    """Raises LaunchFailed, ResolutionFailed."""
    account = users.find(world.db, order.user.login)
    if account is None or not account.enabled:
        raise LaunchFailed(f"The account {order.user.login} is disabled.")
    found = enablement.configured(world.db, order.wrapper_id, order.project)
    if found is None:
        raise LaunchFailed(f"No command wrapper with ID {order.wrapper_id}.")
    command, wrapper = found
    inputs = Resolution(world, order.user, command, wrapper, order.params).inputs()
    settled = outputs.resolved(world, order.user, command, wrapper, inputs)

    def fill(text: str | None) -> str:
        return templates.filled(text or "", inputs.raw, command, wrapper)

    environment = {
        fill(name): fill(value) for name, value in (command.get("environment-variables") or {}).items()
    }
    if taken := [name for name in OWN if name in environment]:
        raise StagingFailed(f"Multiple entries with same key: {taken[0]}")
    return Plan(
        command=command, wrapper=wrapper, inputs=inputs, outputs=settled, environment=environment,
        name=fill(command.get("container-name")), directory=fill(command.get("working-directory")),
        mounts=mounts.resolved(world, command, wrapper, inputs),
        line=command_line.line(inputs, command, wrapper),
        labels={fill(name): fill(value) for name, value in (command.get("container-labels") or {}).items()},
    )  # fmt: skip


def kept(world: World, order: Order, made: Plan, token: str) -> containers.Container:
    """The row of a new container."""
    return containers.create(
        world.db, login=order.user.login, project=order.project or "", token=token,
        workflow="" if order.workflow is None else str(order.workflow),
        body={**made.row(), "backend": world.engine.name, "raw": dict(order.params)},
    )  # fmt: skip


def _input_rows(inputs: Inputs) -> list[dict[str, str]]:
    return [
        {
            "type": each.node.kind.value, "name": each.input["name"],
            "value": HIDDEN if each.input.get("sensitive") else each.raw,
        }
        for each in (*inputs.wrapper.values(), *inputs.command.values())
        if each.raw is not None
    ]  # fmt: skip
