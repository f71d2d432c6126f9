"""Whether a condition could ever be met, and whether it follows from another: what can be seen without any data.

Law: what is refused here can truly never happen; what only looks odd is let alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from xnat_gate.core.protocol.comparisons import Comparison, DateRange, OneOf, Range, plain
from xnat_gate.core.protocol.conditions import AllOf, AnyOf, Ask, Condition, Count, NotMet, State


def contradiction(condition: Condition, *, every: bool) -> str:
    """Why it, or a part of it, can never be met; empty when it can. `every`: all values must meet it, so that two
    different ones are too many; else that holds only of elements of which a single value is meant."""
    for part in _conjuncts(condition):
        if isinstance(part, AnyOf):
            told = next(filter(None, (contradiction(one, every=every) for one in part.parts)), "")
        else:
            told = contradiction(part.part, every=False) if isinstance(part, NotMet) else ""
        if told:
            return told
    asked, excluded = _by_element(condition)
    for name, asks in asked.items():
        alone = every or all(ask.element.single for ask in asks)
        why = _of_states(asks) or _of_counts(asks) or _of_exclusions(asks, excluded[name])
        why = why or (_of_values(asks, excluded[name]) or _of_ranges(asks) if alone else "")
        if why:
            return f"{name} {why}, so nothing can ever meet this"
    return ""


def follows(given: Condition, wanted: Condition, *, every: bool) -> bool:
    """Whether all that meets the one meets the other: seen where each comparison that is wanted holds of every value
    that is given. `every`: all values must meet what is wanted."""
    asked, _ = _by_element(given)
    for part in _conjuncts(wanted):
        if not isinstance(part, Ask) or isinstance(part.test, State | Count):
            return False
        if every and not part.element.single:
            return False
        lists = [_literals(ask) for ask in asked.get(str(part.element), ())]
        if not any(words and all(part.test.meets(word) for word in words) for words in lists):
            return False
    return True


def _by_element(condition: Condition) -> tuple[dict[str, list[Ask]], dict[str, list[Ask]]]:
    """What must be met together, and what must not be, by what it is asked of."""
    asked: dict[str, list[Ask]] = defaultdict(list)
    excluded: dict[str, list[Ask]] = defaultdict(list)
    for part in _conjuncts(condition):
        if isinstance(part, Ask):
            asked[str(part.element)].append(part)
        elif isinstance(part, NotMet) and isinstance(part.part, Ask):
            excluded[str(part.part.element)].append(part.part)
    return asked, excluded


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    """What must be met together."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _literals(ask: Ask) -> tuple[str, ...]:
    """The values of a list without wildcards; none of any other test."""
    test = ask.test
    if not isinstance(test, OneOf) or any("*" in word for word in test.words):
        return ()
    return tuple(plain(word, test.holds) for word in test.words)


def _of_states(asks: list[Ask]) -> str:
    states = {ask.test for ask in asks if isinstance(ask.test, State)}
    if len(states) > 1:
        return f"would have to be {' and '.join(sorted(states))} at once"
    none = any(isinstance(ask.test, Count) and ask.test.high == 0 for ask in asks)
    if none and (State.PRESENT in states or _comparisons(asks)):
        return "would have to have a value and none at once"
    if _comparisons(asks) and states - {State.PRESENT}:
        return f"would have to be {next(iter(states))} and have a value at once"
    return ""


def _of_counts(asks: list[Ask]) -> str:
    counts = [ask.test for ask in asks if isinstance(ask.test, Count)]
    least = max((one.low for one in counts if one.low is not None), default=0)
    most = min((one.high for one in counts if one.high is not None), default=least)
    if least > most:
        return f"would have to have {' and '.join(map(str, counts))} at once"
    return ""


def _of_values(asks: list[Ask], excluded: list[Ask]) -> str:
    """A list of values of which none meets all the rest."""
    for ask in asks:
        others = [other for other in _comparisons(asks) if other is not ask.test]
        barred = _comparisons(excluded)
        words = _literals(ask)
        left = [
            word
            for word in words
            if all(other.meets(word) is not False for other in others)
            and not any(one.meets(word) for one in barred)
        ]
        if words and not left:
            together = [*map(str, others), *(f"not {one}" for one in barred)]
            return f"would have to be {ask.test} and {' and '.join(together)} at once"
    return ""


def _comparisons(asks: list[Ask]) -> list[Comparison]:
    return [ask.test for ask in asks if not isinstance(ask.test, State | Count)]


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
    """A value that is asked for and excluded: no value that meets the one may be there for the other."""
    for ask in asks:
        words = _literals(ask)
        for one in excluded:
            if ask.test == one.test:
                return f"would have to be {ask.test} and not so at once"
            if (
                words
                and not isinstance(one.test, State | Count)
                and all(one.test.meets(word) for word in words)
            ):
                return f"would have to be {ask.test}, and not {one.test}"
    return ""
