"""No tree whatever makes the parser crash, and none gets past it half understood."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.protocol import Fault, Protocol, ProtocolInvalid, node, parse, plain

SMALLEST: dict[str, Any] = {
    "protocol": 1,
    "projects": {"hospital": "HOSPITAL", "quarantine": "QUARANTINE"},
    "allow": {"Modality": ["CT", "MR"]},
}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
words = st.sampled_from(
    [
        *(
            "protocol",
            "name",
            "projects",
            "hospital",
            "quarantine",
            "labels",
            "subject",
            "allow",
            "deny",
            "rt",
            "orphan",
            "duplicates",
            "same_bytes",
            "new_uid",
        ),
        *(
            "links",
            "conflict",
            "rejected",
            "keep",
            "rules",
            "Modality",
            "ALL",
            "NONE",
            "CT",
            "*",
            "30m",
            "{PatientID}",
        ),
    ]
)
trees = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | scalars, inner, max_size=5),
    max_leaves=25,
)


def outcome(tree: object) -> Protocol | tuple[Fault, ...]:
    try:
        return parse(node(tree), VOCABULARY)
    except ProtocolInvalid as invalid:
        return invalid.faults


@given(trees)
def test_no_tree_whatever_makes_the_parser_crash(tree: object) -> None:
    assert outcome(tree)


@given(st.dictionaries(words, trees, max_size=6))
def test_damage_to_a_good_protocol_is_refused_or_harmless(damage: dict[str, object]) -> None:
    result = outcome({**SMALLEST, **damage})
    if isinstance(result, Protocol):
        assert result.allow
        assert result.hospital.casefold() != result.quarantine_project.casefold()
    else:
        assert all(fault.message for fault in result)


@given(st.dictionaries(st.text(), st.lists(st.text() | st.integers())))
def test_a_tree_keeps_the_values_it_was_made_of(tree: dict[str, list[str | int]]) -> None:
    assert plain(node(tree)) == tree


def test_a_tree_takes_no_value_that_no_protocol_has() -> None:
    with pytest.raises(TypeError, match="no place in a protocol for bytes"):
        node(b"x")
