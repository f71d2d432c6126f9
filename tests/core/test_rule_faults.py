"""Rules, routes and effects of checks that cannot be used: each fault with its place and its remedy."""

from __future__ import annotations

import pytest

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.protocol import Protocol, ProtocolInvalid, node, parse

SMALLEST = {
    "protocol": 1,
    "projects": {"hospital": "HOSPITAL", "quarantine": "QUARANTINE"},
    "allow": {"Modality": "ALL"},
}
RULE = {"id": "SITE-001", "title": "A rule", "otherwise": "quarantine"}


def read(**more: object) -> Protocol:
    return parse(node({**SMALLEST, **more}), VOCABULARY)


def told(**more: object) -> list[str]:
    with pytest.raises(ProtocolInvalid) as invalid:
        read(**more)
    return [str(fault) for fault in invalid.value.faults]


def of_rule(**more: object) -> list[str]:
    return told(rules=[{**RULE, **more}])


def of_when(when: object, **more: object) -> list[str]:
    return of_rule(when=when, **more)


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        ({}, "rules[1].when: asks nothing"),
        ([], "rules[1].when: a group of keys is needed, not a list"),
        ({"Modallity": "CT"}, "rules[1].when.Modallity: unknown keyword; did you mean Modality?"),
        ({"(0008,0060": "CT"}, "rules[1].when.(0008,0060: (0008,0060 names no element"),
        ({"(0008": "CT"}, "rules[1].when.(0008: (0008 is half a tag; put a tag in quotes"),
        ({"(0029,1010)": "CT"}, "is private, and means nothing without its creator"),
        ({"(0008,9999)": "CT"}, "is no element that a DICOM object holds"),
        ({"CommandField": "1"}, "is no element that a DICOM object holds"),
        ({"Modality.Rows": 1}, "Modality is no sequence"),
        ({"PixelData[1]": "x"}, "PixelData has no values to count through"),
        ({"Modality": {}}, "rules[1].when.Modality: asks nothing"),
        ({"Modality": None}, "rules[1].when.Modality: has no value"),
        ({"Modality": []}, "the list is empty"),
        ({"Modality": ["CT,MR"]}, '"CT,MR" is no modality; part the values with commas'),
        ({"Modality": {"regexp": "a"}}, "unknown rule type; did you mean regex?"),
        ({"Modality": {"one-of": ["CT"]}}, "unknown rule type; did you mean one_of?"),
        ({"Modality": {"equals": ["CT"]}}, "one value is needed, not a list"),
        ({"Modality": {"equals": "C*"}}, "write glob for a pattern"),
        ({"Modality": {"prefix": "C*"}}, "a prefix takes * for itself"),
        ({"Modality": {"present": False}}, "only true can stand here"),
        ({"Modality": {"present": "yes"}}, "only true can stand here"),
        ({"Modality": {"range": {"from": 1}}}, "Modality holds a text: range cannot be asked"),
        ({"Rows": "many"}, 'Rows holds a number, and "many" is none'),
        ({"Rows": {"glob": "5*"}}, "Rows holds a number: glob cannot be asked"),
        ({"Rows": {"range": {}}}, "has neither from nor to"),
        ({"Rows": {"range": {"from": 5, "to": 1}}}, "nothing lies from 5 to 1"),
        ({"Rows": {"range": {"form": 5}}}, "unknown key; did you mean from?"),
        ({"Rows": {"range": {"from": True}}}, "a number is needed, not True"),
        ({"StudyDate": "soon"}, 'StudyDate holds a date, and "soon" is none'),
        ({"StudyDate": {"date_range": {"from": "2026-02-31x"}}}, "a day is needed, not 2026-02-31x"),
        (
            {"StudyDate": {"date_range": {"from": "2027", "to": "2026"}}},
            "nothing lies from 20270101 to 20261231",
        ),
        ({"SOPClassUID": "CT Image"}, 'SOPClassUID never holds "CT Image"; it holds a UID'),
        ({"PixelData": "x"}, "PixelData holds bytes: equals cannot be asked"),
        ({"PixelData": {"count": 1}}, "PixelData holds bytes: count cannot be asked"),
        ({"PixelData": {"not": "x"}}, "PixelData holds bytes, which equals nothing"),
        ({"ImageType": {"count": {"from": 0}}}, "0 or more is always so"),
        ({"ImageType": {"count": -1}}, "a whole number is needed"),
        ({"ImageType": "A\\B"}, "a backslash parts two values"),
        ({"Manufacturer": {"regex": "(?=x)"}}, "is no regular expression that can be used"),
        ({"Manufacturer": {"regex": "x" * 201}}, "is longer than 200 characters"),
        ({"Manufacturer": {"not": {"not": "x"}}}, "a not within a not"),
        ({"not": {"not": {"Modality": "CT"}}}, "a not within a not"),
        ({"Not": {"Modality": "CT"}}, "unknown key; did you mean not?"),
        ({"any": []}, "the list is empty"),
        ({"any": {"Modality": "CT"}}, "a list of 1 to 50 conditions is needed"),
        ({"all": [{"Modality": "CT"}, {"Modality": "MR"}]}, 'would have to be "CT" and "MR" at once'),
        ({"Modality": {"equals": "CT", "not": "CT"}}, 'would have to be "CT" and not so at once'),
        ({"Modality": {"equals": "CT", "not": ["C*"]}}, 'would have to be "CT", and not "C*"'),
        ({"Modality": {"equals": "CT", "absent": True}}, "would have to be absent and have a value at once"),
        ({"Modality": {"empty": True, "absent": True}}, "would have to be absent and empty at once"),
        (
            {"all": [{"Rows": {"range": {"from": 9}}}, {"Rows": {"range": {"to": 5}}}]},
            "9 or more and 5 or less",
        ),
    ],
)
def test_a_condition_that_cannot_be_used_is_refused(when: object, fault: str) -> None:
    (only,) = of_when(when)
    assert fault in only


