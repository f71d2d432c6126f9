"""Where a container's outputs go: settled, with the right to edit, before anything runs.

Laws: a handler that cannot be resolved fails the launch, also that of an optional output.
Not played: assessors and scans as outputs, handlers below handlers (unplayed.py refuses them).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xnat_gate.sandbox.containers import finding, templates
from xnat_gate.sandbox.containers.failures import ResolutionFailed
from xnat_gate.sandbox.containers.objects import Model
from xnat_gate.sandbox.containers.values import Inputs
from xnat_gate.sandbox.models import rights
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

FILLED = ("label", "format", "description", "content")


@dataclass(frozen=True, slots=True)
class Output:
    """`parent` is the URI of the object that gets the resource; `texts` are label, format, description, content."""

    name: str
    handler: str
    required: bool
    mount: str
    path: str
    parent: str
    input: str
    texts: dict[str, str]
    tags: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        """As REST shows it."""
        return {
            "name": f"{self.name}:{self.handler}", "from-command-output": self.name,
            "from-output-handler": self.handler, "type": "Resource", "required": self.required, "mount": self.mount,
            "path": self.path, "label": self.texts["label"], "handled-by": self.input,
        }  # fmt: skip


def resolved(world: World, user: User, command: Shape, wrapper: Shape, inputs: Inputs) -> tuple[Output, ...]:
    """One for each handler. Raises ResolutionFailed."""
    found = []
    for handler in wrapper.get("output-handlers", []):
        output = next(
            each for each in command["outputs"] if each["name"] == handler["accepts-command-output"]
        )
        parent = _parent(inputs, handler)
        uri = str(parent.get("uri", ""))
        demand_edit(world, user, uri)

        def fill(text: str | None) -> str:
            return templates.filled(text or "", inputs.raw, command, wrapper)

        texts = {name: fill(handler.get(name)) for name in FILLED}
        texts["label"] = texts["label"] or output["name"]
        found.append(
            Output(
                output["name"], handler["name"], bool(output.get("required")), output["mount"],
                fill(output.get("path")), uri, handler["as-a-child-of"], texts,
                tuple(fill(tag) for tag in handler.get("tags") or []),
            )
        )  # fmt: skip
    return tuple(found)


def _parent(inputs: Inputs, handler: Shape) -> Model:
    source = inputs.wrapper.get(handler.get("as-a-child-of") or "")
    models = [value.model for value in source.values if value.model is not None] if source else []
    if len(models) != 1:
        raise ResolutionFailed(f"Output handler {handler['name']} has no object to put its output on.")
    return models[0]


def demand_edit(world: World, user: User, uri: str) -> None:
    """In the primary project of what is there now, whatever the object says of itself. Raises ResolutionFailed."""
    found = finding.at(world, user, uri, children=False)
    project = found["id"] if found["type"] == "Project" else found.get("project-id", "")
    if not rights.may_edit(world.db, user, str(project)):
        raise ResolutionFailed(f"User {user.login} may not edit {uri}.")
