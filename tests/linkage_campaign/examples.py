"""The campaign as a test of hypothesis: a set, a few mutations, and the laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis import strategies as st

from tests.linkage_campaign.judging import hold_the_laws, quiet
from tests.linkage_campaign.mutations import MUTATIONS, Mutation, changed

MOST_MUTATIONS = 4
NOT_WRITTEN = (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError)
"""What pydicom says when it cannot write a data set."""
SMALL = st.integers(0, 60)


def mutations() -> st.SearchStrategy[list[Mutation]]:
    one = st.builds(Mutation, st.sampled_from(sorted(MUTATIONS)), SMALL, st.integers(0, 1000), SMALL)
    return st.lists(one, max_size=MOST_MUTATIONS)


def campaign(files: Mapping[str, bytes], examples: int, number: int) -> Callable[[], None]:
    """A test of so many examples on this set."""

    @seed(number)
    @settings(
        max_examples=examples, deadline=None, database=None, print_blob=False, report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(mutations(), st.integers(0, 1000))
    def laws(chosen: list[Mutation], chance: int) -> None:
        try:
            with quiet():
                everything, whole = changed(files, chosen)
        except NOT_WRITTEN:
            reject()
        hold_the_laws(everything, whole, Random(chance))

    return laws
