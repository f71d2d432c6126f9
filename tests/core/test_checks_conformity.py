"""What the checks of persons, files and series say, read aloud, and what a PN is when its padding is gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.asking import ELSEWHERE, only, said
from tests.core.studies import (
    CT_CLASS,
    ROOT,
    RTDOSE_CLASS,
    chain,
    changed,
    ct,
    instance,
    rtdose,
    rtstruct,
    study,
)
from xnat_gate.core.checks.persons import contradict, spelling
from xnat_gate.core.storage_classes import RECEIVED, kind_and_modality, name_of
from xnat_gate.core.study import Instance

STORAGE = "1.2.840.10008.5.1.4.1.1."

COMPONENT = st.text(
    st.characters(blacklist_characters="^=", blacklist_categories=("Cs", "Cc", "Z")), max_size=5
)
GROUPS = st.lists(st.lists(COMPONENT, min_size=1, max_size=5), min_size=1, max_size=3)
PADDING = st.text(" ", max_size=2)


def written(groups: list[list[str]]) -> str:
    return "=".join("^".join(components) for components in groups)


@given(GROUPS, st.data())
def test_padding_changes_no_name(groups: list[list[str]], data: st.DataObject) -> None:
    padded = [
        [data.draw(PADDING) + component + data.draw(PADDING) for component in components]
        + [data.draw(PADDING) for _ in range(data.draw(st.integers(0, 2)))]
        for components in groups
    ]
    ends = data.draw(st.sampled_from(["", "=", "==", " ", "^", "^^ ", "= ^"]))
    assert spelling(written(padded) + ends) == spelling(written(groups))


@given(GROUPS)
def test_a_spelling_is_its_own_spelling_and_contradicts_itself_never(groups: list[list[str]]) -> None:
    once = spelling(written(groups))
    assert spelling("=".join(once)) == once
    assert not contradict(once, once)
    assert not contradict(once, ())


@given(GROUPS, GROUPS)
def test_two_names_contradict_each_other_both_ways_or_neither(
    one: list[list[str]], other: list[list[str]]
) -> None:
    here, there = spelling(written(one)), spelling(written(other))
    assert contradict(here, there) == contradict(there, here)


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("DOE^JANE", " DOE ^ JANE ^^ ", False),
        ("DOE^JANE", "DOE^JANE=", False),
        ("DOE^JANE", "Doe^Jane", True),
        ("DOE^JANE", "JANE^DOE", True),
        ("DOE^JANE", "DOE JANE", True),
        ("DOE^JANE^M", "DOE^JANE", True),
        ("DOE^^M", "DOE^M", True),
        ("M\u00fcller^A", "Mu\u0308ller^A", False),
        ("Yamada^Tarou=\u5c71\u7530^\u592a\u90ce", "Yamada^Tarou", False),
        ("=\u5c71\u7530^\u592a\u90ce", "Yamada^Tarou", False),
        ("Yamada^Tarou=\u5c71\u7530^\u592a\u90ce", "Yamada^Tarou=\u5c71\u7530^\u6b21\u90ce", True),
    ],
)
def test_what_makes_two_names_of_one(one: str, other: str, differ: bool) -> None:
    assert contradict(spelling(one), spelling(other)) is differ


def test_rt005_counts_the_ways_and_names_the_few() -> None:
    first, second, *rest = ct(5)
    found = only(
        "RT005",
        study(changed(first, PatientName="DOE^J"), changed(second, PatientName="Doe^Jane"), rest),
    )
    assert found.message == "One patient's name is written in 3 ways: 2 of 5 files differ from the others."
    assert found.files == (first.file, second.file)


def test_rt005_asks_each_patient_for_himself_and_nobody_without_name_or_number() -> None:
    first, second, third = ct(3)
    assert said("RT005", study(first, changed(second, PatientID="4712", PatientName="ROE^R"))) == []
    assert (
        said("RT005", study(first, changed(second, PatientName=()), changed(third, PatientName="^^"))) == []
    )
    assert said("RT005", study(first, changed(second, PatientID=(), PatientName="ROE^R"))) == []


def test_rt006_says_what_differs_and_never_the_values() -> None:
    first, *rest = ct(3, PatientBirthDate="19600131", PatientSex="F")
    found = only("RT006", study(changed(first, PatientBirthDate="19600130", PatientSex="M"), rest))
    assert found.message == "The files of one patient do not agree on the birth date and the sex."
    assert found.files == (first.file,)


def test_rt006_reads_an_old_date_and_a_padded_sex() -> None:
    first, *rest = ct(3, PatientBirthDate="19600131", PatientSex="F")
    assert said("RT006", study(changed(first, PatientBirthDate="1960.01.31", PatientSex="f "), rest)) == []
    assert said("RT006", study(changed(first, PatientBirthDate=None, PatientSex=()), rest)) == []


def test_rt008_counts_a_file_once_whatever_differs() -> None:
    torn = ct(2, MediaStorageSOPClassUID=RTDOSE_CLASS, MediaStorageSOPInstanceUID=f"{ELSEWHERE}.1")
    found = only("RT008", study(torn))
    assert found.message == "2 files name another object in the file header than in the contents."
    sound, lone = ct(2, MediaStorageSOPClassUID=CT_CLASS)
    assert said("RT008", study(sound, changed(lone, MediaStorageSOPClassUID=()))) == []


def of_class(sop_class: str, modality: str = "CT", number: int = 1) -> Instance:
    series = f"{ELSEWHERE}.{number}"
    return instance(f"{number}.dcm", sop_class, modality, f"{series}.1", series, SeriesNumber=f"9{number}")


def test_rt009_says_what_becomes_of_a_kind_that_the_archive_does_not_know() -> None:
    files = [of_class(STORAGE + tail, number=n) for n, tail in enumerate(("481.12", "66.7", "66.8", "999"))]
    assert only("RT009", study(files)).message == (
        "XNAT's own receiver would refuse 4 files (RT radiation set, height map segmentation, "
        "kind unknown to the gate, label map segmentation); delivered by the gate they are kept."
    )
    assert only("RT009", study(files[:1])).message == (
        "XNAT's own receiver would refuse 1 file (RT radiation set); delivered by the gate it is kept."
    )
    assert said("RT009", study(of_class("a class"), of_class(""), chain())) == []


def test_every_class_that_this_program_names_apart_is_one_that_the_receiver_refuses() -> None:
    refused = [f"481.{tail}" for tail in range(12, 26)] + ["66.7", "66.8", "11.1"]
    assert all(name_of(STORAGE + tail) and STORAGE + tail not in RECEIVED for tail in refused)
    assert all(STORAGE + f"481.{tail}" in RECEIVED for tail in range(1, 12))
    assert not any(name_of(known) for known in RECEIVED)
    assert name_of("66.7") == ""
    assert kind_and_modality(f"{STORAGE}7") is None


def test_rt010_says_what_says_what() -> None:
    images = ct(2, Modality="PT")
    structures = rtstruct(images)
    found = only("RT010", study(images, structures, rtdose(None, Modality="RTPLAN")))
    assert found.message == (
        "3 files have a Modality that does not fit what they are: CT images say PT, doses say RTPLAN."
    )
    (lone,) = ct(1, Modality="OT")
    assert only("RT010", study(lone)).message == (
        "1 file has a Modality that does not fit what it is: CT images say OT."
    )


def test_rt010_leaves_empty_and_free_modalities_alone() -> None:
    free = of_class(f"{STORAGE}7", "CT")
    assert said("RT010", study(ct(1, Modality=()), free, of_class(f"{STORAGE}481.12", "RTRAD", 2))) == []


def test_rt023_says_on_what_a_series_does_not_agree() -> None:
    first, *rest = ct(3, SeriesDescription="Thorax")
    found = only("RT023", study(rest, changed(first, SeriesDescription="Scout", SeriesNumber="2")))
    assert found.message == (
        "The files of one series (CT series 1 Thorax) do not agree on its number and its description."
    )


def test_rt023_reads_numbers_as_numbers_and_leaves_the_frames_of_volumes_to_another_check() -> None:
    first, *rest = ct(3, SeriesNumber="7", SeriesDescription="Thorax")
    alike = changed(first, SeriesNumber="007", SeriesDescription="Thorax ", FrameOfReferenceUID=ELSEWHERE)
    assert said("RT023", study(alike, rest)) == []
    one, other = rtdose(None), rtdose(None, SOPInstanceUID=f"{ROOT}.77", FrameOfReferenceUID=ELSEWHERE)
    assert "its frame of reference" in only("RT023", study(one, other)).message


def test_of_two_that_are_as_many_the_same_is_the_odd_one_in_whatever_order_they_came() -> None:
    first, second, _ = ct(3)
    one = changed(first, PatientName="DOE^A", PatientBirthDate="19600101")
    other = changed(second, PatientName="DOE^B", PatientBirthDate="19610101")
    for id in ("RT005", "RT006"):
        assert only(id, study(one, other)).about == only(id, study(other, one)).about
