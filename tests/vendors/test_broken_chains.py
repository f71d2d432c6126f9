"""Broken on the side of plan, dose and what stands beside them (variants 32 to 44)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from tests.vendors.broken import CHAIN, base, header_images
from tests.vendors.judging import (
    LINKED,
    Told,
    judged_one,
    links,
    noted,
    protocol,
    read,
    weighing,
    written,
)
from tests.vendors.workstations import segmentation
from xnat_gate.core.judge import Outcome, judge
from xnat_gate.core.protocol.model import DoseAlone
from xnat_gate.core.study import group
from xnat_gate.sandbox.phantoms import (
    ABSENT,
    attributes,
    ct_series,
    frame_uid,
    item,
    mr,
    pt,
    reference_to,
    rtdose,
    rtplan,
    rtstruct,
)

CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
BEAMS_RECORD_CLASS = "1.2.840.10008.5.1.4.1.1.481.4"
REGISTRATION_CLASS = "1.2.840.10008.5.1.4.1.1.66.1"
ORPHAN: Told = ("ORPHAN", "ORPHAN", "NO_REFERENCE")
ABSENT_TARGET: Told = ("ORPHAN", "ORPHAN", "TARGET_ABSENT")
CYCLE: Told = ("UNVERIFIABLE", "UNVERIFIABLE", "CYCLE")
DOSE_ALONE: Told = ("PARTIAL", "PARTIAL", "PLAN_ABSENT_STRUCT_PRESENT")
STANDALONE: Told = ("UNVERIFIABLE", "UNVERIFIABLE", "STANDALONE_ALLOWED")
UPON_ORPHAN: Told = ("ORPHAN", "LINKED", "INSTANCE_ALL")


@pytest.mark.parametrize("sequence", [ABSENT, []])
def test_a_plan_for_a_patient_without_a_structure_set_is_an_orphan(tmp_path: Path, sequence: object) -> None:
    whole = base()
    attributes(whole.rtplan, {"ReferencedStructureSetSequence": sequence})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == {"structure set": LINKED, "plan": ORPHAN, "dose": UPON_ORPHAN}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT060", "RT081"})
    assert len(verdict.rejected) == 2


def test_a_plan_whose_structure_set_did_not_come_is_an_orphan_although_its_frame_fits(tmp_path: Path) -> None:
    whole = base()
    verdict = judged_one(written(tmp_path, whole.ct, whole.rtplan, whole.rtdose))
    assert links(verdict) == {"plan": ABSENT_TARGET, "dose": UPON_ORPHAN}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT061", "RT081"})


def test_a_plan_for_the_device_needs_no_structure_set(tmp_path: Path) -> None:
    whole = base()
    plan = rtplan(None, whole.rtstruct, geometry="TREATMENT_DEVICE", series=22, number=22)
    verdict = judged_one(written(tmp_path, whole.ct, plan))
    assert links(verdict) == {"plan": STANDALONE}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, set())
    assert "RT062" in noted(verdict)


def test_a_plan_that_names_itself_as_its_structure_set_is_held(tmp_path: Path) -> None:
    whole = base()
    attributes(whole.rtplan, {"ReferencedStructureSetSequence": [reference_to(whole.rtplan)]})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == {
        "structure set": LINKED,
        "plan": CYCLE,
        "dose": ("UNVERIFIABLE", "LINKED", "INSTANCE_ALL"),
    }
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT081", "RT151"})


def test_plans_that_name_each_other_are_held(tmp_path: Path) -> None:
    whole = base()
    other = rtplan(None, whole.rtstruct, series=22, number=22)
    attributes(whole.rtplan, {"ReferencedStructureSetSequence": [reference_to(other)]})
    attributes(other, {"ReferencedStructureSetSequence": [reference_to(whole.rtplan)]})
    verdict = judged_one(written(tmp_path, whole.ct, whole.rtstruct, whole.rtplan, other))
    assert links(verdict) == {"structure set": LINKED, "plan": CYCLE}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT150"})


def test_plan_and_dose_may_name_each_other(tmp_path: Path) -> None:
    whole = base()
    attributes(whole.rtplan, {"ReferencedDoseSequence": [reference_to(whole.rtdose)]})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert (links(verdict), verdict.outcome, verdict.findings) == (CHAIN, Outcome.ARCHIVE, ())


def test_a_dose_of_a_plan_that_names_none_is_an_orphan(tmp_path: Path) -> None:
    whole = base()
    attributes(
        whole.rtdose,
        {
            "ReferencedRTPlanSequence": ABSENT,
            "ReferencedStructureSetSequence": ABSENT,
            "DVHSequence": ABSENT,
        },
    )
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == {**CHAIN, "dose": ORPHAN}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT080"})


def test_the_dose_of_an_overview_of_plans_needs_none(tmp_path: Path) -> None:
    whole = base()
    overview = item(
        PlanOverviewIndex=1,
        ReferencedStructureSetSequence=[reference_to(whole.rtstruct)],
        ReferencedImageSequence=[reference_to(each) for each in whole.ct],
    )
    dose = rtdose(None, summation="PLAN_OVERVIEW", PlanOverviewSequence=[overview])
    verdict = judged_one(written(tmp_path, whole.ct, whole.rtstruct, whole.rtplan, dose))
    assert (links(verdict), verdict.outcome, weighing(verdict)) == (CHAIN, Outcome.ARCHIVE, set())


def test_a_dose_without_its_plan_hangs_on_the_structure_set_of_its_histogram(tmp_path: Path) -> None:
    whole = base()
    folder = written(tmp_path, whole.ct, whole.rtstruct, whole.rtdose)
    verdict = judged_one(folder)
    assert links(verdict) == {"structure set": LINKED, "dose": DOSE_ALONE}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT081"})
    strict = replace(protocol(), rt=replace(protocol().rt, dose_without_plan=DoseAlone.ORPHAN))
    (study,) = group(read(folder))
    verdict = judge(study, strict)
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT081"})
    assert [one.modality for one in verdict.rejected] == ["RTDOSE"]


def test_a_dose_of_several_plans_of_which_one_is_missing_is_partial(tmp_path: Path) -> None:
    whole = base()
    other = rtplan(None, whole.rtstruct, series=22, number=22)
    attributes(
        whole.rtdose,
        {
            "DoseSummationType": "MULTI_PLAN",
            "ReferencedRTPlanSequence": [reference_to(whole.rtplan), reference_to(other)],
        },
    )
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == {**CHAIN, "dose": ("PARTIAL", "PARTIAL", "INSTANCE_SOME")}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT081"})


def test_a_dose_of_a_beam_that_its_plan_does_not_have_is_held(tmp_path: Path) -> None:
    whole = base()
    dose = rtdose(None, whole.rtplan, summation="BEAM", beams=(9,))
    verdict = judged_one(written(tmp_path, whole.ct, whole.rtstruct, whole.rtplan, dose))
    assert (links(verdict), verdict.outcome, weighing(verdict)) == (CHAIN, Outcome.HOLD, {"RT083"})


def test_a_dose_in_another_frame_of_reference_is_held(tmp_path: Path) -> None:
    whole = base()
    attributes(whole.rtdose, {"FrameOfReferenceUID": frame_uid(1, 9)})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert (links(verdict), verdict.outcome, weighing(verdict)) == (CHAIN, Outcome.HOLD, {"RT085"})


def test_a_dose_two_metres_away_from_the_images_is_told(tmp_path: Path) -> None:
    whole = base()
    attributes(whole.rtdose, {"ImagePositionPatient": ["1992", "-8", "0"]})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert (links(verdict), verdict.outcome, weighing(verdict)) == (CHAIN, Outcome.ARCHIVE, set())
    assert noted(verdict) == {"RT086"}


def test_a_record_may_name_no_plan(tmp_path: Path) -> None:
    whole = base()
    record = rtplan(None, whole.rtstruct, series=23, number=23)
    for keyword in (
        "BeamSequence",
        "FractionGroupSequence",
        "PatientSetupSequence",
        "RTPlanLabel",
        "RTPlanGeometry",
    ):
        delattr(record, keyword)
    attributes(
        record,
        {
            "SOPClassUID": BEAMS_RECORD_CLASS,
            "Modality": "RTRECORD",
            "ReferencedStructureSetSequence": ABSENT,
            "ReferencedRTPlanSequence": [],
            "TreatmentDate": "20200103",
        },
    )
    verdict = judged_one(written(tmp_path, whole.everything, record))
    assert links(verdict) == {**CHAIN, "treatment record": STANDALONE}
    assert noted(verdict) == {"RT101"}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.QUARANTINE, {"ALLOW"})


def _registration(*parts: Dataset) -> Dataset:
    made = rtstruct(None, names="none", series=41, number=41, FrameOfReferenceUID=frame_uid(1))
    for keyword in [each.keyword for each in made if each.tag.group == 0x3006]:
        delattr(made, keyword)
    matrix = item(MatrixSequence=[item(FrameOfReferenceTransformationMatrixType="RIGID")])
    for part in parts:
        part.MatrixRegistrationSequence = [matrix]
    return attributes(
        made,
        {
            "SOPClassUID": REGISTRATION_CLASS,
            "Modality": "REG",
            "SeriesDescription": "Phantom registration",
            "RegistrationSequence": list(parts),
        },
    )


def test_a_registration_may_join_frames_of_reference_without_naming_an_image(tmp_path: Path) -> None:
    images, other = ct_series(None), mr(None, frame=2)
    joined = _registration(item(FrameOfReferenceUID=frame_uid(1)), item(FrameOfReferenceUID=frame_uid(1, 2)))
    verdict = judged_one(written(tmp_path / "both", images, other, joined))
    assert links(verdict) == {"registration": ("UNVERIFIABLE", "UNVERIFIABLE", "FRAME_UNIQUE")}
    assert (verdict.outcome, weighing(verdict), noted(verdict)) == (Outcome.ARCHIVE, set(), {"RT103"})
    verdict = judged_one(written(tmp_path / "one", images, joined))
    assert links(verdict) == {"registration": ("PARTIAL", "PARTIAL", "FRAME_SOME")}
    assert (verdict.outcome, weighing(verdict), noted(verdict)) == (Outcome.ARCHIVE, set(), {"RT103"})


@pytest.mark.parametrize("named_in", ["listed", "sources", "derived"])
def test_a_segmentation_is_linked_by_whichever_list_names_its_images(tmp_path: Path, named_in: str) -> None:
    images = ct_series(None)
    made = segmentation(None, images, **{named_in: images})
    verdict = judged_one(written(tmp_path, images, made))
    assert links(verdict) == {"segmentation": LINKED}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.QUARANTINE, {"ALLOW"})


def test_references_to_a_ct_that_lead_to_a_pt_are_told_by_the_class(tmp_path: Path) -> None:
    images = pt(None)
    structures = rtstruct(None, images)
    _call_them_ct(header_images(structures).ContourImageSequence)
    for roi in structures.ROIContourSequence:
        for contour in roi.ContourSequence:
            _call_them_ct(contour.ContourImageSequence)
    verdict = judged_one(written(tmp_path, images, structures))
    assert links(verdict) == {"structure set": ("ORPHAN", "ORPHAN", "TARGET_MISMATCH")}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT030"})
    assert "RT041" in noted(verdict)


def _call_them_ct(references: Sequence[Dataset]) -> None:
    for one in references:
        attributes(one, {"ReferencedSOPClassUID": CT_CLASS})
