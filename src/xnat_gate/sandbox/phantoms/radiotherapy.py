"""Phantom RT objects: structure set, plan, dose, each drawn on, made for or computed from the one before.

Each takes patient, study and frame of reference from what it is made `of` (another patient or study can be
told) and names it as PS3.3 C.8.8 wants; what real systems leave out can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydicom.dataset import Dataset

from xnat_gate.sandbox.phantoms.beams import contribution, treatment
from xnat_gate.sandbox.phantoms.parts import (
    ABSENT,
    ROOT,
    WATER,
    Patient,
    attributes,
    composite,
    frame_uid,
    item,
    keep,
    reference_to,
)
from xnat_gate.sandbox.phantoms.references import Naming, header_tree, roi_contours

RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
RTPLAN = "1.2.840.10008.5.1.4.1.1.481.5"
RTDOSE = "1.2.840.10008.5.1.4.1.1.481.2"

PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
STUDY = ("StudyInstanceUID", "StudyID", "StudyDate", "StudyTime", "AccessionNumber")
FRAME = ("FrameOfReferenceUID",)


def rtstruct(
    folder: Path | None,
    of: Sequence[Dataset] = (),
    *,
    names: Naming = "all",
    drawn_on: Sequence[Dataset] | None = None,
    rois: Sequence[str] = ("BODY", "PTV"),
    geometry: str = "CLOSED_PLANAR",
    patient: Patient | None = None,
    study: int | None = None,
    series: int = 11,
    number: int | None = 11,
    instance: int = 1,
    **overrides: Any,
) -> Dataset:
    """A structure set over the images `of`, each ROI with a contour on every image of `drawn_on` (or `of`).

    `names`: "all" (header tree and contours name the images), "header", "contours", "frame" (the frame of
    reference alone) or "none". Without images every ROI has one contour that names nothing.
    """
    dataset = _object(RTSTRUCT, "RTSTRUCT", of, patient, study, series, instance, number)
    frame = dataset.FrameOfReferenceUID
    attributes(
        dataset,
        {
            "StructureSetLabel": "PHANTOM",
            "StructureSetDate": "20200102",
            "StructureSetTime": "030405",
            "ReferencedFrameOfReferenceSequence": header_tree(of, frame, names),
            "StructureSetROISequence": [
                item(
                    ROINumber=at,
                    ReferencedFrameOfReferenceUID=ABSENT if names == "none" else frame,
                    ROIName=name,
                    ROIGenerationAlgorithm="AUTOMATIC",
                )
                for at, name in enumerate(rois, start=1)
            ],
            "ROIContourSequence": roi_contours(
                len(rois), of if drawn_on is None else drawn_on, geometry, names
            ),
            "RTROIObservationsSequence": [
                item(
                    ObservationNumber=at,
                    ReferencedROINumber=at,
                    RTROIInterpretedType=None,
                    ROIInterpreter=None,
                )
                for at, _ in enumerate(rois, start=1)
            ],
        },
    )
    if names == "none":
        attributes(dataset, {"FrameOfReferenceUID": ABSENT, "ReferencedFrameOfReferenceSequence": ABSENT})
    return keep(dataset, folder, overrides)


def rtplan(
    folder: Path | None,
    of: Dataset | None = None,
    *,
    geometry: Literal["PATIENT", "TREATMENT_DEVICE"] = "PATIENT",
    beams: int = 1,
    patient: Patient | None = None,
    study: int | None = None,
    series: int = 12,
    number: int | None = 12,
    instance: int = 1,
    **overrides: Any,
) -> Dataset:
    """A plan of so many beams for the structure set `of`, which one of TREATMENT_DEVICE geometry does not name."""
    dataset = _object(RTPLAN, "RTPLAN", _some(of), patient, study, series, instance, number)
    structures = [reference_to(of)] if of is not None and geometry == "PATIENT" else ABSENT
    own = {
        "RTPlanLabel": "PHANTOM",
        "RTPlanDate": "20200102",
        "RTPlanTime": "030405",
        "RTPlanGeometry": geometry,
        "ReferencedStructureSetSequence": structures,
    }
    return keep(attributes(dataset, own | treatment(beams, "HFS")), folder, overrides)


def rtdose(
    folder: Path | None,
    of: Dataset | None = None,
    *,
    structure_set: Dataset | None = None,
    summation: str = "PLAN",
    beams: tuple[int, ...] = (1,),
    patient: Patient | None = None,
    study: int | None = None,
    series: int = 13,
    number: int | None = 13,
    instance: int = 1,
    **overrides: Any,
) -> Dataset:
    """A dose of three planes computed from the plan `of`; a structure set is named beside a DVH.

    `beams`: numbers of the beams that a dose of the summation type BEAM is of.
    """
    dataset = _object(RTDOSE, "RTDOSE", _some(of), patient, study, series, instance, number)
    own = {
        "DoseUnits": "GY",
        "DoseType": "PHYSICAL",
        "DoseSummationType": summation,
        "ReferencedRTPlanSequence": ABSENT if of is None else [_plan_item(of, summation, beams)],
    }
    attributes(dataset, own | _grid())
    if structure_set is not None:
        attributes(
            dataset,
            {"ReferencedStructureSetSequence": [reference_to(structure_set)], "DVHSequence": [_dvh()]},
        )
    return keep(dataset, folder, overrides)


def _plan_item(plan: Dataset, summation: str, beams: tuple[int, ...]) -> Dataset:
    groups = contribution(summation, beams)
    return (
        reference_to(plan) if groups is None else reference_to(plan, ReferencedFractionGroupSequence=groups)
    )


def _some(of: Dataset | None) -> Sequence[Dataset]:
    return () if of is None else (of,)


def _object(
    sop_class: str,
    modality: str,
    of: Sequence[Dataset],
    patient: Patient | None,
    study: int | None,
    series: int,
    instance: int,
    number: int | None,
) -> Dataset:
    own_study = study or _study_number(of)
    dataset = composite(sop_class, modality, patient or WATER, (own_study, series, instance), number)
    attributes(dataset, {"FrameOfReferenceUID": frame_uid(own_study)})
    taken = FRAME + (PATIENT if patient is None else ()) + (STUDY if study is None else ())
    return attributes(
        dataset, {keyword: each[keyword].value for each in of[:1] for keyword in taken if keyword in each}
    )


def _study_number(of: Sequence[Dataset]) -> int:
    uid = str(of[0].get("StudyInstanceUID", "")) if of else ""
    number = uid.removeprefix(f"{ROOT}.")
    return int(number) if number.isdecimal() else 1


def _grid() -> dict[str, object]:
    return {
        "ImagePositionPatient": ["-8", "-8", "0"],
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "PixelSpacing": ["4", "4"],
        "NumberOfFrames": 3,
        "GridFrameOffsetVector": ["0", "3", "6"],
        "FrameIncrementPointer": 0x3004000C,
        "DoseGridScaling": "0.001",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": 4,
        "Columns": 4,
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "PixelData": bytes(3 * 4 * 4 * 2),
    }


def _dvh() -> Dataset:
    roi = item(DVHROIContributionType="INCLUDED", ReferencedROINumber=1)
    return item(
        DVHType="CUMULATIVE",
        DoseUnits="GY",
        DoseType="PHYSICAL",
        DVHDoseScaling="1",
        DVHVolumeUnits="CM3",
        DVHNumberOfBins=1,
        DVHData=["1", "1"],
        DVHReferencedROISequence=[roi],
    )
