"""What the checks of files, patients, labels, copies and numbers say, read aloud."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import ELSEWHERE, judged, only, said
from tests.core.studies import (
    chain,
    changed,
    ct,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.finding import Effect, Severity


def test_rt001_counts_the_damaged_and_the_headerless_apart() -> None:
    slices = ct(3)
    bare = [replace(one, part10=False) for one in slices[:2]]
    cut, headerless = said("RT001", study(bare, slices[2], damaged=["a.dcm"]))
    assert cut.message == "1 file of this study cannot be read to the end."
    assert cut.files == ("a.dcm",)
    assert headerless.message == "2 files lack the DICOM file header (preamble and file meta)."
    assert headerless.about == tuple(one.sop_instance_uid for one in bare)


def test_rt002_asks_for_the_keywords_of_the_labels_too() -> None:
    labels = {"subject": "{PatientName}", "session": "{PatientID}_{StudyDate}"}
    found = only("RT002", study(ct(2)), labels=labels)
    assert found.message == "StudyDate is missing or empty in 2 files."
    assert not found.bars_delivery
    assert said("RT002", study(ct(2, StudyDate="20240101")), labels=labels) == []


@pytest.mark.parametrize(
    "keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"]
)
@pytest.mark.parametrize("value", [None, ()])
def test_rt002_bars_delivery_without_a_uid(keyword: str, value: object) -> None:
    found = only("RT002", study(changed(ct(1)[0], **{keyword: value})))
    assert found.message == f"{keyword} is missing or empty in 1 file."
    assert found.bars_delivery


@pytest.mark.parametrize(
    "uid", ["1.2.840.abc", "1..2.3", "1.02.3", "1.2.3.", ".1.2.3", "1.2.3 4", "1.2." + "3" * 61, "1.2.٣.4"]
)
def test_rt003_knows_a_malformed_uid(uid: str) -> None:
    assert (
        only("RT003", study(ct(1, SOPInstanceUID=uid))).message
        == "SOPInstanceUID is not a valid UID in 1 file."
    )


@pytest.mark.parametrize("uid", ["1111", "0", "1.2", "1.1.1.1", "99"])
def test_rt003_knows_a_constant_from_an_identifier(uid: str) -> None:
    found = only("RT003", study(ct(1, SeriesInstanceUID=uid)))
    assert found.message == "SeriesInstanceUID looks made up, not like a real identifier, in 1 file."


@pytest.mark.parametrize("uid", ["2.25.0", "1.2.840.10008.1", "1.2." + "3" * 60, "0.1.2"])
def test_rt003_leaves_real_uids_alone(uid: str) -> None:
    assert said("RT003", study(ct(1, SOPInstanceUID=uid))) == []


def test_rt004_counts_the_files_of_each_patient_and_names_none() -> None:
    first, *rest = ct(4)
    found = only("RT004", study(rest, changed(first, PatientID="4712")))
    assert found.message == "The files of this study carry 2 different values of PatientID (3 files, 1 file)."


def test_rt004_takes_an_issuer_that_only_some_files_have_for_no_second_patient() -> None:
    """Planning systems leave IssuerOfPatientID out."""
    slices = ct(2, IssuerOfPatientID="CLINIC A")
    assert said("RT004", study(slices, rtstruct(slices))) == []
    foreign = rtstruct(slices, IssuerOfPatientID="CLINIC B")
    assert only("RT004", study(slices, foreign)).bars_delivery


def test_rt004_leaves_a_missing_number_to_rt002() -> None:
    slices = ct(2)
    nameless = study(slices[0], changed(slices[1], PatientID=None))
    assert said("RT004", nameless) == []
    assert not judged(nameless).deliverable


def test_rt004_says_when_one_number_has_two_names() -> None:
    slices = ct(2)
    found = only("RT004", study(slices[0], changed(slices[1], PatientName="ROE^RICHARD")))
    assert found.message == "The files of this study do not agree on PatientName."
    assert said("RT004", study(slices[0], changed(slices[1], PatientName="DOE^JANE^^"))) == []


def test_rt007_tells_a_plan_torn_from_its_structure_set() -> None:
    slices = ct(2)
    structures = rtstruct(slices)
    torn = study(rtplan(structures, StudyInstanceUID=ELSEWHERE), uid=ELSEWHERE)
    same, needs = said("RT007", (torn, study(slices, structures)))
    assert same.message == "2 studies that arrived together would all become the same session."
    assert same.effect is Effect.HOLD
    assert needs.message == "1 RT file of this study needs objects that arrived as part of another study."
    assert (needs.effect, needs.severity) == (Effect.NOTE, Severity.WARNING)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("47/11", "a path separator"),
        ("47\\11", "a path separator"),
        ("..", "a dot at either end"),
        ("4711.", "a dot at either end"),
        ("47\x1b11", "a control character"),
        ('47"11', "a quotation mark"),
        ("47*", "a wildcard"),
        ("<4711>", "an angle bracket or bar"),
        ("47\ufffd11", "a character that the file's character set does not have"),
        ("4" * 80, "more than 64 characters"),
        ("47/1?", "a path separator, a wildcard"),
    ],
)
def test_rt011_says_what_is_wrong_with_a_number_without_repeating_it(value: str, words: str) -> None:
    found = said("RT011", study(ct(1, PatientID=value)))
    assert found[0].message == f"PatientID holds {words} and cannot safely become a label."


def test_rt011_holds_a_number_of_two_values_and_it_becomes_no_label() -> None:
    verdict = judged(study(ct(1, PatientID=("4711", "12"))))
    (found,) = (one for one in verdict.findings if one.id == "RT011")
    assert found.message.startswith("PatientID holds a backslash, by which DICOM parts several values")
    assert not verdict.deliverable


@pytest.mark.parametrize("value", ["4711", "4711 ", "A-1_b", "Ä 47", "a.b", "MÜLLER, Änne", "4711 🙂"])
def test_rt011_lets_what_merely_becomes_underscores_pass(value: str) -> None:
    assert said("RT011", study(ct(1, PatientID=value))) == []


def test_rt011_says_when_nothing_of_a_name_could_be_kept() -> None:
    verdict = judged(study(ct(1, PatientName="山田^太郎")))
    (found,) = [each for each in verdict.findings if each.effect is not Effect.NOTE]
    assert (found.id, found.effect) == ("RT011", Effect.HOLD)
    assert found.message == (
        "PatientName cannot become a label: XNAT keeps only the letters A to Z, digits, hyphen and underscore, "
        "and nothing of it would be left."
    )
    assert not verdict.deliverable


def test_rt012_counts_the_copies_beyond_the_first() -> None:
    one, two = (replace(each, digest=each.file) for each in ct(2))
    copies = [replace(one, file="b"), replace(one, file="c"), replace(two, file="d")]
    assert only("RT012", study(one, two, copies)).message == "3 files are copies of others, byte for byte."
    assert only("RT012", study(one, two, copies[:1])).message == "1 file is a copy of another, byte for byte."


def test_rt013_is_about_one_identity_at_a_time() -> None:
    one, two = ct(2)
    twins = [replace(one, file="b"), replace(one, file="c"), replace(two, file="d")]
    first, second = said("RT013", study(one, two, twins))
    assert (
        first.message == "3 files with different contents claim to be the same object (one SOPInstanceUID)."
    )
    assert first.files == (one.file, "b", "c")
    assert second.about == (two.sop_instance_uid,)
    assert first.bars_delivery


def test_rt014_names_the_kinds_that_share_a_series() -> None:
    slices = ct(1)
    mixed = study(slices, rtstruct(slices, SeriesInstanceUID=slices[0].series_uid))
    assert only("RT014", mixed).message == "Objects of different kinds share one series: CT, RTSTRUCT."


def test_rt014_finds_a_series_that_also_arrived_in_another_study() -> None:
    other = study(ct(1, StudyInstanceUID=ELSEWHERE, PatientID="4712"), uid=ELSEWHERE)
    found = only("RT014", (study(ct(1)), other))
    assert found.message == "1 series of this study also arrived as part of another study: CT series 1."


def test_plan_and_dose_in_one_series_are_told_as_shared_and_as_mixed() -> None:
    *slices, structures, plan, dose = chain()
    together = changed(dose, SeriesInstanceUID=plan.series_uid)
    mixed = study(slices, structures, plan, together)
    assert only("RT020", mixed).message == "2 RTDOSE/RTPLAN files share one series."
    assert only("RT014", mixed).message == "Objects of different kinds share one series: RTDOSE, RTPLAN."


@pytest.mark.parametrize("policy", [Effect.HOLD, Effect.QUARANTINE, Effect.NOTE])
def test_the_protocol_says_what_follows_from_shared_series_and_numbers(policy: Effect) -> None:
    slices = ct(2)
    sets = [rtstruct(slices, n, SeriesInstanceUID=ELSEWHERE, SeriesNumber="1") for n in (1, 2)]
    shared = study(slices, sets)
    assert only("RT020", shared, rt={"shared_series": policy.value}).effect is policy
    assert only("RT021", shared, rt={"shared_number": policy.value}).effect is policy


@pytest.mark.parametrize("number", ["7", "007", " 7 ", "+7"])
def test_rt021_compares_numbers_not_their_spelling(number: str) -> None:
    slices = ct(1, SeriesNumber="7", SeriesDescription="Thorax")
    found = only("RT021", study(slices, rtstruct(slices, SeriesNumber=number)))
    assert found.message == "Series number 7 is used by 2 series: CT Thorax, RTSTRUCT."


def test_rt022_is_worse_when_two_series_lack_a_number() -> None:
    slices = ct(1, SeriesNumber=())
    pair = study(slices, rtstruct(slices, SeriesNumber=None))
    found = only("RT022", pair, rt={"shared_number": "quarantine"})
    assert found.message == "2 series have no number: CT, RTSTRUCT."
    assert (found.effect, found.severity) == (Effect.QUARANTINE, Severity.ERROR)


def test_a_file_without_modality_leaves_no_gap_in_what_is_said_of_its_series() -> None:
    two = [rtplan(None, number, SeriesInstanceUID=ELSEWHERE, Modality=()) for number in (1, 2)]
    assert only("RT020", study(two)).message == "2 RT files share one series."
    first, *others = ct(3)
    assert study(changed(first, Modality=()), others).series[0].name == "CT series 1"


def test_a_series_is_called_as_most_of_its_files_say_in_whatever_order_they_came() -> None:
    first, *others = ct(3)
    odd = changed(first, SeriesNumber="9", SeriesDescription="another")
    for files in ((odd, *others), (*others, odd)):
        assert study(files).series[0].name == "CT series 1"
