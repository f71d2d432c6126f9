"""DICOM values become labels: sanitised as XNAT does it, agreed on by all files, or no label at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.studies import changed, ct
from xnat_gate.core.labels import agree, common_label, fill, is_label, sanitise, source_keywords

SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
NAME, BOTH = "{PatientName}", "{PatientName}_{PatientID}"


@given(st.text())
def test_every_character_that_xnat_does_not_keep_becomes_one_underscore(text: str) -> None:
    assert sanitise(text) == "".join(letter if letter in SAFE else "_" for letter in text)


@given(st.text())
def test_what_was_sanitised_is_a_label_and_stays_as_it_is(text: str) -> None:
    once = sanitise(text)
    assert sanitise(once) == once
    assert is_label(once) == bool(text)


@given(st.text(alphabet=SAFE, min_size=1))
def test_what_xnat_keeps_is_not_touched(text: str) -> None:
    assert sanitise(text) == text
    assert is_label(text)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("DOE^JANE", "DOE_JANE"),
        ("MÜLLER^Änne", "M_LLER__nne"),
        ("4711/2", "4711_2"),
        ("..", "__"),
        ("a b\n", "a_b_"),
        ("4711\N{GRINNING FACE}", "4711_"),
        ("٣4", "_4"),
    ],
)
def test_labels_as_xnat_shows_them(text: str, label: str) -> None:
    assert sanitise(text) == label


@pytest.mark.parametrize("text", ["", "a b", "a.b", "Ä", "a\n", "a/b"])
def test_what_xnat_would_change_is_no_label(text: str) -> None:
    assert not is_label(text)


def test_a_template_names_its_keywords_in_order() -> None:
    assert source_keywords("S-{PatientID}_{StudyDate}") == ("PatientID", "StudyDate")
    assert source_keywords("fixed") == ()


def test_a_template_is_filled_with_values_and_nothing_in_a_value_is_filled_again() -> None:
    values = {"PatientID": "{PatientName}", "PatientName": "DOE"}
    assert fill("P-{PatientID}", lambda keyword: values[keyword]) == "P-{PatientName}"


def test_a_template_with_a_value_missing_is_not_filled() -> None:
    assert fill("{PatientID}_{StudyDate}", lambda keyword: "" if keyword == "StudyDate" else "4711") is None


def test_a_label_is_what_all_files_agree_on() -> None:
    assert common_label(BOTH, ct(3)) == "DOE_JANE_4711"


def test_files_that_disagree_have_no_label() -> None:
    slices = ct(3)
    mixed = (*slices[:2], changed(slices[2], PatientName="ROE^RICHARD"))
    assert common_label(NAME, mixed) is None
    assert not agree(NAME, mixed)


@pytest.mark.parametrize("value", [None, (), ""])
def test_one_file_without_a_value_leaves_the_study_without_a_label(value: object) -> None:
    slices = ct(3)
    lacking = (changed(slices[0], PatientName=value), *slices[1:])
    assert common_label(NAME, lacking) is None
    assert not agree(NAME, lacking)


def test_no_file_at_all_has_no_label() -> None:
    assert common_label(NAME, ()) is None


def test_spellings_that_differ_in_empty_components_are_one_name_and_the_frequent_one_makes_the_label() -> (
    None
):
    slices = ct(3)
    padded = tuple(changed(one, PatientName="DOE^JANE^^^") for one in slices[1:])
    assert common_label(NAME, (slices[0], *padded)) == "DOE_JANE___"
    assert common_label(NAME, (*slices[:2], padded[0])) == "DOE_JANE"


def test_the_spelling_does_not_depend_on_the_order_when_both_are_equally_frequent() -> None:
    plain, padded = ct(1)[0], changed(ct(1)[0], PatientName="DOE^JANE^ ")
    assert common_label(NAME, (plain, padded)) == common_label(NAME, (padded, plain)) == "DOE_JANE"


def test_empty_components_make_no_disagreement_in_the_middle_of_a_label_either() -> None:
    plain, padded = ct(1)[0], changed(ct(1)[0], PatientName="DOE^JANE^^")
    assert common_label(BOTH, (plain, plain, padded)) == "DOE_JANE_4711"


@pytest.mark.parametrize("name", ["ROE^JANE", "DOE^JANET", "DOE^JANE^M", "doe^jane", "DOE JANE"])
def test_any_other_difference_is_another_name(name: str) -> None:
    plain = ct(1)[0]
    assert common_label(NAME, (plain, changed(plain, PatientName=name))) is None


@pytest.mark.parametrize("name", ["^^^", "山田^太郎", "---", "...", "_", "\x1b"])
def test_a_name_of_which_nothing_is_left_gives_no_label(name: str) -> None:
    slices = [changed(one, PatientName=name) for one in ct(2)]
    assert common_label(NAME, slices) is None
    assert agree(NAME, slices)


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_common_label_is_always_one_that_xnat_keeps(name: str, number: str) -> None:
    slices = [changed(one, PatientName=name, PatientID=number) for one in ct(2)]
    label = common_label(BOTH, slices)
    assert label is None or is_label(label)
