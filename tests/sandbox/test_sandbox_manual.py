"""docs/sandbox.md tells every route, every fault and every setting that stands for a doubt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xnat_gate.sandbox import manual
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.faults import MEANING, Kind
from xnat_gate.sandbox.urls import ROUTES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
ANSWERS = {
    f"{answer.__module__.rpartition('.')[2]}.{answer.__name__}": answer
    for route in ROUTES
    for answer in route.answers.values()
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_every_answer_says_what_it_covers(name: str) -> None:
    covered, _ = manual.described(ANSWERS[name])
    assert len(covered) > 10
    assert covered in PAGE


def test_every_pattern_is_in_the_tables_under_its_own_or_its_short_name() -> None:
    table = manual.routes()
    shown = set(re.findall(r"`([^`]+)`", table))
    for short in (
        "{item}/resources",
        "{session}/scans",
        "{subject}/projects",
        "{scan}",
        "{waiting}/logs",
        "/data/auth",
    ):
        assert short in shown
    plain = [route.pattern for route in ROUTES if route.pattern.count("{") == 0]
    assert [pattern for pattern in plain if pattern not in shown] == []


def test_what_is_not_played_stands_apart_from_what_is() -> None:
    def answer(call: Call) -> None:
        """Covers `a|b`
        and more.

        Not played: c.
        """

    assert manual.described(answer) == ("Covers `a\\|b` and more.", "c.")  # type: ignore[arg-type]


def test_every_kind_of_fault_is_explained() -> None:
    assert set(MEANING) == set(Kind)
    assert all(f"| `{kind}` |" in PAGE for kind in Kind)
