"""What a protocol written in good faith means: nothing is let past, nothing accepted in vain, no message lies."""

from __future__ import annotations

import time

import pytest

from tests.core.studies import ROOT, all_changed, ct, rtstruct
from tests.core.studies import study as of_parts
from tests.core.test_rule_faults import RULE, read, told
from tests.core.test_rules import found, study
from xnat_gate.core import rules
from xnat_gate.core.explanation import By, explain
from xnat_gate.core.finding import Effect
from xnat_gate.core.judge import judge
from xnat_gate.core.protocol import Protocol, ProtocolInvalid
from xnat_gate.core.study import Instance
from xnat_gate.core.waiting import awaiting
from xnat_gate.core.weighing import Outcome

Header = dict[str, str | tuple[str, ...]]


def ruled(**more: object) -> Protocol:
    return read(rules=[{**RULE, **more}])


def messages(objects: list[Header], **more: object) -> list[str]:
    return [one.message for one in found(ruled(**more), *objects)]


def is_refused(**more: object) -> bool:
    try:
        read(**more)
    except ProtocolInvalid:
        return True
    return False


def images_and_an_orphan() -> tuple[tuple[Instance, ...], Instance]:
    """Images, and a structure set of other images, which will be rejected."""
    other = ct(3, series=f"{ROOT}.99", frame=f"{ROOT}.98")
    return ct(3), rtstruct(other, frame=f"{ROOT}.98", InstitutionName="Royal")


# --- let past what was to be kept out -----------------------------------------------------------


def test_an_object_that_is_rejected_does_not_keep_a_rule_for_those_that_stay() -> None:
    images, orphan = images_and_an_orphan()
    protocol = ruled(level="study", when={"Modality": {"equals": "CT", "not": "RTSTRUCT"}})
    assert judge(of_parts(*images), protocol).project == "QUARANTINE"
    verdict = judge(of_parts(*images, orphan), protocol)
    assert verdict.rejected == (orphan,)
    assert verdict.project == "QUARANTINE"  # what is left is a CT without a structure set


def test_an_object_that_is_rejected_does_not_say_where_the_others_belong() -> None:
    images, orphan = images_and_an_orphan()
    protocol = read(route=[{"project": "SITE_A", "when": {"InstitutionName": "Royal"}}])
    verdict = judge(of_parts(*images, orphan), protocol)
    assert verdict.rejected == (orphan,)
    assert verdict.project == "HOSPITAL"


def test_an_object_that_is_rejected_holds_no_study_by_its_route() -> None:
    images, orphan = images_and_an_orphan()
    routes = [("SITE_A", "Royal"), ("SITE_B", "Elsewhere")]
    protocol = read(
        route=[{"project": project, "when": {"InstitutionName": name}} for project, name in routes]
    )
    verdict = judge(of_parts(*all_changed(images, InstitutionName="Elsewhere"), orphan), protocol)
    assert (verdict.outcome, verdict.project) == (Outcome.ARCHIVE, "SITE_B")


@pytest.mark.parametrize("pattern", [".*DOE.*", "Name.*"])
def test_an_expression_is_held_against_a_text_of_several_lines(pattern: str) -> None:
    comments: Header = {"ImageComments": "Name of the patient:\r\nDOE, JANE"}
    assert messages([comments], require={"ImageComments": {"not": {"glob": pattern.replace(".*", "*")}}})
    assert messages([comments], require={"ImageComments": {"not": {"regex": pattern}}})


def test_private_bulk_that_nobody_has_read_keeps_no_not() -> None:
    name = '(0029,"SIEMENS CSA HEADER",10)'
    assert messages([{name: ("\N{REPLACEMENT CHARACTER}",)}], require={name: {"not": {"glob": "*DOE*"}}})


@pytest.mark.parametrize("word", ["2026-03-*", "2026.03.*", "2026-03*"])
def test_days_with_a_star_are_met_or_refused(word: str) -> None:
    on_that_day = study({"Modality": "CT", "StudyDate": "20260305"})
    for more in ({"deny": {"StudyDate": [word]}}, {"rules": [{**RULE, "when": {"StudyDate": [word]}}]}):
        assert is_refused(**more) or judge(on_that_day, read(**more)).project == "QUARANTINE"


