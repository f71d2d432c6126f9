"""How a phantom structure set names its images: header tree and contours (PS3.3 C.8.8.5, C.8.8.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydicom.dataset import Dataset

from xnat_gate.sandbox.phantoms.parts import ABSENT, item, reference_to

Naming = Literal["all", "header", "contours", "frame", "none"]

STUDY_COMPONENT_MANAGEMENT = "1.2.840.10008.3.1.2.3.2"
"""The retired class that most systems write in the study pair, whose "instance" is a StudyInstanceUID."""


def header_tree(images: Sequence[Dataset], frame: str, names: Naming) -> list[Dataset]:
    """ReferencedFrameOfReferenceSequence: frame, study, series, image; by `names` the frame alone."""
    if names not in ("all", "header") or not images:
        return [item(FrameOfReferenceUID=frame)]
    return [
        item(FrameOfReferenceUID=uid, RTReferencedStudySequence=_studies(members))
        for uid, members in _by("FrameOfReferenceUID", images)
    ]


def roi_contours(rois: int, images: Sequence[Dataset], geometry: str, names: Naming) -> list[Dataset]:
    """ROIContourSequence: one contour of each ROI on each image; by `names` the contours name their image."""
    named = names in ("all", "contours")
    return [
        item(
            ReferencedROINumber=at,
            ContourSequence=[_contour(image, geometry, named=named) for image in images]
            or [_contour(None, geometry, named=False)],
        )
        for at in range(1, rois + 1)
    ]


def _studies(images: Sequence[Dataset]) -> list[Dataset]:
    return [
        item(
            ReferencedSOPClassUID=STUDY_COMPONENT_MANAGEMENT,
            ReferencedSOPInstanceUID=uid,
            RTReferencedSeriesSequence=[
                item(SeriesInstanceUID=series, ContourImageSequence=[reference_to(image) for image in slices])
                for series, slices in _by("SeriesInstanceUID", members)
            ],
        )
        for uid, members in _by("StudyInstanceUID", images)
    ]


def _contour(image: Dataset | None, geometry: str, *, named: bool) -> Dataset:
    height = "0" if image is None else str(image.ImagePositionPatient[2])
    corners = [("-2", "-2"), ("2", "-2"), ("0", "2")][: 1 if geometry == "POINT" else 3]
    return item(
        ContourImageSequence=[reference_to(image)] if image is not None and named else ABSENT,
        ContourGeometricType=geometry,
        NumberOfContourPoints=len(corners),
        ContourData=[value for across, along in corners for value in (across, along, height)],
    )


def _by(keyword: str, images: Sequence[Dataset]) -> list[tuple[str, list[Dataset]]]:
    groups: dict[str, list[Dataset]] = {}
    for image in images:
        groups.setdefault(str(image.get(keyword, None) or ""), []).append(image)
    return list(groups.items())
