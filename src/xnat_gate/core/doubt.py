"""What can be said of a condition when some of the elements that it asks for are not known.

Law: an answer is left out only where no value of what is not known could give it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

from xnat_gate.core.protocol.conditions import (
    REQUIRE,
    WHEN,
    AllOf,
    AnyOf,
    Ask,
    Condition,
    NotMet,
    Reading,
    truth,
)
from xnat_gate.core.protocol.model import Rule
from xnat_gate.core.study import Header

Answers = frozenset[bool | None]
"""As of `conditions.truth`: all that it might be."""
_ANY: Answers = frozenset({True, False, None})


def possible(condition: Condition, headers: Sequence[Header], reading: Reading, known: Set[str]) -> Answers:
    """`known`: the elements that the headers tell."""
    match condition:
        case Ask(element):
            return frozenset({truth(condition, headers, reading)}) if element.name in known else _ANY
        case AllOf(parts):
            return _together((possible(part, headers, reading, known) for part in parts), ends=False)
        case AnyOf(parts):
            return _together((possible(part, headers, reading, known) for part in parts), ends=True)
        case NotMet(part):
            inner = possible(part, headers, replace(reading, every=False), known)
            return frozenset(None if answer is None else not answer for answer in inner)


def may_meet(when: Condition | None, headers: Sequence[Header], known: Set[str]) -> frozenset[bool]:
    """Whether they meet it as a `when`; both where that cannot be told."""
    if when is None:
        return frozenset({True})
    return frozenset(answer is True for answer in possible(when, headers, WHEN, known))


def may_break(rule: Rule, headers: Sequence[Header], known: Set[str]) -> frozenset[bool]:
    """Whether they break the rule; both where that cannot be told."""
    applies = may_meet(rule.when, headers, known)
    if rule.require is None:
        return applies
    kept = frozenset(answer is True for answer in possible(rule.require, headers, REQUIRE, known))
    broken = frozenset(not answer for answer in kept) if True in applies else frozenset[bool]()
    return broken | ({False} if False in applies else frozenset[bool]())


def _together(parts: Iterable[Answers], *, ends: bool) -> Answers:
    """All that a conjunction (`ends` False) or disjunction (True) of these might be."""
    found: Answers = frozenset({not ends})
    for part in parts:
        found = frozenset(_joined(one, other, ends=ends) for one in found for other in part)
    return found


def _joined(one: bool | None, other: bool | None, *, ends: bool) -> bool | None:
    if ends in (one, other):
        return ends
    return None if None in (one, other) else not ends
