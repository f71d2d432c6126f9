"""How a study is summed up: what leaves it, where it goes, and whether it waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import ELSEWHERE, SCREENSHOT, ids, summed
from tests.core.studies import (
    RTIMAGE_CLASS,
    a_protocol,
    chain,
    changed,
    ct,
    instance,
    rtdose,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core import checks
from xnat_gate.core.finding import Effect
from xnat_gate.core.judge import Outcome, judge
from xnat_gate.core.labels import Labels
from xnat_gate.core.study import Study

# --- destination and outcome


def test_a_study_against_which_nothing_stands_is_archived_in_the_hospital_project() -> None:
    verdict = summed(chain())
    assert (verdict.outcome, verdict.project) == (Outcome.ARCHIVE, "HOSPITAL")
    assert verdict.labels == Labels("HOSPITAL", "DOE_JANE", "4711")
    assert (verdict.findings, verdict.rejected, verdict.reasons) == ((), (), ())
    assert verdict.accepted == verdict.study.instances
    assert verdict.deliverable


def test_one_object_off_the_list_sends_the_whole_study_to_quarantine() -> None:
    verdict = summed(chain(), SCREENSHOT)
    assert (verdict.outcome, verdict.project) == (Outcome.QUARANTINE, "QUARANTINE")
    assert verdict.labels == Labels("QUARANTINE", "DOE_JANE", "4711")
    assert len(verdict.accepted) == len(verdict.study.instances)
    assert verdict.deliverable


def test_a_denied_scanner_sends_the_whole_study_to_quarantine() -> None:
    verdict = summed(ct(2), ct(1, series=ELSEWHERE, ManufacturerModelName="Aera"))
    assert (verdict.outcome, ids(verdict, Effect.QUARANTINE)) == (Outcome.QUARANTINE, ["DENY"])


def test_orphans_leave_and_the_rest_of_the_study_goes_on() -> None:
    images, orphan = ct(3), rtstruct(ct(3, series=ELSEWHERE))
    verdict = summed(images, orphan)
    assert (verdict.outcome, verdict.project) == (Outcome.ARCHIVE, "HOSPITAL")
    assert verdict.rejected == (orphan,)
    assert verdict.accepted == images
    assert verdict.deliverable


def test_what_stands_on_an_orphan_leaves_with_it() -> None:
    structures = rtstruct(ct(3, series=ELSEWHERE))
    plan = rtplan(structures)
    verdict = summed(ct(2), structures, plan, rtdose(plan))
    assert [one.modality for one in verdict.rejected] == ["RTSTRUCT", "RTPLAN", "RTDOSE"]
    assert verdict.outcome is Outcome.ARCHIVE


def test_a_study_of_which_no_object_is_left_is_rejected() -> None:
    verdict = summed(chain()[3:])
    assert verdict.outcome is Outcome.REJECT
    assert len(verdict.rejected) == 3
    assert verdict.accepted == ()


def test_a_partial_structure_set_holds_the_whole_study_and_nothing_leaves() -> None:
    images = ct(3)
    verdict = summed(images[1:], rtstruct(images))
    assert (verdict.outcome, verdict.project) == (Outcome.HOLD, "HOSPITAL")
    assert verdict.rejected == ()
    assert verdict.deliverable


def test_hold_outranks_quarantine_and_keeps_quarantine_as_destination() -> None:
    images = ct(3)
    verdict = summed(images[1:], rtstruct(images), SCREENSHOT)
    assert (verdict.outcome, verdict.project) == (Outcome.HOLD, "QUARANTINE")
    assert verdict.labels == Labels("QUARANTINE", "DOE_JANE", "4711")


def test_rejecting_some_objects_neither_holds_nor_quarantines_the_others() -> None:
    orphan = rtstruct(ct(3, series=ELSEWHERE))
    assert summed(ct(2), orphan).outcome is Outcome.ARCHIVE
    assert summed(ct(2), orphan, SCREENSHOT).outcome is Outcome.QUARANTINE


def test_reasons_are_the_findings_that_decide_the_heaviest_first() -> None:
    images = ct(3)
    orphan = rtstruct(ct(3, series=ELSEWHERE), 2)
    verdict = summed(images[1:], rtstruct(images, contours=False, SeriesNumber="1"), orphan, SCREENSHOT)
    assert [finding.effect for finding in verdict.reasons] == [Effect.REJECT, Effect.HOLD, Effect.QUARANTINE]
    assert "RT021" in ids(verdict, Effect.NOTE)


# --- what no longer speaks


def test_a_finding_about_nothing_but_rejected_objects_does_not_weigh() -> None:
    orphan = rtstruct(ct(3, series=ELSEWHERE), ManufacturerModelName="Aera")
    verdict = summed(ct(2), orphan)
    assert ids(verdict, Effect.QUARANTINE) == ["DENY"]
    assert (verdict.outcome, verdict.project) == (Outcome.ARCHIVE, "HOSPITAL")


def test_a_finding_about_rejected_objects_and_others_still_weighs() -> None:
    images = ct(2, ManufacturerModelName="Aera")
    orphan = rtstruct(ct(3, series=ELSEWHERE), ManufacturerModelName="Aera")
    assert summed(images, orphan).outcome is Outcome.QUARANTINE


def test_a_headerless_orphan_does_not_hold_the_images_beside_it() -> None:
    orphan = replace(rtstruct(ct(3, series=ELSEWHERE)), part10=False)
    verdict = summed(ct(2), orphan)
    assert ids(verdict, Effect.HOLD) == ["RT001"]
    assert (verdict.outcome, verdict.deliverable) == (Outcome.ARCHIVE, True)


def test_a_finding_about_the_study_weighs_whoever_leaves_it() -> None:
    orphan = rtstruct(ct(3, series=ELSEWHERE), PatientID="4712")
    verdict = summed(ct(2), orphan)
    assert verdict.rejected == (orphan,)
    assert (verdict.outcome, verdict.deliverable) == (Outcome.HOLD, False)


def test_what_orphans_leave_behind_without_images_is_held() -> None:
    portal = instance("ri.dcm", RTIMAGE_CLASS, "RTIMAGE", f"{ELSEWHERE}.1", ELSEWHERE)
    verdict = summed(portal, rtstruct(ct(2)))
    assert (verdict.outcome, verdict.accepted) == (Outcome.HOLD, (portal,))


def test_an_object_without_uid_is_never_rejected_since_it_cannot_be_told_from_another() -> None:
    images = tuple(changed(one, SOPInstanceUID=()) for one in ct(2))
    verdict = summed(images, rtstruct(ct(3, series=ELSEWHERE), SOPInstanceUID=()))
    assert verdict.rejected == ()
    assert (verdict.outcome, verdict.deliverable) == (Outcome.HOLD, False)


def test_both_files_of_an_identity_leave_when_one_is_an_orphan() -> None:
    images = ct(2)
    good = rtstruct(images)
    bad = replace(rtstruct(ct(2, series=ELSEWHERE)), file="edited.dcm")
    verdict = summed(images, good, bad)
    assert verdict.rejected == (good, bad)
    assert verdict.accepted == images


# --- labels and delivery


@pytest.mark.parametrize("keyword", ["PatientName", "PatientID"])
@pytest.mark.parametrize("value", [None, (), "^^^"])
def test_a_study_that_cannot_be_labelled_is_held_and_not_delivered(keyword: str, value: object) -> None:
    verdict = summed([changed(one, **{keyword: value}) for one in ct(2)])
    assert (verdict.outcome, verdict.project, verdict.labels) == (Outcome.HOLD, "HOSPITAL", None)
    assert not verdict.deliverable


def test_a_study_that_cannot_be_labelled_keeps_quarantine_as_destination() -> None:
    verdict = summed(ct(2, PatientName=None), SCREENSHOT)
    assert (verdict.outcome, verdict.project, verdict.labels) == (Outcome.HOLD, "QUARANTINE", None)


SLICES = ct(2)
BARRED: dict[str, tuple[str, Study]] = {
    "a file that cannot be read to its end": ("RT001", study(SLICES, damaged=["cut.dcm"])),
    "a file without the header of DICOM files": ("RT001", study(replace(SLICES[0], part10=False), SLICES[1])),
    "an object without SOPInstanceUID": ("RT002", study(changed(SLICES[0], SOPInstanceUID=()), SLICES[1])),
    "an object without SOPClassUID": ("RT002", study(changed(SLICES[0], SOPClassUID=()), SLICES[1])),
    "an object without SeriesInstanceUID": (
        "RT002",
        study(changed(SLICES[0], SeriesInstanceUID=()), SLICES[1]),
    ),
    "a made-up UID": ("RT003", study(changed(SLICES[0], SeriesInstanceUID="1111"), SLICES[1])),
    "a malformed UID": ("RT003", study(changed(SLICES[0], SOPInstanceUID="../1"), SLICES[1])),
    "two patients": ("RT004", study(changed(SLICES[0], PatientID="4712"), SLICES[1])),
    "two names": ("RT004", study(changed(SLICES[0], PatientName="ROE"), SLICES[1])),
    "two files of one identity": ("RT013", study(SLICES, replace(SLICES[0], file="edited.dcm"))),
}


@pytest.mark.parametrize(("id", "barred"), BARRED.values(), ids=BARRED)
def test_what_xnat_could_not_keep_whole_does_not_even_reach_the_prearchive(id: str, barred: Study) -> None:
    verdict = judge(barred, a_protocol())
    assert ids(verdict, Effect.HOLD) == [id]
    assert (verdict.outcome, verdict.deliverable) == (Outcome.HOLD, False)
    assert any(finding.bars_delivery for finding in verdict.findings)


def test_a_keyword_missing_that_is_no_uid_and_no_label_holds_in_the_prearchive() -> None:
    verdict = summed(changed(SLICES[0], Modality=None), SLICES[1], allow={"Modality": "ALL"})
    assert (verdict.outcome, verdict.deliverable) == (Outcome.HOLD, True)


def test_a_session_label_that_a_person_chose_is_taken() -> None:
    lacking = study(ct(2, PatientID=None))
    assert judge(lacking, a_protocol(), session="S7").labels == Labels("HOSPITAL", "DOE_JANE", "S7")
    assert judge(study(ct(2)), a_protocol(), session="S7").labels == Labels("HOSPITAL", "DOE_JANE", "S7")
    assert judge(study(ct(2, PatientName=None)), a_protocol(), session="S7").labels is None


def test_labels_follow_the_templates_of_the_protocol() -> None:
    templates = {"subject": "P-{PatientID}", "session": "{PatientID}_{StudyDate}"}
    verdict = summed(ct(2, StudyDate="20240229"), labels=templates)
    assert verdict.labels == Labels("HOSPITAL", "P-4711", "4711_20240229")


# --- twins and copies


def test_identical_twins_are_delivered_once() -> None:
    one, two = (replace(each, digest="a" * 64) for each in ct(2))
    copy = replace(one, file="copy.dcm")
    verdict = summed(one, two, copy)
    assert verdict.accepted == (one, two)
    assert verdict.outcome is Outcome.ARCHIVE


def test_different_files_of_one_identity_are_all_kept_and_not_delivered() -> None:
    one, two = (replace(each, digest=each.file) for each in ct(2))
    edited = replace(one, file="edited.dcm", digest="b" * 64)
    verdict = summed(one, two, edited)
    assert verdict.accepted == (one, two, edited)
    assert not verdict.deliverable


def test_files_of_unknown_contents_are_no_twins_and_none_is_dropped() -> None:
    (one,) = ct(1)
    other = replace(one, file="other.dcm")
    assert summed(one, other).accepted == (one, other)


def test_all_copies_of_an_orphan_are_rejected() -> None:
    orphan = replace(rtstruct(ct(2)), digest="a" * 64)
    verdict = summed(orphan, replace(orphan, file="copy.dcm"))
    assert (verdict.outcome, len(verdict.rejected)) == (Outcome.REJECT, 2)


# --- the record


def test_the_record_holds_every_question_that_was_asked() -> None:
    asked = ("ALLOW", "DENY", *(check.id for check in checks.ALL))
    assert summed(chain()).asked == summed(SCREENSHOT).asked == asked


def test_everything_found_was_asked() -> None:
    for verdict in (summed(chain()[1:], SCREENSHOT), summed(ct(2, PatientID="4/7"), damaged=("x",))):
        assert {finding.id for finding in verdict.findings} <= set(verdict.asked)
