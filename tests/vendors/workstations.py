"""What contouring stations and research tools export: MIM, CERR, rt-utils, DicomRTTool, dcmqi and highdicom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from xnat_gate.sandbox.phantoms import (
    ABSENT,
    attributes,
    ct_series,
    item,
    mr,
    pt,
    reference_to,
    rtdose,
    rtplan,
    rtstruct,
    save,
)

DETACHED_STUDY_MANAGEMENT = "1.2.840.10008.3.1.2.3.1"
SEGMENTATION_CLASS = "1.2.840.10008.5.1.4.1.1.66.4"
RANDOM_FRAME = "1.2.826.0.1.3680043.8.498.41321784967516118556817630335498661397"


def mim(folder: Path) -> None:
    """MIM: the class of detached studies in the study pair; CT, MR and PT in one frame of reference, of each of them a
    set that lists the whole series and draws on few slices, all numbered 1 as the PT is."""
    volumes = [ct_series(folder), mr(folder), pt(folder, number=1)]
    for place, images in enumerate(volumes):
        structures = rtstruct(
            None,
            images,
            drawn_on=images[1:3],
            series=30 + place,
            number=1,
            StructureSetLabel=f"RTstruct_{images[0].Modality}",
            Manufacturer="MIM Software Inc.",
            ManufacturerModelName="MIM",
        )
        frame = structures.ReferencedFrameOfReferenceSequence[0]
        frame.RTReferencedStudySequence[0].ReferencedSOPClassUID = DETACHED_STUDY_MANAGEMENT
        save(structures, folder / f"RS{place}.dcm")


def cerr(folder: Path) -> None:
    """CERR: the images stand in the header alone; no series number and no study date in any file."""
    bare: dict[str, Any] = {"SeriesNumber": ABSENT, "StudyDate": ABSENT, "StudyTime": ABSENT}
    ct = ct_series(folder, **bare)
    structures = rtstruct(folder, ct, names="header", ManufacturerModelName="CERR", **bare)
    rtdose(folder, rtplan(folder, structures, **bare), **bare)


def rt_utils(folder: Path, *, header: bool = True) -> None:
    """rt-utils: series number 1, no frame of reference at the top and a random one below; `header`: with the tree of
    study and series."""
    structures = rtstruct(
        None,
        ct_series(folder),
        names="all" if header else "contours",
        number=1,
        FrameOfReferenceUID=ABSENT,
        Manufacturer="Qurit Lab",
        ManufacturerModelName="rt-utils",
    )
    structures.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = RANDOM_FRAME
    for roi in structures.StructureSetROISequence:
        roi.ReferencedFrameOfReferenceUID = RANDOM_FRAME
    save(structures, folder / "rt.dcm")


def dicom_rt_tool(folder: Path, *, template: bool = False) -> None:
    """DicomRTTool: a contour names an image that the header does not list; in the `template` that image was never
    sent."""
    ct = ct_series(folder)
    strange = ct_series(None, series=9)[0]
    structures = rtstruct(None, ct[:4], drawn_on=[strange if template else ct[4]], SeriesNumber=None)
    save(structures, folder / "RS.dcm")


def highdicom_segmentation(folder: Path) -> None:
    """highdicom: listed by series, as source images, and of each frame the slice that it was derived from."""
    images = ct_series(folder)
    segmentation(folder, images, listed=images, sources=images, derived=images[1:4])


def dcmqi_segmentation(folder: Path) -> None:
    """dcmqi: of a whole series only the slices with something on them are referred to."""
    images = ct_series(folder)
    segmentation(folder, images, listed=images[1:4], derived=images[1:4])


def segmentation(
    folder: Path | None,
    of: Sequence[Dataset],
    *,
    listed: Sequence[Dataset] = (),
    sources: Sequence[Dataset] = (),
    derived: Sequence[Dataset] = (),
) -> Dataset:
    """One segment with a frame on each image of `derived` (or of all); what is empty is left out."""
    planes = derived or of
    made = rtstruct(None, of, names="none", series=40, number=40)
    for keyword in [each.keyword for each in made if each.tag.group == 0x3006]:
        delattr(made, keyword)
    series = item(
        SeriesInstanceUID=of[0].SeriesInstanceUID,
        ReferencedInstanceSequence=[reference_to(each) for each in listed],
    )
    attributes(
        made,
        {
            "SOPClassUID": SEGMENTATION_CLASS,
            "Modality": "SEG",
            "SeriesDescription": "Phantom segmentation",
            "ImageType": ["DERIVED", "PRIMARY"],
            "FrameOfReferenceUID": of[0].FrameOfReferenceUID,
            "ReferencedSeriesSequence": [series] if listed else ABSENT,
            "SourceImageSequence": [reference_to(each) for each in sources] if sources else ABSENT,
            "SegmentationType": "BINARY",
            "SegmentSequence": [item(SegmentNumber=1, SegmentLabel="PTV", SegmentAlgorithmType="MANUAL")],
            "SharedFunctionalGroupsSequence": [_shared(of[0])],
            "PerFrameFunctionalGroupsSequence": [_plane(each, named=bool(derived)) for each in planes],
            **_bits(of[0], len(planes)),
        },
    )
    if folder is not None:
        save(made, folder / "SEG.dcm")
    return made


def _shared(image: Dataset) -> Dataset:
    return item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=image.ImageOrientationPatient)],
        PixelMeasuresSequence=[item(PixelSpacing=image.PixelSpacing, SliceThickness=image.SliceThickness)],
    )


def _plane(image: Dataset, *, named: bool) -> Dataset:
    source = item(SourceImageSequence=[reference_to(image)])
    return item(
        DerivationImageSequence=[source] if named else ABSENT,
        PlanePositionSequence=[item(ImagePositionPatient=image.ImagePositionPatient)],
        SegmentIdentificationSequence=[item(ReferencedSegmentNumber=1)],
    )


def _bits(image: Dataset, frames: int) -> dict[str, object]:
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "NumberOfFrames": frames,
        "Rows": image.Rows,
        "Columns": image.Columns,
        "BitsAllocated": 1,
        "BitsStored": 1,
        "HighBit": 0,
        "PixelRepresentation": 0,
        "PixelData": bytes(-(-frames * image.Rows * image.Columns // 16) * 2),
    }
