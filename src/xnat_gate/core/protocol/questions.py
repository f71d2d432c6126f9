"""The rule types: what a rule may ask of one element. A closed set; parser, schema and manual are made from this table.

Laws: a question that no value could answer with yes is a fault; so is one that the kind of the element does not allow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from xnat_gate.core.protocol import bounding, wording
from xnat_gate.core.protocol.conditions import Ask, Condition, Count, NotMet, State, Test
from xnat_gate.core.protocol.document import Node, Table
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.kinds import Schema
from xnat_gate.core.protocol.vocabulary import Element, Holds


class RuleType(StrEnum):
    """The words that may stand below an element."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    NOT = "not"
    GLOB = "glob"
    PREFIX = "prefix"
    REGEX = "regex"
    PRESENT = "present"
    EMPTY = "empty"
    ABSENT = "absent"
    RANGE = "range"
    DATE_RANGE = "date_range"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a question stands, and of what. `distinct`: of a whole series or study."""

    element: Element
    key: str
    distinct: bool
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Page:
    """One rule type. `values`: what is written behind it; `does`: when it is met; `of`: the kinds of element it may
    ask; `read`: the test, or None with the faults noted."""

    values: str
    does: str
    of: frozenset[Holds]
    read: Callable[[Node, Asked], Test | None]
    schema: Schema


_ALL = frozenset(Holds)
_COMPARABLE = frozenset(one for one in Holds if one.comparable)
_TEXTS = frozenset({Holds.TEXT, Holds.NAME, Holds.UID, Holds.UNKNOWN})
_NUMBERS = frozenset({Holds.NUMBER, Holds.UNKNOWN})
_DATES = frozenset({Holds.DATE, Holds.UNKNOWN})


def _state(state: State) -> Callable[[Node, Asked], State | None]:
    def read(tree: Node, asked: Asked) -> State | None:
        if tree.value is True:
            return state
        others = ", ".join(one for one in State if one is not state)
        asked.ledger.fault(tree, asked.key, f"only true can stand here, not {tree.written or tree.kind}",
                           f"write {state}: true, or one of {others}")  # fmt: skip
        return None

    return read


def _count(tree: Node, asked: Asked) -> Count | None:
    if asked.distinct and asked.element.holds is Holds.ITEMS:
        asked.ledger.fault(tree, asked.key, "the items of a sequence can only be counted in one object",
                           "write level: instance")  # fmt: skip
        return None
    found = bounding.whole_numbers(tree, asked.key, asked.ledger)
    most = asked.element.most
    if found is not None and most is not None and not asked.distinct and (found[0] or 0) > most:
        told = f"{asked.element} has no more than {most} value{'s'[: most > 1]}"
        asked.ledger.fault(tree, asked.key, told, "count fewer")
        return None
    return None if found is None else Count(*found, distinct=asked.distinct)


_TRUE: Schema = {"const": True}
_SCALAR: Schema = {"type": ["string", "number"]}
_WORDS: Schema = {"type": "array", "minItems": 1, "maxItems": wording.MOST_VALUES, "items": _SCALAR}
_TEXT: Schema = {"type": "string", "pattern": r"\S"}

PAGES: dict[RuleType, Page] = {
    RuleType.EQUALS: Page(
        "one value", "The value is this one.", _COMPARABLE,
        lambda tree, asked: wording.equals(tree, asked.element, asked.key, asked.ledger), _SCALAR),
    RuleType.ONE_OF: Page(
        "a list of values", "The value is one of these; `*` stands for any characters, as in `allow` and `deny`.",
        _COMPARABLE, lambda tree, asked: wording.one_of(tree, asked.element, asked.key, asked.ledger), _WORDS),
    RuleType.NOT: Page(
        "a value, a list, or another rule type",
        "No value is as written here. In `require` there must be a value, too.", _ALL,
        lambda tree, asked: None, {"$ref": "#/$defs/value"}),
    RuleType.GLOB: Page(
        "a pattern", "The value fits: `*` any characters, `?` one character.", _TEXTS,
        lambda tree, asked: wording.glob(tree, asked.element, asked.key, asked.ledger), _TEXT),
    RuleType.PREFIX: Page(
        "text", "The value begins with it.", _TEXTS,
        lambda tree, asked: wording.prefix(tree, asked.element, asked.key, asked.ledger), _TEXT),
    RuleType.REGEX: Page(
        "a regular expression of RE2's syntax, at most 200 characters", "The whole value fits.", _TEXTS,
        lambda tree, asked: wording.regex(tree, asked.key, asked.ledger), _TEXT),
    RuleType.PRESENT: Page(
        "`true`", "The element is there, with a value.", _ALL, _state(State.PRESENT), _TRUE),
    RuleType.EMPTY: Page(
        "`true`", "The element is there, without a value.", _ALL, _state(State.EMPTY), _TRUE),
    RuleType.ABSENT: Page(
        "`true`", "The element is not there at all.", _ALL, _state(State.ABSENT), _TRUE),
    RuleType.RANGE: Page(
        "`{from: 1, to: 5}`, or one of the two", "The value is a number in this range, its ends included.", _NUMBERS,
        lambda tree, asked: bounding.numbers(tree, asked.key, asked.ledger), bounding.SCHEMA),
    RuleType.DATE_RANGE: Page(
        "`{from: 2026-01-01, to: 2026-12-31}`, or one of the two", "The value is a day in this range, its ends "
        "included.", _DATES, lambda tree, asked: bounding.dates(tree, asked.key, asked.ledger), bounding.SCHEMA),
    RuleType.COUNT: Page(
        "a whole number, or `{from: 1, to: 5}`", "So many values has the element of one object (0 when it is missing), "
        "or a sequence items; with `level: series` or `study`: so many different values are met.",
        _ALL - {Holds.BYTES}, _count,
        {"anyOf": [bounding.WHOLE, bounding.SCHEMA]}),
}  # fmt: skip


def read_tests(tree: Node, asked: Asked) -> tuple[Condition, ...]:
    """What stands behind an element; empty with the faults noted."""
    if isinstance(tree.value, Table):
        return _named(tree, asked)
    kind = RuleType.ONE_OF if isinstance(tree.value, tuple) else RuleType.EQUALS
    return _one(kind, tree, asked)


def _named(tree: Node, asked: Asked) -> tuple[Condition, ...]:
    table = asked.ledger.table(tree, asked.key, "")
    if table is None or not table.entries:
        asked.ledger.fault(tree, asked.key, "asks nothing", "write for example {equals: CT}")
        return ()
    found: list[Condition] = []
    for name, (place, value) in asked.ledger.pairs(table, asked.key).items():
        key = f"{asked.key}.{name}"
        if name not in PAGES:
            asked.ledger.unknown(place, key, "rule type", PAGES, f"the rule types are {', '.join(PAGES)}")
        else:
            found += _one(RuleType(name), value, Asked(asked.element, key, asked.distinct, asked.ledger))
    return tuple(found)


def _one(kind: RuleType, tree: Node, asked: Asked) -> tuple[Condition, ...]:
    page, holds = PAGES[kind], asked.element.holds
    if holds not in page.of:
        possible = ", ".join(name for name, one in PAGES.items() if holds in one.of)
        asked.ledger.fault(
            tree,
            asked.key,
            f"{asked.element} holds {holds.value}: {kind} cannot be asked",
            f"write one of {possible}",
        )
        return ()
    if kind is RuleType.NOT:
        return tuple(map(NotMet, _negated(tree, asked)))
    test = page.read(tree, asked)
    return () if test is None else (Ask(asked.element, test),)


def _negated(tree: Node, asked: Asked) -> tuple[Condition, ...]:
    if isinstance(tree.value, Table) and any(key.value == RuleType.NOT for key, _ in tree.value.entries):
        asked.ledger.fault(tree, asked.key, "a not within a not", "write what is meant without either")
        return ()
    if isinstance(tree.value, Table) and len(tree.value.entries) > 1:
        asked.ledger.fault(tree, asked.key, "more than one rule type below not, which could mean two things",
                           "write a not of its own for each")  # fmt: skip
        read_tests(tree, asked)  # for its other faults
        return ()
    if not isinstance(tree.value, Table) and not asked.element.holds.comparable:
        asked.ledger.fault(tree, asked.key, f"{asked.element} holds {asked.element.holds.value}, which equals nothing",
                           "write for example {not: {present: true}}")  # fmt: skip
        return ()
    return read_tests(tree, asked)