@pytest.mark.parametrize(("number", "value"), [(1, "1.0"), (1.5, "1.50"), (100, "1E2"), (7, "+7")])
def test_a_number_without_quotes_is_a_number_of_a_private_element_too(number: float, value: str) -> None:
    name = '(0019,"GEMS_ACQU_01",02)'
    assert messages([{name: value}], when={name: number})


@pytest.mark.parametrize(
    ("asked", "value"),
    [({"date_range": {"to": "2026-03-01"}}, "2026"), ("2026-03-01", "202603"), (["2026-03-01"], "2026")],
)
def test_a_date_that_tells_less_than_a_day_promises_nothing_of_one(asked: object, value: str) -> None:
    """PS3.5 6.2: a DT may end after the year or the month."""
    assert messages([{"AcquisitionDateTime": value}], require={"AcquisitionDateTime": {"not": asked}})


@pytest.mark.parametrize("end", ["2026-0301", "2026-2027"])
def test_a_day_with_a_dash_forgotten_is_not_taken_for_a_year(end: str) -> None:
    assert is_refused(rules=[{**RULE, "when": {"StudyDate": {"date_range": {"from": end}}}}])


def test_an_hour_behind_a_day_is_not_dropped() -> None:
    assert is_refused(rules=[{**RULE, "when": {"AcquisitionDateTime": "2026013109"}}])


def test_an_item_without_the_element_breaks_that_it_is_required_to_be_present() -> None:
    """protocol/pages/elements.md: `require` wants every item to have the value."""
    name = "BeamSequence.RadiationType"
    assert messages([{name: ("PHOTON", "")}], require={name: {"present": True}})


@pytest.mark.parametrize("asked", [{"glob": "*^JANE"}, {"regex": "DOE\\^(JANE|JOHN)"}])
def test_empty_parts_at_the_end_of_a_name_hide_it_from_no_comparison(asked: object) -> None:
    assert messages([{"OperatorsName": "DOE^JANE^^"}], when={"OperatorsName": asked})


def test_empty_parts_at_the_end_of_each_component_group_do_not_count() -> None:
    """PS3.5 6.2.1: in every one of the three component groups."""
    assert messages(
        [{"OperatorsName": "DOE^JANE^^=YAMADA^HANAKO"}], when={"OperatorsName": "DOE^JANE=YAMADA^HANAKO"}
    )


def test_empty_parts_at_the_end_of_a_name_do_not_hide_it_from_deny() -> None:
    protocol = read(deny={"PatientName": ["PHANTOM^TEST"]})
    assert (
        judge(study({"Modality": "CT", "PatientName": "PHANTOM^TEST^^^"}), protocol).project == "QUARANTINE"
    )


@pytest.mark.parametrize("require", [{"present": True}, {"not": "DOE^JANE"}])
def test_a_name_of_carets_alone_is_empty(require: object) -> None:
    assert messages([{"OperatorsName": "^^^^"}], require={"OperatorsName": require})


def test_all_comparisons_of_text_fold_letters_alike() -> None:
    where: Header = {"InstitutionName": "Klinik Hauptstraße"}
    for asked in (["*HAUPTSTRASSE"], {"prefix": "klinik hauptstrasse"}, {"glob": "*HAUPTSTRASSE"}):
        assert messages([where], when={"InstitutionName": asked})


# --- accepted, and can never be met -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Modality[2]", "CT"),  # VM 1
        ("PixelSpacing[3]", 1),  # VM 2
        ("Modality", {"count": 2}),
        ("BurnedInAnnotation", ["YES,NO"]),  # no comma in a CS, as the refusal for Modality knows
        ("PatientAge", "45"),  # AS is 045Y
        ("PatientAge", ["45Y"]),
        ("AcquisitionTime", "12:00"),  # TM is 1200
        ("StationName", "a name of more than sixteen letters"),  # SH
        ("FrameIncrementPointer", "00181063"),  # a tag is told as (0018,1063)
        ("SOPClassUID", "1..2"),
        ("StudyDate", "2026-02-30"),
        ("OperatorsName", "^"),
    ],
)
def test_a_value_that_such_an_element_cannot_have_is_refused(name: str, asked: object) -> None:
    assert is_refused(rules=[{**RULE, "when": {name: asked}}])


