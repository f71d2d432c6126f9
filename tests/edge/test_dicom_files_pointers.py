"""What RT objects say about others: gathered at every depth, from every encoding, and from nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from xnat_gate.core.pointers import Pointers, Reference
from xnat_gate.core.study import READ_ALWAYS
from xnat_gate.edge.dicom_files import read_folder
from xnat_gate.sandbox.phantoms import (
    ABSENT,
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    Naming,
    attributes,
    ct_series,
    frame_uid,
    instance_uid,
    item,
    reference_to,
    rt_study,
    rtdose,
    rtplan,
    rtstruct,
    save,
    series_uid,
    study_uid,
)

CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY_PAIR = ("ReferencedFrameOfReferenceSequence", "RTReferencedStudySequence")
HEADER = (*STUDY_PAIR, "RTReferencedSeriesSequence", "ContourImageSequence")
CONTOUR = ("ROIContourSequence", "ContourSequence", "ContourImageSequence")


def _pointers(dataset: Dataset, folder: Path, syntax: str = EXPLICIT) -> Pointers:
    save(dataset, folder / "file.dcm", syntax)
    (instance,) = read_folder(folder, READ_ALWAYS).instances
    return instance.pointers


def _undefined(dataset: Dataset) -> Dataset:
    """All sequences and items without lengths, closed by delimiters."""
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for member in element.value:
                member.is_undefined_length_sequence_item = True
                _undefined(member)
    return dataset


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED])
@pytest.mark.parametrize("undefined", [False, True])
def test_a_structure_set_names_its_study_its_slices_and_the_rois_on_them(
    tmp_path: Path, syntax: str, undefined: bool
) -> None:
    structures = rtstruct(None, ct_series(None, slices=2), rois=["BODY", "PTV"])
    pointers = _pointers(_undefined(structures) if undefined else structures, tmp_path, syntax)
    one, two = instance_uid(1, 1, 1), instance_uid(1, 1, 2)
    assert pointers.references == (
        Reference(study_uid(1), "1.2.840.10008.3.1.2.3.2", STUDY_PAIR),
        Reference(one, CT, HEADER),
        Reference(two, CT, HEADER),
        Reference(one, CT, CONTOUR, "BODY"),
        Reference(two, CT, CONTOUR, "BODY"),
        Reference(one, CT, CONTOUR, "PTV", item=1),
        Reference(two, CT, CONTOUR, "PTV", item=1),
    )
    assert pointers.series_uids == (series_uid(1, 1),)
    assert pointers.frame_uids == (frame_uid(1),)


@pytest.mark.parametrize(
    ("names", "paths", "frames"),
    [
        ("header", {STUDY_PAIR, HEADER}, (frame_uid(1),)),
        ("contours", {CONTOUR}, (frame_uid(1),)),
        ("frame", set(), (frame_uid(1),)),
        ("none", set(), ()),
    ],
)
def test_what_a_structure_set_does_not_say_is_not_invented(
    tmp_path: Path, names: Naming, paths: set[Any], frames: tuple[str, ...]
) -> None:
    pointers = _pointers(rtstruct(None, ct_series(None), names=names), tmp_path)
    assert {reference.path for reference in pointers.references} == paths
    assert pointers.frame_uids == frames


def test_plan_and_dose_name_what_they_were_made_of(tmp_path: Path) -> None:
    study = rt_study(None)
    plan = _pointers(study.rtplan, tmp_path / "plan")
    dose = _pointers(study.rtdose, tmp_path / "dose")
    assert [(each.sop_instance_uid, each.path) for each in plan.references] == [
        (study.rtstruct.SOPInstanceUID, ("ReferencedStructureSetSequence",))
    ]
    assert [(each.sop_instance_uid, each.path) for each in dose.references] == [
        (study.rtplan.SOPInstanceUID, ("ReferencedRTPlanSequence",)),
        (study.rtstruct.SOPInstanceUID, ("ReferencedStructureSetSequence",)),
    ]


def test_images_are_not_walked(tmp_path: Path) -> None:
    (image,) = ct_series(None, slices=1, ReferencedImageSequence=[reference_to(rtplan(None))])
    assert _pointers(image, tmp_path) == Pointers()


@pytest.mark.parametrize(
    ("sop_class", "modality", "walked"),
    [
        ("1.2.840.10008.5.1.4.1.1.481.8", "RTPLAN", True),
        ("1.2.840.10008.5.1.4.1.1.66.3", "REG", True),
        ("1.2.840.10008.5.1.4.1.1.66.7", "SEG", True),
        ("1.2.3.4", "RTPLAN", True),
        ("1.2.3.4", "CT", False),
        ("1.2.840.10008.5.1.4.1.1.88.33", "SR", True),
        ("1.2.840.10008.5.1.4.1.1.104.1", "RTPLAN", False),
    ],
)
def test_the_class_decides_who_points_and_the_modality_only_where_it_is_unknown(
    tmp_path: Path, sop_class: str, modality: str, walked: bool
) -> None:
    plan = rtplan(None, rtstruct(None), SOPClassUID=sop_class, Modality=modality)
    assert bool(_pointers(plan, tmp_path).references) is walked


def test_a_class_without_an_instance_refers_to_nothing(tmp_path: Path) -> None:
    halves = [
        item(ReferencedSOPClassUID=CT),
        item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=None),
        item(),
    ]
    assert _pointers(rtplan(None, ReferencedStructureSetSequence=halves), tmp_path).references == ()


def test_an_instance_whose_class_is_not_told_is_referred_to_all_the_same(tmp_path: Path) -> None:
    halves = [
        item(ReferencedSOPInstanceUID="1.2.3"),
        item(ReferencedSOPClassUID=None, ReferencedSOPInstanceUID="1.2.4"),
    ]
    told = _pointers(rtplan(None, ReferencedStructureSetSequence=halves), tmp_path).references
    assert [(one.sop_instance_uid, one.sop_class_uid) for one in told] == [("1.2.3", ""), ("1.2.4", "")]


def test_the_same_reference_is_told_once_for_each_item_of_the_outermost_sequence(tmp_path: Path) -> None:
    structures = rtstruct(None, ct_series(None, slices=1), names="contours", rois=["PTV", "BODY"])
    for roi in structures.ROIContourSequence:
        roi.ContourSequence = [roi.ContourSequence[0], roi.ContourSequence[0]]
    references = _pointers(structures, tmp_path).references
    assert [(each.roi, each.item) for each in references] == [("PTV", 0), ("BODY", 1)]


def test_a_contour_that_names_several_images_is_measured_on_none_of_them(tmp_path: Path) -> None:
    structures = rtstruct(None, ct_series(None, slices=2), names="contours", rois=["PTV"])
    first, second = structures.ROIContourSequence[0].ContourSequence
    second.ContourImageSequence = [*first.ContourImageSequence, *second.ContourImageSequence]
    save(structures, tmp_path / "RS.dcm")
    (instance,) = read_folder(tmp_path, READ_ALWAYS).instances
    named = first.ContourImageSequence[0].ReferencedSOPInstanceUID
    assert [one.image_uid for one in instance.drawing.outlines] == [named, ""]


def test_uids_lose_their_padding_and_keep_the_rest(tmp_path: Path) -> None:
    named = item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID="1.2.3 \0")
    (reference,) = _pointers(rtplan(None, ReferencedStructureSetSequence=[named]), tmp_path).references
    assert reference.sop_instance_uid == "1.2.3"


def test_a_nameless_or_unknown_roi_goes_by_its_number(tmp_path: Path) -> None:
    structures = rtstruct(None, ct_series(None, slices=1), names="contours", rois=["BODY", "", "PTV"])
    del structures.StructureSetROISequence[2]
    references = _pointers(structures, tmp_path).references
    assert [reference.roi for reference in references] == ["BODY", "2", "3"]


def test_roi_numbers_are_compared_as_numbers_and_names_are_decoded(tmp_path: Path) -> None:
    structures = rtstruct(None, ct_series(None, slices=1), names="contours", rois=["Rückenmark"])
    structures.ROIContourSequence[0] = attributes(
        structures.ROIContourSequence[0], {"ReferencedROINumber": "01"}
    )
    (reference,) = _pointers(structures, tmp_path).references
    assert reference.roi == "Rückenmark"


def test_all_patient_frames_are_noted_and_the_frames_of_machines_are_not(tmp_path: Path) -> None:
    plan = rtplan(
        None,
        EquipmentFrameOfReferenceUID="1.2.9",
        RegistrationSequence=[item(FrameOfReferenceUID="1.2.1", EquipmentFrameOfReferenceUID="1.2.8")],
        StructureSetROISequence=[item(ReferencedFrameOfReferenceUID="1.2.2")],
    )
    assert _pointers(plan, tmp_path).frame_uids == (frame_uid(1), "1.2.1", "1.2.2")


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
def test_references_in_private_sequences_count_and_go_by_their_tag(tmp_path: Path, syntax: str) -> None:
    plan = rtplan(None)
    plan.private_block(0x300B, "PHANTOM", create=True).add_new(1, "SQ", [reference_to(rtstruct(None))])
    (reference,) = _pointers(plan, tmp_path, syntax).references
    assert reference.path == ("(300b,1001)",)


@pytest.mark.parametrize("length", ["given", "not given"])
def test_sequences_that_were_stored_as_unknown_are_opened(tmp_path: Path, length: str) -> None:
    structures = rtstruct(None, SOPInstanceUID="1.2.3.4")
    save(rtplan(None, structures), tmp_path / "plan.dcm", IMPLICIT)
    implicit = (tmp_path / "plan.dcm").read_bytes()
    value = implicit[implicit.index(b"\x0c\x30\x60\x00") + 8 :]
    save(rtplan(None), tmp_path / "plan.dcm", EXPLICIT)
    size = len(value).to_bytes(4, "little")
    if length == "not given":
        value, size = value + b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff" * 4
    with (tmp_path / "plan.dcm").open("ab") as file:
        file.write(b"\x0c\x30\x60\x00UN\0\0" + size + value)
    (reference,) = read_folder(tmp_path, READ_ALWAYS).instances[0].pointers.references
    assert (reference.sop_instance_uid, reference.path) == ("1.2.3.4", ("ReferencedStructureSetSequence",))


def test_contour_data_is_stepped_over_whatever_it_holds(tmp_path: Path) -> None:
    rtstruct(tmp_path, ct_series(None, slices=1))
    path = tmp_path / "RTSTRUCT.1.11.1.dcm"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"-2\\-2\\0\\", b"nonsense"))
    assert path.read_bytes() != content
    assert len(read_folder(tmp_path, READ_ALWAYS).instances[0].pointers.references) == 4


def test_a_dose_with_pixels_is_walked_up_to_them(tmp_path: Path) -> None:
    dose = rtdose(None, rtplan(None), summation="BEAM", FrameOfReferenceUID=ABSENT)
    pointers = _pointers(dose, tmp_path)
    assert len(pointers.references) == 1
    assert pointers.frame_uids == ()
