"""Conditions: what a rule asks of the headers of one object, one series or one study, and when it is met.

Laws: what is not there meets no comparison. `when` takes a missing or empty value for another one, so that a
comparison is not met and its `not` is; `require` is never met by it, `not` included. Of several values one is enough
for `when` and within `not`; `require` wants them all. Only present, empty, absent and count answer for what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from xnat_gate.core.protocol.comparisons import Comparison, as_number, bounds
from xnat_gate.core.protocol.vocabulary import Element, Holds
from xnat_gate.core.study import Header


class State(StrEnum):
    """Whether an element is there. `present`: with a value; `empty`: without one; `absent`: not at all."""

    PRESENT = "present"
    EMPTY = "empty"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Count:
    """How many values an object has, or, `distinct`, how many different ones are met in a series or study."""

    low: int | None
    high: int | None
    distinct: bool

    def meets(self, number: int) -> bool:
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        number = str(self.low) if self.low == self.high else bounds(self.low, self.high)
        return f"{number} {'different ' if self.distinct else ''}value{'' if self.low == self.high == 1 else 's'}"


Test = Comparison | State | Count


@dataclass(frozen=True, slots=True)
class Ask:
    """One question about one element."""

    element: Element
    test: Test


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NotMet:
    part: Condition


Condition = Ask | AllOf | AnyOf | NotMet


@dataclass(frozen=True, slots=True)
class Reading:
    """How a condition is read. `every`: all values must meet it; `unknown`: what a missing value answers."""

    every: bool
    unknown: bool | None


WHEN = Reading(every=False, unknown=False)
REQUIRE = Reading(every=True, unknown=None)


def is_met(condition: Condition, headers: Sequence[Header], reading: Reading) -> bool:
    """Whether these headers (one for an object, all of a series or study) meet it."""
    return truth(condition, headers, reading) is True


def truth(condition: Condition, headers: Sequence[Header], reading: Reading) -> bool | None:
    """None where it cannot be told, because something is missing or unreadable."""
    match condition:
        case Ask():
            return _answer(condition, headers, reading)
        case AllOf(parts):
            return _all(truth(part, headers, reading) for part in parts)
        case AnyOf(parts):
            return _any(truth(part, headers, reading) for part in parts)
        case NotMet(part):
            met = truth(part, headers, replace(reading, every=False))
            return None if met is None else not met


def asks(condition: Condition | None) -> Iterator[Ask]:
    """All questions in it."""
    match condition:
        case Ask():
            yield condition
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from asks(part)
        case NotMet(part):
            yield from asks(part)


def values_of(element: Element, header: Header) -> tuple[str, ...] | None:
    """The values that are meant; () for an element without a value, None for one that is not there."""
    values = header.get(element.name)
    if not values or element.number is None:
        return values
    return values[element.number - 1 : element.number] or None


def state_of(element: Element, header: Header) -> State:
    values = values_of(element, header)
    if values is None:
        return State.ABSENT
    return State.PRESENT if any(value.strip() for value in values) else State.EMPTY


def number_of(ask: Ask, headers: Sequence[Header], *, distinct: bool) -> int:
    """What a count counts."""
    values = [value.strip() for header in headers for value in values_of(ask.element, header) or ()]
    if not distinct:
        return len(values)
    if ask.element.holds is Holds.NUMBER:
        return len({as_number(value) or value for value in values if value})
    return len({value for value in values if value})


def _answer(ask: Ask, headers: Sequence[Header], reading: Reading) -> bool | None:
    test = ask.test
    if isinstance(test, Count):
        return test.meets(number_of(ask, headers, distinct=test.distinct))
    combine = _all if reading.every else _any
    if isinstance(test, State):
        return combine(state_of(ask.element, header) is test for header in headers)
    met = combine(answer for header in headers for answer in _compared(ask.element, test, header))
    return reading.unknown if met is None else met


def _compared(element: Element, test: Comparison, header: Header) -> Iterator[bool | None]:
    values = values_of(element, header)
    if not values:
        yield None
        return
    for value in values:
        yield test.meets(value) if value.strip() else None


def _all(answers: Iterable[bool | None]) -> bool | None:
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown = unknown or answer is None
    return None if unknown else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    unknown = False
    for answer in answers:
        if answer is True:
            return True
        unknown = unknown or answer is None
    return None if unknown else False
