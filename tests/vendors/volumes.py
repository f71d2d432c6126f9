"""Images that are more than one series of slices: phases, frames of reference, multi-frame, a phantom lent out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset

from xnat_gate.sandbox.phantoms import (
    ABSENT,
    Patient,
    attributes,
    ct_series,
    instance_uid,
    item,
    mr,
    reference_to,
    rtplan,
    rtstruct,
    save,
    series_uid,
    study_uid,
)

ENHANCED_CT_CLASS = "1.2.840.10008.5.1.4.1.1.2.1"
AVERAGE = 60


def four_dimensional(folder: Path, slices: int = 3) -> list[Dataset]:
    """Ten phases and their average in one frame of reference, at the same places; the set is drawn on the average."""
    for phase in range(10):
        ct_series(
            folder,
            series=50 + phase,
            number=50 + phase,
            slices=slices,
            SeriesDescription=f"Phase {phase * 10} %",
            ImageType=["DERIVED", "PRIMARY", "AXIAL"],
        )
    average = ct_series(
        folder, series=AVERAGE, number=AVERAGE, slices=slices, SeriesDescription="Average of the phases"
    )
    rtstruct(folder, average)
    return average


def two_frames(folder: Path, *, second_sent: bool = True) -> None:
    """One structure set over a CT and over an MR of another frame of reference."""
    ct, other = ct_series(folder), mr(folder if second_sent else None, frame=2)
    structures = rtstruct(None, [*ct, *other], rois=["BODY", "GTV"])
    for roi, images in zip(structures.ROIContourSequence, (ct, other), strict=True):
        named = {image.SOPInstanceUID for image in images}
        roi.ContourSequence = [
            each
            for each in roi.ContourSequence
            if each.ContourImageSequence[0].ReferencedSOPInstanceUID in named
        ]
    structures.StructureSetROISequence[1].ReferencedFrameOfReferenceUID = other[0].FrameOfReferenceUID
    save(structures, folder / "RS.dcm")


def exported_again(folder: Path) -> None:
    """The slices have got new instance UIDs; study, series and frame of reference are as they were."""
    ct = ct_series(None)
    rtstruct(folder, ct)
    for place, image in enumerate(ct, start=1):
        save(
            attributes(image, {"SOPInstanceUID": instance_uid(1, 1, 100 + place)}), folder / f"CT{place}.dcm"
        )


def multi_frame(folder: Path | None, of: Sequence[Dataset], series: int = 70) -> Dataset:
    """An enhanced CT, the slices in one object, in a series of its own."""
    first = of[0]
    volume = attributes(
        Dataset(), {each.keyword: each.value for each in first if each.keyword != "PixelData"}
    )
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(volume, keyword)
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=first.ImageOrientationPatient)],
        PixelMeasuresSequence=[item(PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness)],
    )
    places = [
        item(PlanePositionSequence=[item(ImagePositionPatient=each.ImagePositionPatient)]) for each in of
    ]
    values = {
        "SOPClassUID": ENHANCED_CT_CLASS,
        "SOPInstanceUID": instance_uid(1, series),
        "SeriesInstanceUID": series_uid(1, series),
        "SeriesNumber": series,
        "SliceLocation": ABSENT,
        "RescaleIntercept": ABSENT,
        "RescaleSlope": ABSENT,
        "NumberOfFrames": len(of),
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": places,
        "PixelData": b"".join(each.PixelData for each in of),
    }
    attributes(volume, values)
    if folder is not None:
        save(volume, folder / "EnhancedCT.dcm")
    return volume


def drawn_on_frames(folder: Path) -> None:
    """A multi-frame CT and a structure set whose contours name its frames by number."""
    slices = ct_series(None)
    volume = multi_frame(folder, slices)
    structures = rtstruct(None, slices)
    series = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    listed = reference_to(volume, ReferencedFrameNumber=list(range(1, len(slices) + 1)))
    series.RTReferencedSeriesSequence = [
        item(SeriesInstanceUID=volume.SeriesInstanceUID, ContourImageSequence=[listed])
    ]
    for roi in structures.ROIContourSequence:
        for number, contour in enumerate(roi.ContourSequence, start=1):
            contour.ContourImageSequence = [reference_to(volume, ReferencedFrameNumber=number)]
    save(structures, folder / "RS.dcm")


FIRST = Patient("PHANTOM^FIRST", "PHANTOM-1ST")
SECOND = Patient("PHANTOM^SECOND", "PHANTOM-2ND")


def verification(folder: Path, patient: Patient = FIRST, study: int = 6) -> None:
    """A plan that is to be measured: computed on the CT of the site's phantom, which was copied under the patient's
    name, into this study, and kept the UIDs of its series and slices, as it did for everybody before."""
    place, number = folder / patient.id, 80 if patient == FIRST else 81
    ct = ct_series(place, patient, study=6, StudyInstanceUID=study_uid(study))
    structures = rtstruct(place, ct, rois=["Phantom"], series=number + 2)
    rtplan(place, structures, series=number, number=number, PlanIntent="VERIFICATION")
