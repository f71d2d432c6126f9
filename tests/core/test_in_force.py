"""Which protocol is in force, as facts and in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.in_force import (
    MOST_FAULTS,
    InForce,
    Refused,
    as_facts,
    curbed,
    from_facts,
    what_was_refused,
    which,
)

ONE = InForce(name="hospital import", version="4", sha256="1a2b3c4d5e6f7788", source="XNAT")
BROKEN = Refused(version="5", sha256="ff", faults=("line 4: unknown key",))
TEXTS = st.text(max_size=10)
REFUSALS = st.builds(
    Refused,
    version=TEXTS,
    sha256=TEXTS,
    faults=st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    since=TEXTS,
)
ALL = st.builds(
    InForce,
    name=TEXTS,
    version=TEXTS,
    sha256=TEXTS,
    source=TEXTS,
    since=TEXTS,
    refused=st.none() | REFUSALS,
)


@given(ALL)
def test_facts_go_through_json_and_come_out_the_same(one: InForce) -> None:
    assert from_facts(json.loads(json.dumps(as_facts(one)))) == one


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@given(JSON, st.sampled_from([*as_facts(ONE)]), ALL)
def test_damaged_facts_are_nothing_or_a_whole_one(damage: object, name: str, one: InForce) -> None:
    assert from_facts(damage) is None
    found = from_facts({**as_facts(one), name: damage})
    assert found is None or isinstance(getattr(found, name), (str, Refused, type(None)))


def test_a_protocol_is_told_with_what_tells_it_from_others() -> None:
    assert which(ONE) == "hospital import, version 4 (sha256 1a2b3c4d5e6f), from XNAT"
    of_file = InForce(name="mine", version="", sha256="1a2b3c4d5e6f7788", source="/etc/mine.yaml")
    assert which(of_file) == "mine (sha256 1a2b3c4d5e6f), from /etc/mine.yaml"


@pytest.mark.parametrize(
    ("faults", "version", "words"),
    [
        (("a",), "5", "version 5 of the protocol is refused (a); version 4 stays in force"),
        (
            ("a", "b"),
            "5",
            "version 5 of the protocol is refused (2 faults, the first: a); version 4 stays in force",
        ),
        (("a",), "", "the newest text of the protocol is refused (a); version 4 stays in force"),
    ],
)
def test_what_was_refused_is_told_with_its_first_fault(
    faults: tuple[str, ...], version: str, words: str
) -> None:
    refused = Refused(version=version, sha256="", faults=faults)
    assert what_was_refused(InForce(**{**_values(ONE), "refused": refused})) == words
    assert what_was_refused(ONE) == ""


def _values(one: InForce) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("name", "version", "sha256", "source")}


def test_no_more_faults_are_told_than_anybody_reads() -> None:
    assert curbed(("a", "b")) == ("a", "b")
    many = curbed(tuple(map(str, range(MOST_FAULTS + 7))))
    assert (len(many), many[-1]) == (MOST_FAULTS + 1, "and 7 more")
