"""Broken numbers, names and identifiers, and the traces of anonymisers (variants 45 to 59)."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import UID

from tests.vendors import anonymisers
from tests.vendors.broken import CHAIN, all_with, base, inheriting
from tests.vendors.judging import (
    LINKED,
    Told,
    judged,
    judged_one,
    links,
    noted,
    said,
    weighing,
    written,
)
from xnat_gate.core.finding import Severity
from xnat_gate.core.judge import Outcome, Verdict
from xnat_gate.sandbox.phantoms import attributes, instance_uid, rt_study, rtstruct

NO_TARGET: Told = ("ORPHAN", "ORPHAN", "TARGET_ABSENT")
ORPHANS = dict.fromkeys(CHAIN, NO_TARGET)


def archived(verdict: Verdict) -> bool:
    return (links(verdict), verdict.outcome, weighing(verdict)) == (CHAIN, Outcome.ARCHIVE, set())


def test_two_structure_sets_in_one_series_are_held(tmp_path: Path) -> None:
    whole = base()
    verdict = judged_one(written(tmp_path, whole.everything, rtstruct(None, whole.ct, instance=2)))
    assert links(verdict) == CHAIN
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT020"})


def test_plan_and_dose_in_one_series_are_held(tmp_path: Path) -> None:
    whole = base()
    shared = {"SeriesInstanceUID": whole.rtplan.SeriesInstanceUID, "SeriesNumber": 12}
    attributes(whole.rtdose, {**shared, "SeriesDescription": whole.rtplan.SeriesDescription})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == CHAIN
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT014", "RT020"})


def test_one_number_written_in_three_ways_is_one_number(tmp_path: Path) -> None:
    whole = base()
    for one, number in ((whole.rtstruct, "7"), (whole.rtplan, "007"), (whole.rtdose, " 7 ")):
        attributes(one, {"SeriesNumber": number})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert archived(verdict)
    assert noted(verdict) == {"RT021"}
    assert "Series number 7 is used by 3 series" in said(verdict, "RT021")


def test_two_series_without_a_number_are_an_error(tmp_path: Path) -> None:
    whole = base()
    all_with([whole.rtplan, whole.rtdose], SeriesNumber=None)
    verdict = judged_one(written(tmp_path, whole.everything))
    assert archived(verdict)
    (finding,) = verdict.findings
    assert (finding.id, finding.severity) == ("RT022", Severity.ERROR)


@pytest.mark.parametrize(
    ("number", "ids"),
    [
        ("4711/12", {"RT011"}),
        ("4711\\12", {"RT011"}),
        ("..", {"RT011"}),
        ("4711 ", set()),
        ("\N{PILL}", {"RT011"}),
        ("4" * 80, {"RT011"}),
    ],
)
def test_a_patient_number_that_cannot_become_a_label_holds_the_study(
    tmp_path: Path, number: str, ids: set[str]
) -> None:
    whole = base(PatientID=number)
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == CHAIN
    assert weighing(verdict) == ids
    assert verdict.outcome is (Outcome.HOLD if ids else Outcome.ARCHIVE)


@pytest.mark.parametrize(
    "padded", ["PHANTOM^WATER^", "PHANTOM^WATER^^^", "PHANTOM^WATER^^ ", "PHANTOM^WATER "]
)
def test_a_name_with_more_empty_components_is_the_same_name(tmp_path: Path, padded: str) -> None:
    whole = base()
    attributes(whole.rtstruct, {"PatientName": padded})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert archived(verdict)
    assert verdict.labels is not None
    assert verdict.labels.subject == "PHANTOM_WATER"


def test_two_studies_of_one_patient_wait_for_a_person(tmp_path: Path) -> None:
    one, other = rt_study(None, study=1), rt_study(None, study=2)
    verdicts = judged(written(tmp_path, one.everything, other.everything))
    assert [(verdict.outcome, weighing(verdict)) for verdict in verdicts] == [(Outcome.HOLD, {"RT007"})] * 2
    assert [links(verdict) for verdict in verdicts] == [CHAIN] * 2


def test_images_that_were_anonymised_beside_rt_that_was_not_are_held(tmp_path: Path) -> None:
    whole = base()
    anonymisers.declared(whole.ct)
    all_with([whole.rtstruct, whole.rtplan, whole.rtdose], PatientBirthDate="19500101")
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == CHAIN
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT143"})


def test_where_only_the_tops_of_the_files_got_new_uids_every_link_is_broken(tmp_path: Path) -> None:
    whole = base()
    anonymisers.remap_header(whole.everything, anonymisers.hashed())
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == ORPHANS | {"structure set": links(verdict)["structure set"]}
    assert links(verdict)["structure set"][:2] == ("ORPHAN", "ORPHAN")
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT030", "RT061", "RT081"})
    assert [one.modality for one in verdict.rejected] == ["RTSTRUCT", "RTPLAN", "RTDOSE"]


def test_where_only_what_names_others_got_new_uids_every_link_is_broken(tmp_path: Path) -> None:
    whole = base()
    anonymisers.remap_nested(whole.everything, anonymisers.hashed())
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == ORPHANS | {"structure set": links(verdict)["structure set"]}
    assert links(verdict)["structure set"][:2] == ("ORPHAN", "ORPHAN")
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT030", "RT061", "RT081"})


def test_a_study_pair_that_was_renamed_like_an_instance_is_told_and_breaks_nothing(tmp_path: Path) -> None:
    whole = base()
    anonymisers.remap(whole.everything, anonymisers.hashed())
    study = whole.rtstruct.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    attributes(study, {"ReferencedSOPInstanceUID": anonymisers.hashed("instance")("1.2.3")})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert archived(verdict)
    assert noted(verdict) == {"RT039"}


def test_two_batches_that_were_anonymised_apart_do_not_know_each_other(tmp_path: Path) -> None:
    whole = base()
    anonymisers.remap(whole.ct, anonymisers.hashed("one"))
    anonymisers.remap([whole.rtstruct, whole.rtplan, whole.rtdose], anonymisers.hashed("two"))
    verdicts = judged(written(tmp_path, whole.everything))
    (images,) = (verdict for verdict in verdicts if not verdict.links)
    (planned,) = (verdict for verdict in verdicts if verdict.links)
    assert links(planned) == inheriting(NO_TARGET)
    assert (planned.outcome, images.outcome) == (Outcome.REJECT, Outcome.HOLD)
    assert weighing(planned) == {"RT007", "RT030", "RT061", "RT081", "RT120"}
    assert weighing(images) == {"RT007"}


def test_frames_of_reference_that_were_renamed_series_by_series_contradict_the_links(tmp_path: Path) -> None:
    whole = base()
    for one in whole.everything:
        own = anonymisers.hashed(str(one.SeriesInstanceUID))
        anonymisers.remap_header([one], own, ["FrameOfReferenceUID"])
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == CHAIN
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT085"})
    assert "RT036" in noted(verdict)


def test_where_the_paths_of_plan_and_dose_were_missed_they_alone_are_orphans(tmp_path: Path) -> None:
    whole = base()
    anonymisers.remap_header(whole.everything, anonymisers.hashed())
    anonymisers.remap_nested([whole.rtstruct], anonymisers.hashed())
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == {**ORPHANS, "structure set": LINKED}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT061", "RT081"})
    assert [one.modality for one in verdict.rejected] == ["RTPLAN", "RTDOSE"]


def test_uids_that_stayed_behind_in_the_file_meta_are_told(tmp_path: Path) -> None:
    whole = base()
    folder = written(tmp_path, whole.everything)
    image = dcmread(folder / "002.dcm")
    image.file_meta.MediaStorageSOPInstanceUID = UID(instance_uid(1, 1, 99))
    image.save_as(folder / "002.dcm")
    verdict = judged_one(folder)
    assert archived(verdict)
    assert noted(verdict) == {"RT008"}