@pytest.mark.parametrize(
    "when",
    [
        {"Modality": {"equals": "CT", "prefix": "M"}},
        {"Modality": {"equals": "CT", "glob": "M*"}},
        {"Rows": {"equals": 512, "range": {"to": 100}}},
        {"Rows": {"equals": 512, "not": [512, 256]}},
        {"all": [{"Rows": 512}, {"Rows": 256}]},
        {"StudyDate": {"equals": "2020-01-01", "date_range": {"from": 2026}}},
        {"ImageType": {"count": 0, "present": True}},
        {"all": [{"ImageType": {"count": 2}}, {"ImageType": {"count": 3}}]},
        {"any": [{"Modality": {"equals": "CT", "not": "CT"}}, {"Modality": "MR"}]},
    ],
)
def test_what_contradicts_itself_is_refused_however_it_is_written(when: object) -> None:
    assert is_refused(rules=[{**RULE, "when": when}])


def test_a_rule_that_requires_less_than_it_asks_for_never_finds_anything_and_is_refused() -> None:
    assert is_refused(rules=[{**RULE, "when": {"Modality": "CT"}, "require": {"Modality": ["CT", "MR"]}}])


def test_a_route_below_one_that_takes_all_of_it_is_refused() -> None:
    above, below = {"Modality": ["CT", "MR"]}, {"Modality": "CT"}
    assert is_refused(route=[{"project": "A", "when": above}, {"project": "B", "when": below}])


@pytest.mark.parametrize("creator", ["HOLOGIC, Inc.", "MERGE TECHNOLOGIES, INC."])
def test_a_private_creator_may_hold_a_comma(creator: str) -> None:
    assert ruled(when={f'(0019,"{creator}",02)': "x"}).rules


# --- judge and explain -----------------------------------------------------------


def test_no_route_is_told_of_a_study_that_lies_in_its_project_already() -> None:
    protocol = read(route=[{"project": "SITE_A", "when": {"InstitutionName": "Royal"}}])
    verdict = judge(of_parts(*all_changed(ct(2), InstitutionName="Royal")), protocol, home="HOSPITAL")
    assert verdict.project == "HOSPITAL"
    assert [one.id for one in explain(verdict, protocol).decisions if one.by is By.ROUTE] == []


def test_what_does_not_weigh_is_not_told_as_what_decided() -> None:
    images, orphan = images_and_an_orphan()
    protocol = ruled(when={"Modality": "RTSTRUCT"})
    verdict = judge(of_parts(*images, orphan), protocol)
    assert (verdict.outcome, verdict.project) == (Outcome.ARCHIVE, "HOSPITAL")
    assert not [one for one in explain(verdict, protocol).decisions if one.effect is Effect.QUARANTINE]


def test_a_study_that_cannot_be_delivered_is_held_whatever_the_checks_say() -> None:
    protocol = read(checks={"RT002": "quarantine"})
    verdict = judge(of_parts(*all_changed(ct(2), PatientID=None)), protocol)
    assert not verdict.deliverable  # the roads hold it, and the report says QUARANTINE
    assert verdict.outcome is Outcome.HOLD


def test_what_a_check_sends_to_quarantine_for_a_missing_image_waits_for_it() -> None:
    images = ct(3)
    part = of_parts(*images[:2], rtstruct(images))
    for more in (
        {"rt": {"partial": "quarantine"}},
        {"checks": {"RT030": "quarantine", "RT031": "quarantine"}},
    ):
        protocol = read(**more)
        verdict = judge(part, protocol)
        assert any(one.effect is Effect.QUARANTINE for one in verdict.findings)
        assert len(awaiting(verdict, protocol)) == 1


# --- messages that lie -----------------------------------------------------------


@pytest.mark.parametrize("asked", ["DOE^JANE", ["DOE^JANE", "ROE^RICHARD"], {"prefix": "DOE^JANE"}])
def test_a_name_that_must_not_be_is_not_repeated_when_it_is(asked: object) -> None:
    (only,) = messages([{"PatientName": "DOE^JANE"}], require={"PatientName": {"not": asked}})
    assert "JANE" not in only


