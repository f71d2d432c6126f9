"""The arithmetic of the audit chain: whatever is done to a chain of lines is found, but for an end cut off."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from xnat_gate.core.audit import (
    START,
    Fault,
    Line,
    Verified,
    canonical,
    digest_of,
    sealed,
    unlabelled,
    verify,
)

TEXTS = st.text(max_size=10)


def chained(*events: str) -> list[Line]:
    """A whole chain of one line for each event."""
    lines: list[Line] = []
    for number, event in enumerate(events, start=1):
        lines.append(
            sealed(
                Line(
                    number=number,
                    at="2024-05-06T07:08:09.000000+00:00",
                    actor="importer",
                    event=event,
                    arrival=f"A{number}",
                    study_uid="1.2.3",
                    facts=canonical({"files": number}),
                    previous=lines[-1].digest if lines else START,
                )
            )
        )
    return lines


CHAINS = st.lists(TEXTS, min_size=1, max_size=6).map(lambda events: chained(*events))


def found(lines: list[Line]) -> dict[int, list[str]]:
    told: dict[int, list[str]] = {}
    for fault in verify(lines).faults:
        told.setdefault(fault.number, []).append(fault.what)
    return told


def test_a_record_without_lines_is_whole() -> None:
    assert verify([]) == Verified(0, "0" * 64)
    assert verify([]).whole


@given(CHAINS)
def test_a_chain_as_it_was_written_is_whole_and_tells_its_head(lines: list[Line]) -> None:
    assert verify(iter(lines)) == Verified(len(lines), lines[-1].digest)


def test_the_digest_can_be_computed_without_us() -> None:
    [line] = chained("started")
    columns = {name: value for name, value in asdict(line).items() if name != "digest"}
    text = json.dumps(columns, sort_keys=True, separators=(",", ":"))
    assert text.startswith('{"actor":"importer","arrival":"A1","at":"2024')
    assert line.digest == hashlib.sha256(text.encode()).hexdigest()


@given(CHAINS, st.data())
def test_a_change_in_any_column_of_any_line_is_found_at_that_line(
    lines: list[Line], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.sampled_from([name for name in asdict(lines[0]) if name != "number"]))
    value = data.draw(st.text(max_size=70))
    assume(value != getattr(lines[place], column))
    lines[place] = Line(**{**asdict(lines[place]), column: value})
    assert "it is not as it was written: its digest does not fit" in found(lines)[place + 1]


@given(CHAINS, st.data())
def test_a_changed_line_with_a_new_digest_is_found_at_the_next(
    lines: list[Line], data: st.DataObject
) -> None:
    assume(len(lines) > 1)
    place = data.draw(st.integers(0, len(lines) - 2))
    lines[place] = sealed(replace(lines[place], event=lines[place].event + "!"))
    assert list(found(lines)) == [place + 2]


@given(CHAINS, st.data())
def test_a_line_taken_out_is_found_even_when_the_rest_is_numbered_anew(
    lines: list[Line], data: st.DataObject
) -> None:
    assume(len(lines) > 1)
    place = data.draw(st.integers(0, len(lines) - 2))
    del lines[place]
    assert list(found(lines)) == [place + 2]
    anew = [sealed(replace(line, number=number)) for number, line in enumerate(lines, start=1)]
    assert place + 1 in found(anew)


def test_what_is_missing_is_told_by_number() -> None:
    lines = chained(*"abcdefg")
    del lines[4], lines[1:3]
    assert [(number, what[0]) for number, what in found(lines).items()] == [
        (4, "lines 2 to 3 before it are missing"),
        (6, "line 5 before it is missing"),
    ]


@given(CHAINS, st.data())
@example(chained("a", "b"), None)
def test_lines_that_have_changed_places_are_found(lines: list[Line], data: st.DataObject | None) -> None:
    assume(len(lines) > 1)
    place = data.draw(st.integers(0, len(lines) - 2)) if data else 0
    first, second = lines[place : place + 2]
    lines[place : place + 2] = [second, first]
    assert "out of order" in found(lines)[first.number][0]
    lines[place : place + 2] = [replace(second, number=first.number), replace(first, number=second.number)]
    assert {first.number, second.number} <= set(found(lines))


def test_a_record_whose_beginning_is_gone_or_forged_is_told() -> None:
    lines = chained("a", "b", "c")
    assert found(lines[1:])[2][1].startswith("it is first and continues another line")
    forged = sealed(replace(lines[1], previous=START))
    assert verify([forged, lines[2]]).faults[0] == Fault(2, "line 1 before it is missing")


@given(CHAINS)
def test_an_end_cut_off_shows_only_in_the_head(lines: list[Line]) -> None:
    before = verify(lines)
    after = verify(lines[:-1])
    assert after.whole
    assert after.head != before.head


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_cannot_stand_in_a_record(value: float) -> None:
    with pytest.raises(ValueError):
        canonical({"seconds": value})


@given(st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans() | st.lists(TEXTS)))
def test_the_order_in_which_facts_are_told_makes_no_difference(facts: dict[str, object]) -> None:
    text = canonical(facts)
    assert text == canonical(dict(reversed(facts.items())))
    assert text.isascii()
    assert json.loads(text) == facts


def test_half_letters_make_another_digest_than_the_text_that_shows_them() -> None:
    [line] = chained("a")
    assert digest_of(replace(line, event="\udcff")) != digest_of(replace(line, event=r"\udcff"))


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        (
            "/prearchive/projects/HOSPITAL/20240506_070809/Doe_Jane",
            "/prearchive/projects/HOSPITAL/20240506_070809",
        ),
        (
            "moved from /prearchive/projects/Q/2024/Doe_Jane_1 again",
            "moved from /prearchive/projects/Q/2024 again",
        ),
        ("/archive/experiments/XNAT_E00001", "/archive/experiments/XNAT_E00001"),
        ("XNAT holds Doe_Jane; Doe_Jane2 is another", "XNAT holds (session); Doe_Jane2 is another"),
    ],
)
def test_a_session_label_is_taken_out_of_what_the_record_tells(text: str, bare: str) -> None:
    assert unlabelled(text, "Doe_Jane") == bare


@given(st.text())
def test_without_a_session_a_text_without_places_stays_as_it_is(text: str) -> None:
    assume("/prearchive/" not in text)
    assert unlabelled(text, "") == text
