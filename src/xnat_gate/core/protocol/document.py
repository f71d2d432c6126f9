"""A protocol as a plain tree: what a YAML file says, with the line and column of everything it says.

Laws: the tree keeps what was written, duplicates and wrong types too, so that the parser can complain about them;
lines and columns count from 1, and 0 means that nobody wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass

Scalar = str | int | float | bool | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping in the order of writing; a key may stand twice and may be anything."""

    entries: tuple[tuple[Node, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One value with its place. `text` is a scalar as it was written, where that differs from str(value)."""

    value: Scalar | tuple[Node, ...] | Table
    line: int = 0
    column: int = 0
    text: str = ""

    @property
    def written(self) -> str:
        """The scalar as its writer sees it: `NO`, not False."""
        if isinstance(self.value, tuple | Table):
            return f"({self.kind})"
        return self.text or ("" if self.value is None else str(self.value))

    @property
    def kind(self) -> str:
        """What it is, in words for a person."""
        return _KINDS[type(self.value)]


_KINDS: dict[type, str] = {
    str: "text",
    bool: "a yes/no value",
    int: "a number",
    float: "a number",
    type(None): "nothing",
    tuple: "a list",
    Table: "a group of keys",
}

Document = Node


def node(value: object) -> Node:
    """The tree of plain Python values, with no place: for defaults, and for protocols made in code."""
    if isinstance(value, dict):
        return Node(Table(tuple((node(key), node(item)) for key, item in value.items())))
    if isinstance(value, list | tuple):
        return Node(tuple(node(item) for item in value))
    if value is None or isinstance(value, str | int | float):
        return Node(value)
    raise TypeError(f"no place in a protocol for {type(value).__name__}")


def plain(tree: Node) -> Plain:
    """The values without their places; of a key given twice the last one stays, keys become text as written."""
    if isinstance(tree.value, Table):
        return {key.written: plain(item) for key, item in tree.value.entries}
    if isinstance(tree.value, tuple):
        return [plain(item) for item in tree.value]
    return tree.value
