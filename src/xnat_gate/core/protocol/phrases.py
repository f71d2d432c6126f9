"""Conditions as they are written: elements with what is asked of them, joined by all, any and not.

Laws: nothing is left out that was not understood; nesting is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.protocol.conditions import AllOf, AnyOf, Condition, NotMet
from xnat_gate.core.protocol.document import Node
from xnat_gate.core.protocol.elements import element_of
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.model import Level
from xnat_gate.core.protocol.questions import Asked, read_tests

ALL, ANY, NOT = "all", "any", "not"
JOINING = {
    ALL: "a list of conditions, all of which are met",
    ANY: "a list of conditions, one of which at least is met",
    NOT: "a condition that is not met",
}
"""The words that may stand in place of an element."""
DEEPEST = 4
MOST_PARTS = 50
_EXAMPLE = "{Modality: [SC, US]}"


def read_condition(tree: Node, key: str, ledger: Ledger, level: Level, depth: int = 0) -> Condition | None:
    """What is written below `when` or `require`; None with the faults noted."""
    table = ledger.table(tree, key, f"write for example {_EXAMPLE}")
    if table is None:
        return None
    if not table.entries:
        ledger.fault(tree, key, "asks nothing", f"write for example {_EXAMPLE}, or take the key out")
        return None
    if depth > DEEPEST:
        ledger.fault(
            tree, key, f"conditions lie more than {DEEPEST} deep in each other", "part it into several rules"
        )
        return None
    before = len(ledger.faults)
    parts: list[Condition] = []
    for name, (place, value) in ledger.pairs(table, key).items():
        parts += _parts(name, place, value, f"{key}.{name}", ledger, level, depth)
    if len(ledger.faults) > before:
        return None
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _parts(
    name: str, place: Node, value: Node, key: str, ledger: Ledger, level: Level, depth: int
) -> Iterator[Condition]:
    if name in (ALL, ANY):
        found = tuple(_listed(value, key, ledger, level, depth))
        if found:
            yield AllOf(found) if name == ALL else AnyOf(found)
    elif name == NOT:
        part = read_condition(value, key, ledger, level, depth + 1)
        if isinstance(part, NotMet):
            ledger.fault(place, key, "a not within a not", "write what is meant without either")
        elif part is not None:
            yield NotMet(part)
    elif name.casefold() in JOINING and name not in ledger.vocabulary.tags:
        ledger.fault(place, key, "unknown key", f"did you mean {name.casefold()}?")
    else:
        element = element_of(place, name, key, ledger)
        if element is not None:
            distinct = level is not Level.INSTANCE
            yield from read_tests(value, Asked(element, key, distinct, ledger))


def _listed(tree: Node, key: str, ledger: Ledger, level: Level, depth: int) -> Iterator[Condition]:
    if not isinstance(tree.value, tuple) or not 0 < len(tree.value) <= MOST_PARTS:
        what = (
            "the list is empty" if tree.value == () else f"a list of 1 to {MOST_PARTS} conditions is needed"
        )
        ledger.fault(
            tree, key, what, f"write for example [{_EXAMPLE}, {{BurnedInAnnotation: {{absent: true}}}}]"
        )
        return
    for number, item in enumerate(tree.value, 1):
        part = read_condition(item, f"{key}[{number}]", ledger, level, depth + 1)
        if part is not None:
            yield part
