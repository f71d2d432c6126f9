"""Conditions asked of many headers at once answer what they answer of each by itself."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.protocols import headers, trees
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core import rules
from xnat_gate.core.columns import Columns
from xnat_gate.core.protocol import node, parse
from xnat_gate.core.protocol.conditions import REQUIRE, WHEN, is_met
from xnat_gate.core.protocol.model import Level
from xnat_gate.core.study import Instance, Study


@given(trees(), st.lists(headers, max_size=6))
@settings(max_examples=25)
def test_many_headers_answer_as_each_of_them_does(tree: dict[str, object], many: list[rules.Header]) -> None:
    columns = Columns(many)
    for rule in parse(node(tree), VOCABULARY).rules:
        for condition, reading in ((rule.when, WHEN), (rule.require, REQUIRE)):
            met = [
                number
                for number, header in enumerate(many)
                if condition is None or is_met(condition, [header], reading)
            ]
            assert list(columns.numbers(columns.meeting(condition, reading))) == met


@given(trees(), st.lists(headers, min_size=1, max_size=6))
@settings(max_examples=20)
def test_a_rule_about_objects_is_broken_by_those_that_break_it_alone(
    tree: dict[str, object], many: list[rules.Header]
) -> None:
    about_objects = [rule for rule in parse(node(tree), VOCABULARY).rules if rule.level is Level.INSTANCE]
    study = Study("1", tuple(Instance(f"{number}.dcm", header) for number, header in enumerate(many)))
    found = {one.rule.id: one.objects for one in rules.broken(about_objects, study)}
    broken = {rule.id: sum(rules.is_broken(rule, [header]) for header in many) for rule in about_objects}
    assert found == {id: number for id, number in broken.items() if number}
