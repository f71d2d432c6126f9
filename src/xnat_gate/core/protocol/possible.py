"""Whether a condition could ever be met: contradictions that can be seen without any data.

Law: what is refused here can truly never happen; what only looks odd is let alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from xnat_gate.core.protocol.comparisons import DateRange, OneOf, Range
from xnat_gate.core.protocol.conditions import AllOf, Ask, Condition, Count, NotMet, State
from xnat_gate.core.protocol.matching import matches, normal
from xnat_gate.core.protocol.vocabulary import Holds


def contradiction(condition: Condition, *, every: bool) -> str:
    """Why it can never be met, empty when it can. `every`: all values must meet it, so that two different ones are too
    many; else that holds only of elements that have a single value."""
    asked: dict[str, list[Ask]] = defaultdict(list)
    excluded: dict[str, list[Ask]] = defaultdict(list)
    for part in _conjuncts(condition):
        if isinstance(part, Ask):
            asked[str(part.element)].append(part)
        elif isinstance(part, NotMet) and isinstance(part.part, Ask):
            excluded[str(part.part.element)].append(part.part)
    for name, asks in asked.items():
        why = _of_states(asks) or _of_values(asks, every=every) or _of_exclusions(asks, excluded[name])
        if why:
            return f"{name} {why}, so nothing can ever meet this"
    return ""


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    """What must be met together."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _of_states(asks: list[Ask]) -> str:
    states = {ask.test for ask in asks if isinstance(ask.test, State)}
    if len(states) > 1:
        return f"would have to be {' and '.join(sorted(states))} at once"
    compared = any(not isinstance(ask.test, State | Count) for ask in asks)
    if compared and states - {State.PRESENT}:
        return f"would have to be {next(iter(states))} and have a value at once"
    return ""


def _of_values(asks: list[Ask], *, every: bool) -> str:
    alone = every or all(ask.element.single or ask.element.number for ask in asks)
    lists = [ask.test for ask in asks if isinstance(ask.test, OneOf)]
    if not alone or len(lists) < 2 or any("*" in word for one in lists for word in one.words):
        return _of_ranges(asks) if alone else ""
    common = set.intersection(*({normal(word) for word in one.words} for one in lists))
    if common or lists[0].holds is Holds.NUMBER:
        return ""
    return f"would have to be {' and '.join(map(str, lists))} at once"


def _of_ranges(asks: list[Ask]) -> str:
    numbers = [ask.test for ask in asks if isinstance(ask.test, Range)]
    days = [ask.test for ask in asks if isinstance(ask.test, DateRange)]
    least = max((one.low for one in numbers if one.low is not None), default=None)
    most = min((one.high for one in numbers if one.high is not None), default=None)
    if least is not None and most is not None and least > most:
        return f"would have to be {' and '.join(map(str, numbers))} at once"
    first = max((one.low for one in days), default="")
    last = min((one.high for one in days if one.high), default="")
    if first and last and first > last:
        return f"would have to be {' and '.join(map(str, days))} at once"
    return ""


def _of_exclusions(asks: list[Ask], excluded: list[Ask]) -> str:
    """A value that is asked for and excluded."""
    for ask in asks:
        for one in excluded:
            if ask.test == one.test:
                return f"would have to be {ask.test} and not so at once"
            if isinstance(ask.test, OneOf) and isinstance(one.test, OneOf) and _covers(one.test, ask.test):
                return f"would have to be {ask.test}, and not {one.test}"
    return ""


def _covers(outer: OneOf, inner: OneOf) -> bool:
    """Whether each of the inner values is one of the outer ones."""
    if outer.holds is Holds.NUMBER or any("*" in word for word in inner.words):
        return False
    return all(any(matches(pattern, word) for pattern in outer.words) for word in inner.words)
