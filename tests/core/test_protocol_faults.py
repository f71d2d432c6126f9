"""What is said about a protocol that cannot be used."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.protocol import Fault, Node, ProtocolInvalid, Table, node, parse
from xnat_gate.core.protocol.faults import nearest

SMALLEST: dict[str, Any] = {
    "protocol": 1,
    "projects": {"hospital": "HOSPITAL", "quarantine": "QUARANTINE"},
    "allow": {"Modality": ["CT", "MR"]},
}


def told(**more: object) -> list[str]:
    """The faults of the smallest protocol with these keys on top; a key of value ... is left out."""
    tree = {key: value for key, value in {**SMALLEST, **more}.items() if value is not ...}
    with pytest.raises(ProtocolInvalid) as invalid:
        parse(node(tree), VOCABULARY)
    return [str(fault) for fault in invalid.value.faults]


def test_a_fault_reads_line_key_message_and_remedy() -> None:
    fault = Fault(7, 3, "deny.ManufacturerModelNam", "unknown keyword", "did you mean ManufacturerModelName?")
    assert (
        str(fault)
        == "line 7, column 3: deny.ManufacturerModelNam: unknown keyword; did you mean ManufacturerModelName?"
    )


def test_all_faults_come_together_in_the_order_of_the_file() -> None:
    error = ProtocolInvalid([Fault(9, 1, "rt", "b"), Fault(2, 5, "allow", "a")], "mine.yaml")
    assert str(error) == "mine.yaml: line 2, column 5: allow: a\nmine.yaml: line 9, column 1: rt: b"
    assert pickle.loads(pickle.dumps(error)).faults == error.faults


def test_a_misspelt_key_is_told_with_the_right_one() -> None:
    assert told(rt={"orphn": "hold"}) == ["rt.orphn: unknown key; did you mean orphan?"]


def test_a_misspelt_required_key_is_not_also_called_missing() -> None:
    assert told(alow={}, allow=...) == ["alow: unknown key; did you mean allow?"]
    assert told(projects={"hospitl": "A", "quarantine": "B"}) == [
        "projects.hospitl: unknown key; did you mean hospital?"
    ]


@pytest.mark.parametrize("key", ["protocol", "projects", "allow"])
def test_nothing_that_lets_data_through_is_assumed(key: str) -> None:
    (only,) = told(**{key: ...})
    assert only.startswith(f"{key}: is missing; add it, such as {key}: ")


@pytest.mark.parametrize("key", ["hospital", "quarantine"])
def test_both_projects_must_be_named(key: str) -> None:
    projects = {"hospital": "A", "quarantine": "B"}
    del projects[key]
    (only,) = told(projects=projects)
    assert only.startswith(f"projects.{key}: is missing")


@pytest.mark.parametrize("quarantine", ["HOSPITAL", "hospital", " HOSPITAL "])
def test_the_two_projects_must_differ(quarantine: str) -> None:
    (only,) = told(projects={"hospital": "HOSPITAL", "quarantine": quarantine})
    assert only.startswith("projects.quarantine: is the hospital project itself")


@pytest.mark.parametrize("project", ["My Hospital", "a/b", "../x", "H\u00d4PITAL"])
def test_a_project_is_named_by_its_id(project: str) -> None:
    (only,) = told(projects={"hospital": project, "quarantine": "B"})
    assert only.startswith("projects.hospital:")
    assert "no XNAT project ID" in only


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ManufacturerModelNam", "ManufacturerModelName"),
        ("manufacturermodelname", "ManufacturerModelName"),
        ("ManufacturersModelName", "ManufacturerModelName"),
        ("Manufacturer's Model Name", "ManufacturerModelName"),
        ("modality", "Modality"),
    ],
)
def test_an_unknown_keyword_is_told_with_the_nearest(written: str, meant: str) -> None:
    assert told(deny={written: ["Aera"]}) == [f"deny.{written}: unknown keyword; did you mean {meant}?"]


def test_a_keyword_that_is_near_nothing_gets_no_suggestion() -> None:
    assert nearest("Zzyzx", VOCABULARY.tags) == ""
    assert told(deny={"Zzyzx": ["Aera"]}) == [
        "deny.Zzyzx: unknown keyword; write a DICOM keyword, such as Modality"
    ]


@pytest.mark.parametrize("version", [2, 0, "1", True, 1.0, None, [1]])
def test_another_version_of_the_language_is_refused(version: object) -> None:
    assert told(protocol=version) == [
        "protocol: this program reads version 1 of the language; write protocol: 1"
    ]


def test_a_yes_or_no_that_yaml_made_of_a_word_is_told_as_it_was_written() -> None:
    words = Node((Node(False, 4, 12, "NO"), Node(12, 4, 16, "12")), 4, 11)
    tree = Table(
        (*_entries({**SMALLEST, "allow": ...}), (node("allow"), Node(Table(((node("Modality"), words),)))))
    )
    with pytest.raises(ProtocolInvalid) as invalid:
        parse(Node(tree, 1, 1), VOCABULARY)
    assert [str(fault) for fault in invalid.value.faults] == [
        f"line 4, column {column}: allow.Modality: YAML reads {word} as {what}, and text is needed; put it in quotes"
        f': "{word}"'
        for column, word, what in ((12, "NO", "a yes/no value"), (16, "12", "a number"))
    ]


def _entries(tree: dict[str, Any]) -> tuple[tuple[Node, Node], ...]:
    return tuple((node(key), node(value)) for key, value in tree.items() if value is not ...)


def test_a_key_given_twice_is_told_with_both_lines() -> None:
    twice = (Node("allow", 8, 1), node({"Modality": "ALL"}))
    once = (Node("allow", 3, 1), node({"Modality": ["CT"]}))
    tree = Node(Table((*_entries({**SMALLEST, "allow": ...}), once, twice)), 1, 1)
    with pytest.raises(
        ProtocolInvalid,
        match="line 8, column 1: allow: given twice, on line 3 and on line 8; keep one of them",
    ):
        parse(tree, VOCABULARY)


@pytest.mark.parametrize(
    ("allow", "words"),
    [
        ({}, "would let everything through"),
        (None, "not nothing"),
        ("ALL", "not text; write for example allow: {Modality: [CT, MR]}"),
        ({"Modality": []}, "the list is empty; write the values, or ALL"),
        ({"Modality": "CT"}, "not text; write [CT]"),
        ({"Modality": "all"}, "did you mean ALL?"),
        ({"Modality": "NONE"}, "the word ALL is needed"),
        ({"Modality": ["ALL"]}, "write ALL without brackets"),
        ({"Modality": ["CT MR"]}, "part the values with commas"),
        ({"Modality": ["CT,MR"]}, "part the values with commas"),
        ({"Modality": [""]}, "has no value"),
        ({"Modality": [None]}, "has no value"),
        ({"Modality": [["CT"]]}, "text is needed, not a list"),
        ({"Modality": {"CT": "MR"}}, "not a group of keys"),
        ({"ImageType": ["ORIGINAL\\PRIMARY"]}, "a backslash parts two values"),
        ({"ImageType": ["x"] * 1001}, "1000 at most"),
    ],
)
def test_an_allow_list_that_cannot_do_what_was_meant_is_refused(allow: object, words: str) -> None:
    (only,) = told(allow=allow)
    assert only.startswith("allow")
    assert words in only


@pytest.mark.parametrize(
    ("deny", "words"),
    [
        (None, "not nothing"),
        ({"Manufacturer": []}, "the list is empty; write the values, or NONE"),
        ({"Manufacturer": "ALL"}, "the word NONE is needed"),
        ({"Manufacturer": "None"}, "did you mean NONE?"),
        ({"Manufacturer": ["none"]}, "write NONE without brackets"),
        ({"Manufacturer": ["ALL"]}, "write NONE without brackets"),
        ({"Manufacturer": ["Acme", "**"]}, "would send every study to quarantine"),
        ({"Modality": ["CT"]}, '"CT" is denied, and "CT" is on the allow list of Modality'),
        ({"Modality": ["ct"]}, "take it out of one of the two lists"),
        ({"Modality": ["c*"]}, '"c*" is denied, and "CT" is on the allow list'),
    ],
)
def test_a_deny_list_that_cannot_do_what_was_meant_is_refused(deny: object, words: str) -> None:
    (only,) = told(deny=deny)
    assert only.startswith("deny")
    assert words in only


def test_an_exception_from_a_wider_allow_pattern_is_no_contradiction() -> None:
    tree = {**SMALLEST, "allow": {"Manufacturer": ["Acme*"]}, "deny": {"Manufacturer": ["Acme U*"]}}
    assert parse(node(tree), VOCABULARY)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("{PatientNam}", "did you mean PatientName?"),
        ("PatientID", 'put a DICOM keyword in braces: "{PatientID}"'),
        ("study", "every study would get the same label"),
        ("{PatientID", "can make a label"),
        ("{PatientID}/x", "can make a label"),
        ("{PatientID!r}", "can make a label"),
        ("{{PatientID}}", "can make a label"),
        ("{}", "can make a label"),
        (7, "put it in quotes"),
    ],
)
def test_a_label_that_cannot_be_made_is_refused(label: object, words: str) -> None:
    (only,) = told(labels={"session": label})
    assert only.startswith("labels.session")
    assert words in only


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (30, "a duration needs its unit; write 30m"),
        ("30", "is no duration"),
        ("half an hour", "is no duration"),
        ("-5m", "is no duration"),
        ("\u0663m", "is no duration"),
        ("99999999999d", "is no duration"),
        ("31d", "out of bounds; write 0s to 30d"),
        (True, "yes/no"),
    ],
)
def test_a_length_of_time_needs_number_and_unit_within_bounds(length: object, words: str) -> None:
    (only,) = told(rt={"wait_for_images": length})
    assert only.startswith("rt.wait_for_images")
    assert words in only


def test_rejected_files_are_kept_for_a_day_at_least() -> None:
    assert told(rejected={"keep": "0d"}) == ["rejected.keep: 0d is out of bounds; write 1d to 3650d"]


@pytest.mark.parametrize("key", ["shared_series", "shared_number"])
def test_no_object_is_rejected_for_what_two_of_them_share(key: str) -> None:
    assert told(rt={key: "reject"}) == [
        f'rt.{key}: "reject" is not possible here; write one of quarantine, hold, note'
    ]


@pytest.mark.parametrize(
    ("key", "word", "remedy"),
    [
        ("same_bytes", "quarantine", "write one of hold, drop"),
        ("same_bytes", "dropped", "did you mean drop?"),
        ("other_bytes", "quarantine", "write hold"),
        ("other_bytes", "note", "write hold"),
        ("same_pixels", "reject", "write one of quarantine, hold, note"),
        ("new_uid", "drop", "write one of quarantine, hold, note"),
    ],
)
def test_each_class_of_duplicates_has_the_words_that_can_be_done(key: str, word: str, remedy: str) -> None:
    assert told(duplicates={key: word}) == [f'duplicates.{key}: "{word}" is not possible here; {remedy}']


def test_a_misspelt_word_of_a_closed_set_is_told_with_the_right_one() -> None:
    assert told(links={"dose_to_plan": "requires"}) == [
        'links.dose_to_plan: "requires" is not possible here; did you mean require?'
    ]


@pytest.mark.parametrize("whole", [None, "text", [], 3])
def test_a_document_that_is_no_group_of_keys_is_refused(whole: object) -> None:
    with pytest.raises(ProtocolInvalid, match="a group of keys is needed"):
        parse(node(whole), VOCABULARY)


def test_an_empty_document_lacks_all_that_is_required_and_says_so_once_each() -> None:
    with pytest.raises(ProtocolInvalid) as invalid:
        parse(node({}), VOCABULARY)
    assert [fault.key for fault in invalid.value.faults] == ["protocol", "allow", "projects"]


@pytest.mark.parametrize("prefix", ["1.2.840", "1.2.246.352.71.3", "2.25", "1.2.3.4.5.6.x", "1..2.3.4.5.6.7"])
def test_a_prefix_that_a_maker_of_scanners_has_for_all_his_images_is_nobodys_phantom(prefix: str) -> None:
    (fault,) = told(phantoms={"uid_prefixes": [prefix]})
    assert f'"{prefix}" is no beginning of a UID' in fault


@pytest.mark.parametrize("prefix", ["2.25.1234", "1.2.246.352.71.2.320687012.16023."])
def test_all_of_a_uid_or_most_of_it_may_be_a_phantoms(prefix: str) -> None:
    parse(node({**SMALLEST, "phantoms": {"uid_prefixes": [prefix]}}), VOCABULARY)