def test_the_object_that_broke_a_not_is_the_one_that_is_told() -> None:
    objects: list[Header] = [{"ImageType": ("ORIGINAL", "PRIMARY")}, {"ImageType": ("DERIVED", "PRIMARY")}]
    (only,) = messages(objects, level="series", require={"ImageType": {"not": "DERIVED"}})
    assert 'ImageType is "DERIVED\\PRIMARY"' in only


def test_of_an_any_the_message_does_not_ask_for_all() -> None:
    shot: Header = {"Modality": "SC", "BurnedInAnnotation": "YES"}
    (only,) = messages([shot], require={"any": [{"BurnedInAnnotation": "NO"}, {"Modality": "CT"}]})
    assert 'has to be "NO" or ' in only


def test_below_a_not_only_what_is_as_it_must_not_be_is_told() -> None:
    header: Header = {"Modality": "SC", "Manufacturer": "GE"}
    (only,) = messages([header], require={"not": {"any": [{"Modality": "SC"}, {"Manufacturer": "ACME"}]}})
    assert "Manufacturer" not in only


def test_of_a_missing_value_below_not_the_message_says_that_one_is_needed() -> None:
    (only,) = messages([{"Modality": "CT"}], require={"Manufacturer": {"not": "ACME"}})
    assert "must not be" not in only or "has to have a value" in only


def test_a_rule_about_what_is_not_there_says_what_is_not_there() -> None:
    (only,) = messages(
        [{"Modality": "CT"}], level="study", when={"Modality": {"equals": "CT", "not": "RTSTRUCT"}}
    )
    assert "RTSTRUCT" in only.removesuffix("A rule.")


def test_zero_is_one_value_however_it_is_written() -> None:
    objects: list[Header] = [{"SliceLocation": "0"}, {"SliceLocation": "0.0"}]
    assert not messages(objects, level="series", require={"SliceLocation": {"count": 1}})


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("StationName", "CT01", "ct01"),
        ("InstitutionName", "Z\u00fcrich", "Zu\u0308rich"),
        ("OperatorsName", "DOE^JANE", "DOE^JANE^^"),
        ("StudyDate", "20260131", "2026.01.31"),
    ],
)
def test_what_equals_takes_for_one_value_is_counted_once(name: str, one: str, other: str) -> None:
    assert not messages([{name: one}, {name: other}], when={name: {"not": one}})
    assert not messages([{name: one}, {name: other}], level="series", require={name: {"count": 1}})


# --- refusals: every one, with its place -----------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "fault"),
    [({"when": {"Modallity": "CT"}}, "Modallity"), ({"project": "A B"}, "is no XNAT project ID")],
)
def test_a_route_without_one_of_its_keys_tells_what_is_wrong_with_the_other(
    route: object, fault: str
) -> None:
    assert any(fault in one for one in told(route=[route]))


def test_a_route_is_named_by_its_own_number() -> None:
    faults = told(
        route=[
            {"project": "A", "when": {"Modallity": "CT"}},
            {"project": "QUARANTINE", "when": {"Modality": "MR"}},
        ]
    )
    assert any(one.startswith("route[2].project: is the quarantine project") for one in faults)


def test_more_than_one_type_below_not_hides_no_misspelt_one() -> None:
    faults = told(rules=[{**RULE, "when": {"Modality": {"not": {"glb": "x", "prefx": "y"}}}}])
    assert any("glob" in one for one in faults)


def test_a_private_name_in_quotes_is_not_told_to_be_put_in_quotes() -> None:
    (only,) = told(rules=[{**RULE, "when": {'(0019,"GEMS_ACQU_01",1002)': "x"}}])
    assert "put a tag in quotes" not in only


# --- time -----------------------------------------------------------


def test_rules_about_series_take_time_in_proportion_to_the_series() -> None:
    """500 such rules and 4000 series take minutes."""
    asked = {"level": "series", "when": {"SOPInstanceUID": {"prefix": "9"}}}
    protocol = read(rules=[{**RULE, "id": f"A{number}", **asked} for number in range(4)])

    def seconds(series: int) -> float:
        many = study(*({"Modality": "CT", "SeriesInstanceUID": f"1.{number}"} for number in range(series)))
        took = []
        for _ in range(3):
            before = time.process_time()
            assert not list(rules.findings(protocol, many))
            took.append(time.process_time() - before)
        return min(took)

    assert seconds(2400) < 32 * seconds(300)  # eight times as many; the square of that is 64
