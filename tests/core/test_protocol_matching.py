"""How a value meets a list."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.protocol.listed import Patterns
from xnat_gate.core.protocol.matching import matches

letters = st.text(alphabet="aAbB *.?[", max_size=8)


@pytest.mark.parametrize("value", ["Aera", "AERA", " aera ", "Aera\n"])
def test_case_and_surrounding_blanks_do_not_count(value: str) -> None:
    assert matches("Aera", value)


@pytest.mark.parametrize("value", ["Aer", "Aeraa", "MAGNETOM Aera", "A era", ""])
def test_only_the_whole_value_matches(value: str) -> None:
    assert not matches("Aera", value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("Voluson*", "Voluson E10"),
        ("Voluson*", "voluson"),
        ("*E10", "Voluson E10"),
        ("V*n*0", "Voluson E10"),
        ("*", "x"),
    ],
)
def test_a_star_stands_for_any_characters_and_for_none(pattern: str, value: str) -> None:
    assert matches(pattern, value)


@pytest.mark.parametrize(("pattern", "value"), [("ab*ba", "aba"), ("a*b*c", "acb"), ("*aa*aa*", "aaa")])
def test_the_parts_around_a_star_do_not_overlap(pattern: str, value: str) -> None:
    assert not matches(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "value"), [("A?ra", "Aera"), ("[AB]era", "Aera"), ("A.ra", "Aera"), ("Aera|x", "x")]
)
def test_no_other_character_is_a_wildcard(pattern: str, value: str) -> None:
    assert not matches(pattern, value)
    assert matches(pattern, pattern)


@pytest.mark.parametrize("value", ["", " ", "\t"])
def test_an_empty_value_matches_nothing_not_even_a_star(value: str) -> None:
    assert not matches("*", value)
    assert not matches("", value)


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert matches("Ger\u00e4t", "Gera\u0308t")


def test_the_first_pattern_that_is_met_is_told() -> None:
    assert Patterns(("CT", "M*", "MR")).match("mr") == "M*"
    assert Patterns(("CT",)).match("MR") is None


@given(letters, letters)
def test_it_agrees_with_the_regular_expression_it_stands_for(pattern: str, value: str) -> None:
    expression = ".*".join(re.escape(part) for part in pattern.strip().split("*"))
    expected = bool(value.strip()) and re.fullmatch(expression, value.strip(), re.IGNORECASE) is not None
    assert matches(pattern, value) == expected


def test_many_stars_take_no_time() -> None:
    assert not matches("*a" * 200 + "b", "a" * 20_000)