def test_conditions_nest_four_deep_and_no_deeper() -> None:
    deep: dict[str, object] = {"Modality": "CT"}
    for _ in range(4):
        deep = {"any": [deep]}
    assert read(rules=[{**RULE, "when": deep}]).rules
    assert any("more than 4 deep" in fault for fault in of_when({"any": [deep]}))


def test_two_values_of_an_element_that_may_have_several_are_no_contradiction() -> None:
    both = [{"ImageType": "ORIGINAL"}, {"ImageType": "AXIAL"}]
    assert read(rules=[{**RULE, "when": {"all": both}}]).rules
    (only,) = of_rule(require={"all": both})
    assert "at once, so nothing can ever meet this; to forbid what meets when, leave require out" in only


def test_objects_of_a_series_may_meet_what_one_object_could_not() -> None:
    both = {"all": [{"Modality": "CT"}, {"Modality": "PT"}]}
    assert read(rules=[{**RULE, "level": "series", "when": both}]).rules


@pytest.mark.parametrize(
    ("rule", "faults"),
    [
        ({"id": "A", "title": "t", "otherwise": "hold"}, ["has neither when nor require"]),
        ({}, ["id: is missing", "title: is missing", "otherwise: is missing", "neither when nor require"]),
        ({**RULE, "wen": {"Modality": "CT"}}, ["rules[1].wen: unknown key; did you mean when?"]),
        ({**RULE, "when": {"Modality": "CT"}, "require": {"Modality": "CT"}}, ["so it never finds anything"]),
        ({**RULE, "when": {"Modality": "CT"}, "level": "image"}, ['"image" is not possible here']),
        ({**RULE, "when": {"Modality": "CT"}, "otherwise": "reject"}, ['"reject" is not possible here']),
        ({**RULE, "when": {"Modality": "CT"}, "id": "RT013"}, ["is the id of a built-in check"]),
        ({**RULE, "when": {"Modality": "CT"}, "id": "rt999"}, ["is the id of a built-in check"]),
        ({**RULE, "when": {"Modality": "CT"}, "id": "allow"}, ["is the id of a built-in check"]),
        ({**RULE, "when": {"Modality": "CT"}, "id": "a b"}, ['"a b" is no id']),
        ("SITE-001", ["a group of keys is needed, not text"]),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(rule: object, faults: list[str]) -> None:
    found = told(rules=[rule])
    assert len(found) == len(faults)
    for fault in faults:
        assert any(fault in one for one in found)


def test_an_id_used_twice_is_refused_whatever_its_case() -> None:
    rule = {**RULE, "when": {"Modality": "CT"}}
    assert "is the id of the rule on line" in " ".join(told(rules=[rule, {**rule, "id": "site-001"}]))


def test_no_more_than_five_hundred_rules() -> None:
    many = [{**RULE, "id": f"A{number}", "when": {"Modality": "CT"}} for number in range(501)]
    assert told(rules=many) == ["rules: holds 501 rules, 500 at most; join some of them"]


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        ([{"project": "A"}], "route[1].when: is missing"),
        ([{"project": "QUARANTINE", "when": {"Modality": "CT"}}], "is the quarantine project"),
        ([{"project": "Hospital", "when": {"Modality": "CT"}}], "differs from HOSPITAL in case alone"),
        ([{"project": "A B", "when": {"Modality": "CT"}}], '"A B" is no XNAT project ID'),
        ([{"project": "A", "when": {"Modality": "CT"}}] * 2, "so it is never taken"),
        ([{"project": "A", "when": {"Modality": "CT", "Rows": {"absent": True, "equals": 1}}}], "at once"),
        ([{"project": "A", "when": {"Modality": "CT"}, "title": "x"}], "route[1].title: unknown key"),
        ({}, "route: a list of no more than 100 routes is needed"),
    ],
)
def test_a_route_that_cannot_be_used_is_refused(route: object, fault: str) -> None:
    (only,) = told(route=route)
    assert fault in only


@pytest.mark.parametrize(
    ("checks", "fault"),
    [
        ({"RT999": "hold"}, "unknown check"),
        ({"RT013": "note"}, '"note" is not possible here; write one of hold, quarantine'),
        ({"RT013": "reject"}, '"reject" is not possible here'),
        ([], "a group of keys is needed, not a list"),
    ],
)
def test_an_effect_that_a_check_cannot_have_is_refused(checks: object, fault: str) -> None:
    (only,) = told(checks=checks)
    assert fault in only


def test_two_names_of_one_element_are_one_list_and_not_two() -> None:
    (only,) = told(deny={"ManufacturerModelName": ["Aera"], "(0008,1090)": ["Skyra"]})
    assert "is ManufacturerModelName, which has a list already" in only
    (only,) = told(allow={"Modality": ["CT"]}, deny={"(0008,0060)": ["CT"]})
    assert '"CT" is denied, and "CT" is on the allow list of Modality' in only


@pytest.mark.parametrize("name", ["PixelData", "RequestAttributesSequence", "ImageType[1]"])
def test_what_has_no_values_of_its_own_cannot_be_listed(name: str) -> None:
    assert len(told(deny={name: ["x"]})) == 1
