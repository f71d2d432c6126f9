"""What an object says to what it is asked (`asking`): gathered while its elements go by, at every depth.

Laws: only what is asked for is read, and of bulk nothing but its length; an element that is asked for and stands twice
in one data set or item is damage, since readers differ in which one they take; what items say together is bounded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from xnat_gate.edge.dicom_files.asking import CHARSET, SIGN, Asked, Node, names_within
from xnat_gate.edge.dicom_files.cursor import Cursor, Damaged, TooLarge
from xnat_gate.edge.dicom_files.elements import LONGEST_TEXT, Element, elements, items, text_value, weighed
from xnat_gate.edge.dicom_files.private import Blocks
from xnat_gate.edge.dicom_files.text import NO_TEXT, READABLE_VRS, unknown_values, values

ITEM = ("item",)
MOST_IN_ITEMS = 1 << 23
"""Letters and values that the items of an object may have for one name."""
MOST_SAID = 1 << 24
"""Letters and values that an object may have for all names together."""


class Nested:
    """What the items of one object have said so far, by the whole name of what was asked."""

    def __init__(self) -> None:
        self._said: dict[str, list[str]] = defaultdict(list)
        self._sizes: dict[str, int] = defaultdict(int)
        self._there: set[str] = set()
        self._with_value: set[str] = set()
        self._weight = 0

    def weigh(self, said: tuple[str, ...]) -> None:
        """One more element that was read, in an item or in none."""
        self._weight += sum(map(len, said)) + len(said)
        if self._weight > MOST_SAID:
            raise TooLarge(f"what is asked of it says more than {MOST_SAID:,} letters")

    def add(self, name: str, found: tuple[str, ...] | None) -> None:
        """One more item: None where it lacks the element."""
        said = found or ("",)
        if found is not None:
            self._there.add(name)
        if any(said):
            self._with_value.add(name)
        self._sizes[name] += sum(map(len, said)) + len(said)
        if self._sizes[name] > MOST_IN_ITEMS:
            raise TooLarge(f"{name} has values in more items than can be told")
        self._said[name] += said

    def header(self) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(self._said[name]) if name in self._with_value else () for name in sorted(self._there)
        }


class Layer:
    """One data set or item while its elements go by. `found`: by key, what it has said so far."""

    def __init__(self, asked: Asked, above: Layer | None = None) -> None:
        self.found: dict[str, tuple[str, ...]] = {}
        self.nested: Nested = above.nested if above else Nested()
        self._asked = asked
        self._tags = asked.tags
        self.above = above
        self._taken: set[int] = set()
        self._blocks = Blocks(asked.privates) if asked.privates else None

    @property
    def nests(self) -> bool:
        """Whether a sequence may have something that is asked for."""
        return self._asked.nests

    @property
    def charset(self) -> tuple[str, ...]:
        """An item without its own has that of what holds it (PS3.5 7.5.3)."""
        return self._own_or_above(CHARSET)

    def node(self, tag: int) -> Node | None:
        """What is asked of this element."""
        node = self._tags.get(tag)
        if node is None and self._blocks is not None and tag & 0x10000:
            return self._blocks.node(tag)
        return node

    def read(self, cursor: Cursor, element: Element, raw: bytes | None = None) -> None:
        """Take in an element that is no sequence. `raw`: its value, where that has been read already."""
        tag = element.tag
        node = self._tags.get(tag)
        if node is None and self._blocks is not None and tag & 0x10000:
            if self._blocks.begins(tag):
                creator = values(text_value(cursor, element), "LO", self.charset)
                self._blocks.reserve(tag, "\\".join(creator))
            node = self._blocks.node(tag)
        if node is not None:
            self.take(tag)
            self.note(node, self._values(cursor, element, node, raw))
            if node.within is not None and element.length:
                for name in names_within(node.within):  # a sequence that nobody can open may hold anything
                    self.nested.add(name, NO_TEXT)

    def take(self, tag: int) -> None:
        """This element is there."""
        if tag in self._taken:
            raise Damaged("the element stands there twice")
        self._taken.add(tag)

    def note(self, node: Node, said: tuple[str, ...]) -> None:
        """What it says, after what it says in another private block."""
        self.nested.weigh(said)
        self.found[node.key] = self.found.get(node.key, ()) + said

    def close(self) -> None:
        """The end of an item."""
        for node in self._asked.named:
            self.nested.add(node.name, self.found.get(node.key))

    def _values(self, cursor: Cursor, element: Element, node: Node, raw: bytes | None) -> tuple[str, ...]:
        vr = node.vr_in(element.vr)
        if vr == "US or SS":
            vr = "SS" if self._own_or_above(SIGN)[:1] == ("1",) else "US"
        if vr and vr not in READABLE_VRS:
            return NO_TEXT if node.private and element.length else weighed(element)
        if not vr and element.length > LONGEST_TEXT:
            return NO_TEXT
        raw = text_value(cursor, element) if raw is None else raw
        if not vr:
            return unknown_values(raw, self.charset)
        return values(raw, vr, self.charset, little=element.coding.little)

    def _own_or_above(self, keyword: str) -> tuple[str, ...]:
        layer: Layer | None = self
        while layer is not None:
            if keyword in layer.found:
                return layer.found[keyword]
            layer = layer.above
        return ()


def asked_items(
    cursor: Cursor, sequence: Element, layer: Layer | None
) -> Iterator[tuple[int | None, Layer | None]]:
    """As `items`, and the layer of each item when something is asked of it. `layer`: what holds the sequence."""
    node = layer.node(sequence.tag) if layer else None
    if layer is None or node is None or not node.may_nest:
        for end in items(cursor, sequence):
            yield end, None
        return
    layer.take(sequence.tag)
    number = 0
    for end in items(cursor, sequence):
        item = Layer(node.within, layer) if node.within else None
        yield end, item
        if item is not None:
            item.close()
        number += 1
    layer.note(node, (NO_TEXT if node.private else ITEM) * number)


def walk(cursor: Cursor, sequence: Element, layer: Layer) -> None:
    """Read a sequence as far as it is asked for."""
    if layer.node(sequence.tag) is None:
        return
    for end, item in asked_items(cursor, sequence, layer):
        if item is None and end is not None:
            continue
        for element in elements(cursor, sequence.coding, end, sequence.depth + 1):
            if item is None:
                continue
            if element.is_sequence:
                walk(cursor, element, item)
            else:
                item.read(cursor, element)
