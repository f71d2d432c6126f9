"""The vectors of the protocol language: each is a sentence, and does what it says."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.core.vectors import Vector, completed, vectors
from xnat_gate.core.judge import Verdict
from xnat_gate.core.protocol import ProtocolInvalid

VECTORS = vectors()
REFUSED = [vector for vector in VECTORS if "refused" in vector.expect]
JUDGED = [vector for vector in VECTORS if "refused" not in vector.expect]


def found(verdict: Verdict) -> list[str]:
    """The ids of the protocol's own lines that found something, in the order of asking."""
    own = {"ALLOW", "DENY", "ROUTE", *verdict.asked} - {id for id in verdict.asked if id.startswith("RT")}
    return list(dict.fromkeys(finding.id for finding in verdict.findings if finding.id in own))


def answers(verdict: Verdict) -> Mapping[str, object]:
    return {"found": found(verdict), "project": verdict.project, "outcome": str(verdict.outcome)}


@pytest.mark.parametrize("vector", JUDGED, ids=lambda vector: vector.name)
def test_a_study_is_judged_as_the_vector_says(vector: Vector) -> None:
    given = answers(vector.judged())
    assert {name: given[name] for name in vector.expect} == vector.expect


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector.name)
def test_a_protocol_is_refused_as_the_vector_says(vector: Vector) -> None:
    with pytest.raises(ProtocolInvalid) as invalid:
        vector.read()
    faults = invalid.value.faults
    expected = vector.expect["refused"]
    assert isinstance(expected, list)
    assert [fault.key for fault in faults] == [one["key"] for one in expected]
    for fault, one in zip(faults, expected, strict=True):
        assert one["says"] in f"{fault.message}; {fault.remedy}"


@pytest.mark.parametrize(
    ("lines", "name", "value"),
    [
        ('deny: {SliceThickness: ["5"]}\n', "SliceThickness", "5.0"),
        ("deny: {AcquisitionDateTime: [2026-01-31]}\n", "AcquisitionDateTime", "20260131120000"),
    ],
)
def test_a_deny_list_knows_a_number_or_a_day_however_it_is_written(lines: str, name: str, value: str) -> None:
    vector = Vector("", completed(lines), ({"Modality": ("CT",), name: (value,)},), {})
    assert found(vector.judged()) == ["DENY"]


def test_every_vector_is_a_sentence_of_its_own() -> None:
    names = [vector.name for vector in VECTORS]
    assert len(names) == len(set(names))
    assert all(" " in name for name in names)


def test_there_are_enough_of_them_and_most_are_about_what_is_missing() -> None:
    assert len(VECTORS) >= 120
    about = ("missing", "empty", "blank", "absent", "present", "without", "not there")
    assert sum(any(word in vector.name for word in about) for vector in VECTORS) > len(VECTORS) / 2
