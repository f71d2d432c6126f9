"""When a failed arrival is tried again."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as some

from xnat_gate.core.patience import FIRST, LONGEST, Patience


def test_what_never_failed_may_be_tried_at_once() -> None:
    assert Patience().may_try("a", 0.0)
    assert not Patience().has_failed("a")


@given(some.integers(1, 60), some.floats(0, 1e9))
def test_each_failure_waits_longer_but_never_longer_than_the_longest_pause(times: int, now: float) -> None:
    patience, pauses = Patience(), []
    for _ in range(times):
        patience = patience.after_failure("a", now)
        pauses.append(patience.postponed["a"].until - now)
    assert abs(pauses[0] - FIRST) < 1
    assert all(before <= after + 1 for before, after in itertools.pairwise(pauses))
    assert max(pauses) <= LONGEST + 1


def test_a_failure_postpones_nothing_else_and_a_success_forgets_it() -> None:
    patience = Patience().after_failure("a", 0.0)
    assert patience.may_try("b", 0.0)
    assert not patience.may_try("a", FIRST - 1)
    assert patience.may_try("a", FIRST)
    assert patience.without("a").may_try("a", 0.0)
