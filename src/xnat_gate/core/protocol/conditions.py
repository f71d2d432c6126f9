"""Conditions: what a rule asks of the headers of one object, one series or one study, and when it is met.

Laws: what is not there meets no comparison. `when` takes a missing or empty value for another one, so that a
comparison is not met and its `not` is; `require` is never met by it, `not` included. Of several values one is enough
for `when` and within `not`; `require` wants them all. Only present, empty, absent and count answer for what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from xnat_gate.core.protocol.comparisons import Comparison, bounds, counted_as, plain
from xnat_gate.core.protocol.vocabulary import Element
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


def answers_of(ask: Ask, headers: Sequence[Header], reading: Reading) -> Iterator[bool | None]:
    """What each of the headers by itself answers, as `truth` has it; the fast way, for thousands of them."""
    element, test = ask.element, ask.test
    if element.number is not None or isinstance(test, State | Count):
        yield from (truth(ask, (header,), reading) for header in headers)
        return
    for header in headers:
        values = header.get(element.name)
        if values is not None and len(values) == 1:
            met = _met(test, plain(values[0], element.holds))
            yield reading.unknown if met is None else met
        else:
            yield truth(ask, (header,), reading)


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
    return State.PRESENT if any(has_value(element, value) for value in values) else State.EMPTY


def has_value(element: Element, value: str) -> bool:
    """Whether this is more than blanks; of a name more than carets."""
    return bool(plain(value, element.holds).strip())


def number_of(ask: Ask, headers: Sequence[Header], *, distinct: bool) -> int:
    """What a count counts."""
    element = ask.element
    values = [value for header in headers for value in values_of(element, header) or ()]
    if not distinct:
        return len(values)
    return len({counted_as(value, element.holds) for value in values if has_value(element, value)})


def _answer(ask: Ask, headers: Sequence[Header], reading: Reading) -> bool | None:
    test = ask.test
    if isinstance(test, Count):
        return test.meets(number_of(ask, headers, distinct=test.distinct))
    combine = _all if reading.every else _any
    if isinstance(test, State):
        return combine(_is(ask.element, test, header, every=reading.every) for header in headers)
    met = combine(_compared(ask.element, test, headers))
    return reading.unknown if met is None else met


def _is(element: Element, state: State, header: Header, *, every: bool) -> bool:
    """Required of an element in items, a value has to be in every one of them."""
    values = values_of(element, header)
    if every and state is State.PRESENT and values and element.nested:
        return all(has_value(element, value) for value in values)
    return state_of(element, header) is state


def _compared(element: Element, test: Comparison, headers: Sequence[Header]) -> Iterator[bool | None]:
    """The answer of each value; one for a header without any."""
    for header in headers:
        values = values_of(element, header)
        if not values:
            yield None
            continue
        for value in values:
            yield _met(test, plain(value, element.holds))


def _met(test: Comparison, value: str) -> bool | None:
    return test.meets(value) if value.strip() else None


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
