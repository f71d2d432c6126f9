"""The head of a rule type's manual page: what is written, what it may ask, and what it answers.

Law: the answers are not written down but asked of the engine, with one example for each type.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from xnat_gate.core.protocol.comparisons import DateRange, Glob, OneOf, Prefix, Range, Regex
from xnat_gate.core.protocol.conditions import (
    REQUIRE,
    WHEN,
    Ask,
    Condition,
    Count,
    NotMet,
    Reading,
    State,
    Test,
    is_met,
)
from xnat_gate.core.protocol.questions import PAGES, RuleType
from xnat_gate.core.protocol.tables import table
from xnat_gate.core.protocol.vocabulary import Element, Holds

_EXAMPLES: dict[RuleType, tuple[Test, str, str]] = {
    RuleType.EQUALS: (OneOf(("A",), Holds.TEXT), "A", "B"),
    RuleType.ONE_OF: (OneOf(("A", "AA"), Holds.TEXT), "A", "B"),
    RuleType.NOT: (OneOf(("B",), Holds.TEXT), "A", "B"),
    RuleType.GLOB: (Glob("A*"), "A", "B"),
    RuleType.PREFIX: (Prefix("A"), "A", "B"),
    RuleType.REGEX: (Regex("A+"), "A", "B"),
    RuleType.PRESENT: (State.PRESENT, "A", ""),
    RuleType.EMPTY: (State.EMPTY, "A", ""),
    RuleType.ABSENT: (State.ABSENT, "A", ""),
    RuleType.RANGE: (Range(Decimal(1), Decimal(5)), "3", "9"),
    RuleType.DATE_RANGE: (DateRange("20260101", "20261231"), "20260131", "20250131"),
    RuleType.COUNT: (Count(2, 2, distinct=False), "A", ""),
}
"""A test, a value that fits and one that does not."""
_ELEMENT = Element("X", Holds.TEXT)
_THERE: tuple[tuple[str, tuple[str, ...] | None], ...] = (
    ("is missing", None),
    ("is empty or blank", ()),
    ("is there", ("A",)),
    ("two of them", ("A", "A")),
    ("two, one of them blank", ("A", "")),
)
"""What may be there of an element."""


def head(kind: RuleType) -> str:
    """Two tables in Markdown."""
    page = PAGES[kind]
    of = "any element" if page.of == set(Holds) else ", ".join(one.value for one in Holds if one in page.of)
    said = (
        ("What is written", page.values),
        ("When it is met", page.does),
        ("What an element must hold", of),
    )
    return f"{table(('', ''), said)}\n\n{_answers(kind)}"


def laws() -> dict[str, str]:
    """Name of a table of protocol/README.md to its Markdown: what all comparisons, and what the others answer."""
    asked: dict[str, Test] = {one: one for one in State}
    rows = (
        (f"`{name}`", *(_cell(Ask(_ELEMENT, test), values, WHEN) for _, values in _THERE))
        for name, test in (*asked.items(), ("count: 0", Count(0, 0, distinct=False)))
    )
    states = table(("Is it met, when the value", *(words for words, _ in _THERE)), rows)
    return {"comparisons": _answers(RuleType.EQUALS), "states": states}


def _answers(kind: RuleType) -> str:
    """What it answers for each kind of value, in each place."""
    test, *_ = _EXAMPLES[kind]
    ask = Ask(_ELEMENT, test)
    if kind is RuleType.NOT:
        columns: tuple[tuple[str, Condition], ...] = (("", NotMet(ask)),)
    else:
        columns = (("", ask), (" behind `not`", NotMet(ask)))
    heads = tuple(f"{place}{more}" for more, _ in columns for place in ("in `when`", "in `require`"))
    rows = ((words, *_cells(values, columns)) for words, values in _values(kind))
    return table(("Is it met, when the value", *heads), rows)


def _cells(values: tuple[str, ...] | None, columns: tuple[tuple[str, Condition], ...]) -> Iterator[str]:
    for _, condition in columns:
        for reading in (WHEN, REQUIRE):
            yield _cell(condition, values, reading)


def _cell(condition: Condition, values: tuple[str, ...] | None, reading: Reading) -> str:
    header = {} if values is None else {_ELEMENT.name: values}
    return "yes" if is_met(condition, [header], reading) else "no"


def _values(kind: RuleType) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    test, good, bad = _EXAMPLES[kind]
    if isinstance(test, State | Count):
        yield from _THERE
        return
    yield from _THERE[:2]
    yield "fits", (good,)
    yield "does not fit", (bad,)
    yield "two, both fit", (good, good)
    yield "two, one fits", (good, bad)
    yield "two, one fits and one is blank", (good, "")
