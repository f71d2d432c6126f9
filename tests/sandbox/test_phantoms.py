"""The phantoms are what the standard asks for: read back here with pydicom alone."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from xnat_gate.sandbox.phantoms import (
    ABSENT,
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    Naming,
    Patient,
    ct_series,
    instance_uid,
    junk,
    mr,
    orphan_structure_set,
    pt,
    rt_study,
    rtdose,
    rtplan,
    rtstruct,
    save,
    save_bare,
    sc,
    study_uid,
    ultrasound,
    us,
)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for run in ("one", "two"):
        rt_study(tmp_path / run)
    one, two = _files(tmp_path / "one"), _files(tmp_path / "two")
    assert [path.name for path in one] == [path.name for path in two]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_an_rt_study_is_one_study_of_eight_files_with_a_series_and_a_number_of_its_own_each(
    tmp_path: Path,
) -> None:
    rt_study(tmp_path)
    read = [pydicom.dcmread(path) for path in _files(tmp_path)]
    assert len(read) == 8
    assert {each.StudyInstanceUID for each in read} == {study_uid(1)}
    series = {(str(each.SeriesInstanceUID), int(each.SeriesNumber), each.Modality) for each in read}
    assert sorted(kind for _, _, kind in series) == ["CT", "RTDOSE", "RTPLAN", "RTSTRUCT"]
    assert len({uid for uid, _, _ in series}) == len({number for _, number, _ in series}) == 4


def test_an_rt_study_is_linked_from_the_dose_down_to_every_slice(tmp_path: Path) -> None:
    study = rt_study(tmp_path)
    dose, plan, structures = study.rtdose, study.rtplan, study.rtstruct
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID
    frame = structures.ReferencedFrameOfReferenceSequence[0]
    assert frame.FrameOfReferenceUID == study.ct[0].FrameOfReferenceUID
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert [item.ReferencedSOPInstanceUID for item in series.ContourImageSequence] == [
        image.SOPInstanceUID for image in study.ct
    ]


def test_all_kinds_together_have_no_uid_and_no_series_number_in_common() -> None:
    everything = [*ct_series(None), *mr(None), *pt(None), us(None), sc(None)]
    everything += [rtstruct(None), rtplan(None), rtdose(None)]
    assert len({each.SOPInstanceUID for each in everything}) == len(everything)
    numbers = {each.SeriesInstanceUID: each.SeriesNumber for each in everything}
    assert len(set(numbers.values())) == len(numbers) == 8


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED])
def test_a_phantom_can_be_saved_in_every_transfer_syntax(tmp_path: Path, syntax: str) -> None:
    written = rtstruct(None, ct_series(None))
    read = pydicom.dcmread(save(written, tmp_path / "a" / "it.dcm", syntax))
    assert read.file_meta.TransferSyntaxUID == syntax
    assert read.to_json_dict() == written.to_json_dict()


def test_a_bare_phantom_begins_with_its_first_element(tmp_path: Path) -> None:
    path = save_bare(rtplan(None), tmp_path / "bare")
    assert path.read_bytes().startswith(b"\x08\x00\x05\x00")


def test_overrides_set_empty_or_remove_any_keyword(tmp_path: Path) -> None:
    ct_series(
        tmp_path, slices=1, SeriesNumber=None, PatientID=ABSENT, StudyDate="no date at all", Modality="XX"
    )
    read = pydicom.dcmread(_files(tmp_path)[0])
    assert "SeriesNumber" in read
    assert read.SeriesNumber is None
    assert "PatientID" not in read
    assert read.get_item("StudyDate").value.rstrip() == b"no date at all"
    assert read.Modality == "XX"


def test_objects_made_to_share_one_uid_are_still_files_of_their_own(tmp_path: Path) -> None:
    ct_series(tmp_path, slices=3, SOPInstanceUID=instance_uid(1, 1))
    assert len(_files(tmp_path)) == 3


@pytest.mark.parametrize(
    ("names", "in_header", "in_contours", "frame"),
    [
        ("all", True, True, True),
        ("header", True, False, True),
        ("contours", False, True, True),
        ("frame", False, False, True),
        ("none", False, False, False),
    ],
)
def test_a_structure_set_names_its_images_as_it_was_told_to(
    names: Naming, in_header: bool, in_contours: bool, frame: bool
) -> None:
    structures = rtstruct(None, ct_series(None, slices=2), names=names)
    frames = structures.get("ReferencedFrameOfReferenceSequence", [])
    contours = [contour for roi in structures.ROIContourSequence for contour in roi.ContourSequence]
    assert len(contours) == 4
    assert any("RTReferencedStudySequence" in each for each in frames) is in_header
    assert any("ContourImageSequence" in contour for contour in contours) is in_contours
    assert ("FrameOfReferenceUID" in structures) is frame
    assert bool(frames) is frame


def test_every_contour_lies_in_the_plane_and_inside_the_image_that_it_names() -> None:
    ct = ct_series(None)
    images = {each.SOPInstanceUID: each for each in ct}
    structures = rtstruct(None, ct)
    for roi in structures.ROIContourSequence:
        for contour in roi.ContourSequence:
            image = images[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
            left, top, height = (float(value) for value in image.ImagePositionPatient)
            points = [float(value) for value in contour.ContourData]
            assert len(points) == 3 * contour.NumberOfContourPoints
            assert set(points[2::3]) == {height}
            assert all(left <= across < left + image.Columns for across in points[0::3])
            assert all(top <= along < top + image.Rows for along in points[1::3])
    known = {roi.ROINumber for roi in structures.StructureSetROISequence}
    assert {roi.ReferencedROINumber for roi in structures.ROIContourSequence} == known
    assert {each.ReferencedROINumber for each in structures.RTROIObservationsSequence} == known


def test_contours_of_two_structures_are_objects_of_their_own() -> None:
    body, target = rtstruct(None, ct_series(None)).ROIContourSequence
    assert body.ContourSequence[0] is not target.ContourSequence[0]


def test_the_fraction_group_of_a_plan_has_each_of_its_beams_once() -> None:
    plan = rtplan(None, rtstruct(None), beams=3)
    numbers = [beam.BeamNumber for beam in plan.BeamSequence]
    (group,) = plan.FractionGroupSequence
    assert [each.ReferencedBeamNumber for each in group.ReferencedBeamSequence] == numbers == [1, 2, 3]
    assert group.NumberOfBeams == 3
    setups = {each.PatientSetupNumber for each in plan.PatientSetupSequence}
    assert all(beam.ReferencedPatientSetupNumber in setups for beam in plan.BeamSequence)
    assert all(beam.NumberOfControlPoints == len(beam.ControlPointSequence) for beam in plan.BeamSequence)


@pytest.mark.parametrize(("summation", "groups"), [("PLAN", None), ("FRACTION", []), ("BEAM", [2, 3])])
def test_a_dose_names_as_much_of_its_plan_as_it_is_of(summation: str, groups: list[int] | None) -> None:
    dose = rtdose(None, rtplan(None, rtstruct(None), beams=3), summation=summation, beams=(2, 3))
    (plan,) = dose.ReferencedRTPlanSequence
    assert ("ReferencedFractionGroupSequence" in plan) is (groups is not None)
    for group in plan.get("ReferencedFractionGroupSequence", []):
        named = [each.ReferencedBeamNumber for each in group.get("ReferencedBeamSequence", [])]
        assert (group.ReferencedFractionGroupNumber, named) == (1, groups)


def test_the_grid_of_a_dose_lies_inside_the_images() -> None:
    ct, dose = ct_series(None), rtdose(None, rtplan(None, rtstruct(None, ct_series(None))))
    assert dose.NumberOfFrames == len(dose.GridFrameOffsetVector)
    assert len(dose.PixelData) == dose.NumberOfFrames * dose.Rows * dose.Columns * 2
    first, last = (float(ct[place].ImagePositionPatient[2]) for place in (0, -1))
    heights = [float(dose.ImagePositionPatient[2]) + float(offset) for offset in dose.GridFrameOffsetVector]
    assert first <= min(heights) <= max(heights) <= last
    assert dose.Columns * dose.PixelSpacing[1] <= ct[0].Columns * ct[0].PixelSpacing[1]


def test_a_structure_set_of_points_has_contours_of_one_point() -> None:
    structures = rtstruct(None, geometry="POINT", rois=["ISOCENTRE"])
    (contour,) = structures.ROIContourSequence[0].ContourSequence
    assert (contour.ContourGeometricType, contour.NumberOfContourPoints, len(contour.ContourData)) == (
        "POINT",
        1,
        3,
    )


def test_rt_objects_take_patient_and_study_from_what_they_are_made_of_unless_told_otherwise() -> None:
    ct = ct_series(None, Patient("PHANTOM^CORK", "CORK"), study=7)
    assert (rtstruct(None, ct).PatientID, rtstruct(None, ct).StudyInstanceUID) == ("CORK", study_uid(7))
    elsewhere = rtstruct(None, ct, study=8, patient=Patient("PHANTOM^ICE", "ICE"))
    assert (elsewhere.PatientID, elsewhere.StudyInstanceUID) == ("ICE", study_uid(8))
    assert elsewhere.FrameOfReferenceUID == ct[0].FrameOfReferenceUID


def test_a_plan_for_a_treatment_device_names_no_structure_set() -> None:
    plan = rtplan(None, rtstruct(None), geometry="TREATMENT_DEVICE")
    assert "ReferencedStructureSetSequence" not in plan


def test_a_dose_can_name_the_structure_set_as_well() -> None:
    structures = rtstruct(None)
    dose = rtdose(None, rtplan(None, structures), structure_set=structures, summation="FRACTION")
    assert dose.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID
    assert dose.DoseSummationType == "FRACTION"


def test_the_ready_sets_are_three_patients_and_one_piece_of_junk(tmp_path: Path) -> None:
    rt_study(tmp_path)
    ultrasound(tmp_path)
    orphan = orphan_structure_set(tmp_path)
    note = junk(tmp_path)
    read = [pydicom.dcmread(path) for path in _files(tmp_path) if path != note]
    assert len(read) == 10
    assert len({each.PatientID for each in read}) == len({each.StudyInstanceUID for each in read}) == 3
    assert all("PHANTOM" in str(each.PatientName) for each in read)
    named = orphan.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0].ReferencedSOPInstanceUID
    assert named not in {each.SOPInstanceUID for each in read}
