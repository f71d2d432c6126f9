"""The events of YAML become the tree of core.protocol.

Laws: of YAML only what a list of settings needs: no tags, anchors, aliases, merge keys or second documents; aliases
are never followed and nesting is bounded, so that no text takes more work than its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from xnat_gate.core.protocol import Document, Fault, Node, Table
from xnat_gate.edge.protocol_file.events import events_of, spot, syntax_fault

DEEPEST = 20
_RESOLVER = yaml.resolver.Resolver()
_UNSEEN = "\N{REPLACEMENT CHARACTER}"
_NULL, _BOOL, _INT, _FLOAT, _MERGE = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "merge")
)


@dataclass
class _Open:
    """A list or mapping whose end has not been met; `name` is what it stands under."""

    node: Node
    is_table: bool
    name: str = ""
    items: list[Node] = field(default_factory=list)

    @property
    def wants_key(self) -> bool:
        return self.is_table and len(self.items) % 2 == 0

    def closed(self) -> Node:
        value = (
            Table(tuple(zip(self.items[::2], self.items[1::2], strict=True)))
            if self.is_table
            else tuple(self.items)
        )
        return Node(value, self.node.line, self.node.column)


class TooDeep(Exception):
    """The text is nested deeper than any protocol; `fault` says where."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


def tree_of(text: str) -> tuple[Document | None, list[Fault]]:
    """The tree, None when the text is no YAML, and everything in it that this language does not use."""
    builder = _Builder()
    try:
        for event in events_of(text):
            builder.take(event)
    except yaml.YAMLError as error:
        return None, [*builder.faults, syntax_fault(error, text)]
    except TooDeep as error:
        return None, [*builder.faults, error.fault]
    return builder.root or Node(None, 1, 1), builder.faults


class _Builder:
    """Puts events together; keeps going after what it has to refuse."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents == 2:
                self._refuse(
                    event, "a second document", "keep to one protocol in a file, without --- between"
                )
        elif isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"the alias *{event.anchor}", "write the value out")
            self._add(_place(event, None))
        elif isinstance(event, yaml.ScalarEvent):
            self._decoration(event)
            self._add(self._scalar(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._decoration(event)
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._add(self._open.pop().closed())

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        place = _place(event, None)
        if len(self._open) == DEEPEST:
            raise TooDeep(
                Fault(place.line, place.column, self._path(), f"nested deeper than {DEEPEST} levels")
            )
        self._open.append(_Open(place, isinstance(event, yaml.MappingStartEvent)))

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = self.root or node
            return
        parent = self._open[-1]
        if parent.wants_key:
            parent.name = node.written
        parent.items.append(node)

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        tag = str(_RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit))  # type: ignore[no-untyped-call]
        text = "".join(letter if letter.isprintable() else _UNSEEN for letter in event.value)
        if tag == _MERGE:
            self._refuse(event, "the merge key <<", "write the keys out", self._path(text))
        if text != event.value:
            self._refuse(event, "text with line breaks or unseen characters", "type it anew on one line")
        return _place(event, _value(text, tag), text)

    def _decoration(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._refuse(event, f"the anchor &{event.anchor}", "write the value out where it is needed")
        if event.tag is not None:
            self._refuse(event, "a YAML tag (!)", "take it out, or put the text in quotes")

    def _refuse(self, event: yaml.Event, what: str, remedy: str, path: str | None = None) -> None:
        place = _place(event, None)
        key = self._path() if path is None else path
        self.faults.append(Fault(place.line, place.column, key, f"{what} is not used in a protocol", remedy))

    def _path(self, name: str | None = None) -> str:
        """The dotted path of what is being read."""
        names = [level.name for level in self._open if level.is_table]
        if name is not None:
            names[-1:] = [name]
        elif self._open and self._open[-1].wants_key:
            names.pop()
        return ".".join(name for name in names if name)


def _place(event: yaml.Event, value: str | float | bool | None, text: str = "") -> Node:
    return Node(value, *spot(event.start_mark), text)


def _value(text: str, tag: str) -> str | float | bool | None:
    """The value YAML 1.1 sees; dates stay text.

    The language knows one number, `protocol: 1`: every other spelling of one only has to be told apart from text.
    """
    if tag == _NULL:
        return None
    if tag == _BOOL:
        return bool(yaml.SafeLoader.bool_values[text.lower()])
    if tag == _INT and re.fullmatch(r"[1-9][0-9]{0,8}", text):
        return int(text)
    return 0.0 if tag in {_INT, _FLOAT} else text
