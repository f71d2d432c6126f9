"""What planning systems export: Eclipse and Pinnacle, RayStation, Monaco and XiO, Oncentra."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from xnat_gate.sandbox.phantoms import (
    ABSENT,
    attributes,
    ct_series,
    instance_uid,
    item,
    reference_to,
    rtdose,
    rtplan,
    rtstruct,
    save,
    series_uid,
    study_uid,
)

STUDY_COMPONENT_MANAGEMENT = "1.2.840.10008.3.1.2.3.2"
RT_IMAGE_CLASS = "1.2.840.10008.5.1.4.1.1.481.1"
ION_PLAN_CLASS = "1.2.840.10008.5.1.4.1.1.481.8"
RTSTRUCT_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"


def eclipse_11(folder: Path) -> None:
    """Eclipse with ARIA 11: no frame of reference at the top of the structure set, ROIs without contours, a plan that
    names DRRs which nobody exports, a dose with DVH."""
    ct = ct_series(folder)
    structures = rtstruct(
        None,
        ct,
        rois=["BODY", "PTV", "Bolus", "CouchSurface"],
        FrameOfReferenceUID=ABSENT,
        Manufacturer="Varian Medical Systems",
        ManufacturerModelName="ARIA RadOnc",
        SeriesDescription="ARIA RadOnc Structure Sets",
    )
    for roi in structures.ROIContourSequence[2:]:
        del roi.ContourSequence
    save(structures, folder / "RS.dcm")
    plan = rtplan(None, structures, beams=3, FrameOfReferenceUID=ct[0].FrameOfReferenceUID)
    for number, beam in enumerate(plan.BeamSequence, start=1):
        drr = item(ReferencedSOPClassUID=RT_IMAGE_CLASS, ReferencedSOPInstanceUID=instance_uid(1, 90, number))
        beam.ReferencedReferenceImageSequence = [attributes(drr, {"ReferenceImageNumber": 1})]
    save(plan, folder / "RP.dcm")
    rtdose(folder, plan, structure_set=structures)


def eclipse_16(folder: Path) -> None:
    """ARIA RTM 16: the class of structure sets in the study pair, series number 0."""
    ct = ct_series(folder)
    structures = rtstruct(None, ct, number=0, ManufacturerModelName="ARIA RTM")
    _study_item(structures).ReferencedSOPClassUID = RTSTRUCT_CLASS
    save(structures, folder / "RS.dcm")
    rtdose(folder, rtplan(folder, structures, beams=2), structure_set=structures)


def _study_item(structures: Dataset) -> Dataset:
    frame: Dataset = structures.ReferencedFrameOfReferenceSequence[0]
    study: Dataset = frame.RTReferencedStudySequence[0]
    return study


def pinnacle(folder: Path) -> None:
    """Pinnacle: a Referenced Study Sequence at the top, plan and dose without a value in SeriesNumber, an ROI without
    an item among the contours."""
    study = item(ReferencedSOPClassUID=STUDY_COMPONENT_MANAGEMENT, ReferencedSOPInstanceUID=study_uid(1))
    extra: dict[str, Any] = {
        "ReferencedStudySequence": [study],
        "Manufacturer": "ADAC",
        "ManufacturerModelName": "Pinnacle3",
    }
    structures = rtstruct(None, ct_series(folder), rois=["BODY", "PTV", "couch"], **extra)
    del structures.ROIContourSequence[2]
    save(structures, folder / "RS.dcm")
    plan = rtplan(folder, structures, beams=2, SeriesNumber=None, **extra)
    rtdose(folder, plan, structure_set=structures, SeriesNumber=None, **extra)


def raystation(folder: Path) -> None:
    """RayStation: a plan for each beam set, for each of them a dose, and one for each of its beams."""
    structures = rtstruct(folder, ct_series(folder))
    for beam_set in (1, 2):
        plan = rtplan(
            folder,
            structures,
            beams=2,
            series=20 + beam_set,
            number=20 + beam_set,
            RTPlanLabel=f"Set {beam_set}",
        )
        first = 20 + 10 * beam_set
        rtdose(folder, plan, series=first, number=first)
        for beam in (1, 2):
            rtdose(folder, plan, summation="BEAM", beams=(beam,), series=first + beam, number=first + beam)


def monaco(folder: Path) -> None:
    """Monaco: plans without a frame of reference, number 1 everywhere."""
    structures = rtstruct(folder, ct_series(folder, number=1), number=1)
    plan = rtplan(
        folder,
        structures,
        number=1,
        FrameOfReferenceUID=ABSENT,
        Manufacturer="CMS, Inc.",
        ManufacturerModelName="Monaco",
    )
    rtdose(folder, plan, number=1, FrameOfReferenceUID=ct_series(None, slices=1)[0].FrameOfReferenceUID)


def monaco_quality_assurance(folder: Path) -> None:
    """A plan of Monaco for checks, in a study of its own: it says PATIENT, and its structure set is nowhere."""
    structures = rtstruct(None, ct_series(None))
    rtplan(folder, structures, study=4, number=1, FrameOfReferenceUID=ABSENT, Manufacturer="CMS, Inc.")


def xio_ions(folder: Path) -> None:
    """The head of an ion plan of XiO: no frame of reference, and nothing that it refers to."""
    rtplan(
        folder,
        None,
        number=1,
        SOPClassUID=ION_PLAN_CLASS,
        FrameOfReferenceUID=ABSENT,
        Manufacturer="CMS, Inc.",
        ManufacturerModelName="XiO",
    )


ONCENTRA: dict[str, Any] = {
    "SeriesNumber": 1,
    "Manufacturer": "Nucletron",
    "ManufacturerModelName": "Oncentra",
}


def oncentra(folder: Path) -> None:
    """Oncentra: number 1 everywhere, one series for all doses and one for all DRRs, a sum of three beams that is
    labelled BEAM, a second frame of reference without a study, points beside contours, a dose of one pixel."""
    ct = ct_series(folder, number=1)
    structures = rtstruct(None, ct, rois=["BODY", "PTV", "ISO"], **ONCENTRA)
    structures.ReferencedFrameOfReferenceSequence.append(item(FrameOfReferenceUID=f"{study_uid(1)}.0.2"))
    structures.ROIContourSequence[2].ContourSequence = [_point(ct[2])]
    save(structures, folder / "RS.dcm")
    plan = rtplan(folder, structures, beams=3, **ONCENTRA)
    for beam in (1, 2, 3):
        rtdose(folder, plan, summation="BEAM", beams=(beam,), instance=beam, **ONCENTRA)
        _drr(folder, plan, beam)
    rtdose(folder, plan, summation="BEAM", beams=(1, 2, 3), instance=4, **ONCENTRA)
    nothing: dict[str, Any] = {
        "Rows": 1,
        "Columns": 1,
        "NumberOfFrames": ABSENT,
        "GridFrameOffsetVector": ABSENT,
    }
    rtdose(folder, plan, instance=5, PixelData=bytes(2), FrameIncrementPointer=ABSENT, **nothing, **ONCENTRA)


def _point(image: Dataset) -> Dataset:
    place: Sequence[object] = image.ImagePositionPatient
    return item(
        ContourImageSequence=[reference_to(image)],
        ContourGeometricType="POINT",
        NumberOfContourPoints=1,
        ContourData=["0", "0", str(place[2])],
    )


def _drr(folder: Path, plan: Dataset, beam: int) -> None:
    """An RT image of one beam: in truth a picture of the plan, with another class and other references."""
    picture = rtdose(None, plan, instance=beam, **ONCENTRA)
    for keyword in [each.keyword for each in picture if each.keyword.startswith("Dose")]:
        delattr(picture, keyword)
    values = {
        "SOPClassUID": RT_IMAGE_CLASS,
        "SOPInstanceUID": instance_uid(1, 14, beam),
        "SeriesInstanceUID": series_uid(1, 14),
        "Modality": "RTIMAGE",
        "SeriesDescription": "Phantom DRR",
        "ManufacturerModelName": "Oncentra",
        "RTImageLabel": f"Beam {beam}",
        "ImageType": ["DERIVED", "SECONDARY", "DRR"],
        "ConversionType": "WSD",
        "RTImagePlane": "NORMAL",
        "ReferencedBeamNumber": beam,
        "BurnedInAnnotation": "NO",
        "NumberOfFrames": ABSENT,
        "FrameIncrementPointer": ABSENT,
        "GridFrameOffsetVector": ABSENT,
        "ImagePositionPatient": ABSENT,
        "ImageOrientationPatient": ABSENT,
        "PixelSpacing": ABSENT,
        "PixelData": bytes(2 * 4 * 4),
    }
    save(attributes(picture, values), folder / f"RI{beam}.dcm")
