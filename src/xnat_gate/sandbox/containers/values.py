"""What the inputs of a launch came to, and what templates and REST see of it.

Laws: an external or a command input that is not set is null, and its key becomes nothing; a derived input that found
nothing has no value at all, then its key, and that of the command input it feeds, stay in every text but the command
line; several values are written as Java writes a list: `[a, b]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xnat_gate.sandbox.containers.objects import Model
from xnat_gate.sandbox.containers.trees import Kind, Node
from xnat_gate.sandbox.models.commands import Shape


@dataclass(frozen=True, slots=True)
class Value:
    """`text` is what templates get, None for null; `model` the object behind it."""

    text: str | None
    model: Model | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """An input with its values. `several`: it may have more than one, and a list is made of them when it has.

    `reached`: XNAT never looks at what hangs on an input without a value.
    """

    node: Node
    values: tuple[Value, ...]
    several: bool = False
    reached: bool = True

    @property
    def input(self) -> Shape:
        return self.node.input

    @property
    def is_list(self) -> bool:
        """One value is no list, even where several were allowed."""
        return self.several and self.reached and len(self.values) != 1

    @property
    def texts(self) -> list[str]:
        return ["null" if value.text is None else value.text for value in self.values]

    @property
    def raw(self) -> str | None:
        """The value as templates and REST see it; None: there is none, and the key stays."""
        if self.is_list:
            return f"[{', '.join(self.texts)}]"
        return self.values[0].text or "" if self.values else None

    @property
    def is_missing(self) -> bool:
        """Nothing but null."""
        return all(value.text is None for value in self.values)

    @property
    def key(self) -> str:
        own = str(self.input.get("replacement-key") or "")
        return own if own.strip() else f"#{self.input['name']}#"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was resolved so far, in the order of the trees."""

    all: list[Resolved] = field(default_factory=list)

    @property
    def wrapper(self) -> Mapping[str, Resolved]:
        return {each.input["name"]: each for each in self.all if each.node.kind is not Kind.COMMAND}

    @property
    def command(self) -> Mapping[str, Resolved]:
        return {each.input["name"]: each for each in self.all if each.node.kind is Kind.COMMAND}

    @property
    def raw(self) -> dict[str, str]:
        """Every value by replacement key."""
        return {each.key: each.raw for each in self.all if each.raw is not None}

    def source(self, mount: str) -> Resolved | None:
        """The wrapper input that provides the files of a mount; the last one, when several do."""
        found = [each for each in self.wrapper.values() if each.reached]
        return next(
            (each for each in reversed(found) if each.input.get("provides-files-for-command-mount") == mount),
            None,
        )
