"""Rules, routes and effects of checks, asked of studies."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_rule_faults import RULE, read
from xnat_gate.core import routing, rules
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import judge
from xnat_gate.core.protocol import Protocol, patterns
from xnat_gate.core.study import Instance, Study

NO_BURNING = {
    **RULE,
    "when": {"Modality": ["SC", "US"]},
    "require": {"BurnedInAnnotation": "NO"},
    "why": "A screen shot can show a name.",
}


def study(*objects: dict[str, str | tuple[str, ...]]) -> Study:
    made = []
    for number, given_ in enumerate(objects):
        header = {name: value if isinstance(value, tuple) else (value,) for name, value in given_.items()}
        header.setdefault("SeriesInstanceUID", ("1.1",))
        made.append(Instance(f"{number}.dcm", {**header, "SOPInstanceUID": (f"1.1.{number}",)}))
    return Study("1", tuple(made))


def found(protocol: Protocol, *objects: dict[str, str | tuple[str, ...]]) -> list[Finding]:
    return list(rules.findings(protocol, study(*objects)))


def test_what_breaks_a_rule_is_told_with_series_value_and_reason() -> None:
    shot = {"Modality": "SC", "SeriesNumber": "7", "SeriesDescription": "Screen", "BurnedInAnnotation": "YES"}
    (only,) = found(read(rules=[NO_BURNING]), shot)
    assert (only.id, only.effect, only.severity) == ("SITE-001", Effect.QUARANTINE, Severity.WARNING)
    assert only.message == (
        'SC series 7 Screen: BurnedInAnnotation is "YES", and has to be "NO". A screen shot can show a name.'
    )
    assert only.about == ("1.1",)
    assert only.nameless == "expected: the protocol's rule SITE-001 is kept (A rule)"


def test_a_rule_without_require_forbids_what_meets_when() -> None:
    protocol = read(rules=[{**RULE, "when": {"Modality": "SC", "Manufacturer": {"prefix": "ac"}}}])
    (only,) = found(protocol, {"Modality": "SC", "Manufacturer": "ACME"})
    assert 'Modality is "SC" and Manufacturer is "ACME". A rule.' in only.message
    assert not found(protocol, {"Modality": "CT", "Manufacturer": "ACME"})


def test_a_value_that_could_name_a_patient_is_not_repeated() -> None:
    protocol = read(rules=[{**RULE, "require": {"PatientComments": {"absent": True}}}])
    (only,) = found(protocol, {"PatientComments": "Jane Doe"})
    assert "Jane" not in only.message
    assert "PatientComments has a value (not repeated here), and has to be missing" in only.message


def test_every_object_every_series_or_the_study_is_asked() -> None:
    objects = [
        {"Modality": "CT", "SeriesInstanceUID": "1.1", "SliceThickness": "3"},
        {"Modality": "CT", "SeriesInstanceUID": "1.1", "SliceThickness": "3.0"},
        {"Modality": "RTDOSE", "SeriesInstanceUID": "1.2"},
    ]
    no_plan = {"when": {"Modality": "RTDOSE", "not": {"Modality": "RTPLAN"}}}
    one_object = read(rules=[{**RULE, **no_plan}])
    whole_study = read(rules=[{**RULE, "level": "study", **no_plan}])
    assert len(found(one_object, *objects, {"Modality": "RTPLAN"})) == 1  # no object is both
    assert not found(whole_study, *objects, {"Modality": "RTPLAN"})
    assert len(found(whole_study, *objects)) == 1
    one_thickness = {"when": {"Modality": "CT"}, "require": {"SliceThickness": {"count": 1}}}
    even = read(rules=[{**RULE, "level": "series", **one_thickness}])
    assert not found(even, *objects)
    (only,) = found(even, *objects, {"Modality": "CT", "SliceThickness": "5"})
    assert only.about == ("1.1",)
    assert "SliceThickness has 2 values, and has to have 1 different value" in only.message


def test_a_broken_rule_sends_the_study_where_it_says() -> None:
    shot = study({"Modality": "SC"})
    for effect in ("quarantine", "hold", "note"):
        verdict = judge(shot, read(rules=[{**NO_BURNING, "otherwise": effect}]))
        assert Effect(effect) in {one.effect for one in verdict.findings if one.id == "SITE-001"}
        assert verdict.project == ("QUARANTINE" if effect == "quarantine" else "HOSPITAL")
        assert "SITE-001" in verdict.asked


ROUTES = [
    {"project": "SITE_A", "when": {"InstitutionName": ["St. Elsewhere", "Royal*"]}},
    {"project": "TRIAL_B", "when": {"StudyDescription": {"prefix": "TRIAL-B"}}},
]


@pytest.mark.parametrize(
    ("header", "project"),
    [
        ({"InstitutionName": "royal infirmary"}, "SITE_A"),
        ({"StudyDescription": "TRIAL-B 12"}, "TRIAL_B"),
        ({"InstitutionName": "Royal", "StudyDescription": "TRIAL-B"}, "SITE_A"),
        ({"InstitutionName": "General"}, "HOSPITAL"),
        ({"InstitutionName": ()}, "HOSPITAL"),
        ({}, "HOSPITAL"),
    ],
)
def test_the_first_route_that_is_met_counts_and_the_default_comes_last(
    header: dict[str, str | tuple[str, ...]], project: str
) -> None:
    protocol = read(route=ROUTES)
    assert routing.hospital_of(protocol, study(header)) == project
    assert not list(routing.findings(protocol, study(header)))


def test_objects_without_a_say_follow_the_others_and_contradicting_ones_hold_the_study() -> None:
    protocol = read(route=ROUTES)
    followers = study({"InstitutionName": "Royal"}, {"Modality": "RTSTRUCT"})
    assert routing.hospital_of(protocol, followers) == "SITE_A"
    torn = study({"InstitutionName": "Royal"}, {"StudyDescription": "TRIAL-B"})
    (only,) = routing.findings(protocol, torn)
    assert only.effect is Effect.HOLD
    assert "2 projects: SITE_A, because InstitutionName has a value" in only.message
    assert routing.hospital_of(protocol, torn) == "HOSPITAL"
    assert judge(torn, protocol, home="SITE_A").project == "SITE_A"


def test_the_protocol_says_what_follows_from_a_check() -> None:
    twice = study({"Modality": "CT"}, {"Modality": "MR"})
    mine = judge(twice, read(checks={"RT014": "quarantine"}))
    assert {one.effect for one in mine.findings if one.id == "RT014"} == {Effect.QUARANTINE}
    assert mine.project == "QUARANTINE"
    assert {one.effect for one in judge(twice, read()).findings if one.id == "RT014"} == {Effect.HOLD}


@given(
    st.lists(st.sampled_from(["SC", "CT", "US", "", " "]), max_size=3),
    st.lists(st.sampled_from(["NO", "YES", "", "no "]), max_size=3) | st.none(),
)
def test_only_a_no_and_nothing_but_a_no_keeps_the_rule(modality: list[str], burnt: list[str] | None) -> None:
    header: dict[str, str | tuple[str, ...]] = {"Modality": tuple(modality)}
    if burnt is not None:
        header["BurnedInAnnotation"] = tuple(burnt)
    applies = any(word in ("SC", "US") for word in modality)
    kept = bool(burnt) and all(word.strip().upper() == "NO" for word in burnt or ())
    assert bool(found(read(rules=[NO_BURNING]), header)) is (applies and not kept)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(.*)(.*)(.*)(.*)x", "(a{1,30}){1,30}b"])
def test_no_expression_takes_longer_than_its_text(pattern: str) -> None:
    start = time.perf_counter()
    assert not patterns.meets(pattern, "a" * 20_000)
    assert time.perf_counter() - start < 5  # any other engine needs longer than the universe has
