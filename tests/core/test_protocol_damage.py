"""No tree whatever makes the parser crash, and none gets past it half understood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.protocols import damage, headers, texts
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.judge import judge
from xnat_gate.core.protocol import Fault, Node, Protocol, ProtocolInvalid, Table, node, parse, plain
from xnat_gate.core.protocol.keys import GROUPS, KEYS
from xnat_gate.core.study import Header, Instance, Study
from xnat_gate.edge.protocol_file import loads
from xnat_gate.edge.protocol_file.structure import structure_faults
from xnat_gate.edge.protocol_file.tree import tree_of

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


@given(texts())
@settings(max_examples=40)
def test_a_protocol_as_people_write_it_is_accepted_by_parser_and_schema(text: str) -> None:
    document, refused = tree_of(text)
    assert document is not None
    assert refused == []
    assert parse(document, VOCABULARY)
    assert list(structure_faults(document)) == []


@given(texts(), st.lists(damage(), min_size=1, max_size=2), headers)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_text_is_refused_or_another_protocol_of_which_everything_counts(
    text: str, slips: list[Callable[[str], str]], header: Header
) -> None:
    damaged = reduce(lambda before, slip: slip(before) or text, slips, text)
    now = read(damaged)
    if now is None:
        return
    document, refused = tree_of(damaged)
    assert document is not None
    assert refused == []
    as_yaml_reads_it(plain(document), yaml.safe_load(damaged))
    everything_counts(document)
    before = loads(text, VOCABULARY, "x")
    study = Study("1", (Instance("1.dcm", {"SeriesInstanceUID": ("1.1",), **header}),))
    if judge(study, before).project != judge(study, now).project:
        assert without_digest(before) != without_digest(now)
        assert yaml.safe_load(text) != yaml.safe_load(damaged)
    if yaml.safe_load(text) == yaml.safe_load(damaged):
        assert without_digest(before) == without_digest(now)


def read(text: str) -> Protocol | None:
    """The protocol, None where it is refused; whatever else is raised is a failure."""
    with suppress(ProtocolInvalid):
        return loads(text, VOCABULARY, "x")
    return None


def as_yaml_reads_it(ours: object, theirs: object) -> None:
    """Whether our reading of YAML is that of the library, as far as texts, lists and keys go."""
    if isinstance(ours, dict):
        assert isinstance(theirs, dict)
        assert list(ours) == [str(key) for key in theirs]
        for mine, other in zip(ours.values(), theirs.values(), strict=True):
            as_yaml_reads_it(mine, other)
    elif isinstance(ours, list):
        assert isinstance(theirs, list)
        for mine, other in zip(ours, theirs, strict=True):
            as_yaml_reads_it(mine, other)
    elif isinstance(theirs, str):
        assert ours == theirs


def everything_counts(document: Node) -> None:
    """Without any one of its entries it is refused or another protocol, but for defaults that were written out."""
    whole = parse(document, VOCABULARY)
    for path, rest in without_one(document):
        with suppress(ProtocolInvalid):
            if parse(rest, VOCABULARY) == whole:
                assert is_default(path), path


def without_one(tree: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every tree that lacks one entry of this one, with the path of what it lacks."""
    if isinstance(tree.value, Table):
        entries = tree.value.entries
        for number, (key, value) in enumerate(entries):
            here = (*path, key.written)
            yield (*here, value.written), Node(Table(entries[:number] + entries[number + 1 :]), 1, 1)
            for deeper, rest in without_one(value, here):
                table = Table((*entries[:number], (key, rest), *entries[number + 1 :]))
                yield deeper, Node(table, 1, 1)
    elif isinstance(tree.value, tuple):
        for number, item in enumerate(tree.value):
            yield (*path, "item"), Node(tree.value[:number] + tree.value[number + 1 :], 1, 1)
            for deeper, rest in without_one(item, path):
                yield deeper, Node((*tree.value[:number], rest, *tree.value[number + 1 :]), 1, 1)


def is_default(path: tuple[str, ...]) -> bool:
    *above, written = path
    if above[-1] == "level":
        return written == "instance"
    key = next((key for key in KEYS if key.path == ".".join(above)), None)
    return above[-1] in GROUPS or (key is not None and key.default is not None)


def without_digest(protocol: Protocol) -> Protocol:
    return replace(protocol, sha256="")
