"""The inputs of a launch as trees: what hangs on what, in the order in which XNAT resolves them.

Laws: the roots are the external inputs, then those command inputs that no wrapper input feeds; a tree is done before
the next one begins, derived inputs before the command inputs beside them; when several wrapper inputs feed one command
input, the last one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from xnat_gate.sandbox.models.commands import Shape


class Kind(Enum):
    """As the rows that REST shows call it."""

    EXTERNAL = "wrapper-external"
    DERIVED = "wrapper-derived"
    COMMAND = "command"


@dataclass(slots=True)
class Node:
    """An input, with what is resolved once it is."""

    kind: Kind
    input: Shape
    optional: bool = False
    """Of a command input: a wrapper input feeds it that is not required."""
    children: list[Node] = field(default_factory=list)

    def all(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.all()


def roots(command: Shape, wrapper: Shape) -> list[Node]:
    """The trees of a valid command: the parent of each derived input was declared before it."""
    found = [Node(Kind.EXTERNAL, each) for each in wrapper.get("external-inputs", [])]
    by_name = {node.input["name"]: node for node in found}
    for each in wrapper.get("derived-inputs", []):
        by_name[each["name"]] = Node(Kind.DERIVED, each)
        by_name[each["derived-from-wrapper-input"]].children.append(by_name[each["name"]])
    feeders = {node.input.get("provides-value-for-command-input"): node for node in by_name.values()}
    for each in command.get("inputs", []):
        feeder = feeders.get(each["name"])
        node = Node(
            Kind.COMMAND, each, optional=feeder is not None and not feeder.input.get("required", True)
        )
        (found if feeder is None else feeder.children).append(node)
    return found
