"""The linked set that the broken variants start from, and what is said of it as long as nothing is broken.

Seven slices, of which the 2nd, 3rd and 5th carry contours of BODY and of PTV; a plan of three beams; its dose, which
names plan and structure set.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from pydicom.dataset import Dataset

from tests.vendors.judging import LINKED, Told
from xnat_gate.sandbox.phantoms import (
    RTStudy,
    attributes,
    ct_series,
    instance_uid,
    rtdose,
    rtplan,
    rtstruct,
    series_uid,
)

CONTOURED = (1, 2, 4)
"""Places of the slices that carry contours, from 0."""
EMPTY_MIDDLE = 3
"""Place of a slice in the middle that carries none."""

CHAIN = {"structure set": LINKED, "plan": LINKED, "dose": LINKED}
PARTIAL: Told = ("PARTIAL", "PARTIAL", "INSTANCE_SOME")
FRAME_UNIQUE: Told = ("UNVERIFIABLE", "UNVERIFIABLE", "FRAME_UNIQUE")


def base(**overrides: Any) -> RTStudy:
    """Built anew for whoever is going to break it; overrides apply to all."""
    ct = ct_series(None, slices=7, **overrides)
    structures = rtstruct(None, ct, drawn_on=[ct[place] for place in CONTOURED], **overrides)
    plan = rtplan(None, structures, beams=3, **overrides)
    return RTStudy(ct, structures, plan, rtdose(None, plan, structure_set=structures, **overrides))


def inheriting(own: Told, chain: Iterable[str] = ("plan", "dose")) -> dict[str, Told]:
    """The structure set is told so, and what stands on it is as bad."""
    return {"structure set": own, **dict.fromkeys(chain, (own[0], "LINKED", "INSTANCE_ALL"))}


def copied(images: Iterable[Dataset], series: int, **more: object) -> list[Dataset]:
    """The same images again under other UIDs, in a series of this number."""
    return [
        attributes(
            deepcopy(image),
            {
                "SOPInstanceUID": instance_uid(1, series, place),
                "SeriesInstanceUID": series_uid(1, series),
                "SeriesNumber": series,
                **more,
            },
        )
        for place, image in enumerate(images, start=1)
    ]


def all_with(datasets: Iterable[Dataset], **values: object) -> None:
    """Set the values in each."""
    for dataset in datasets:
        attributes(dataset, values)


def header_images(structures: Dataset) -> Dataset:
    """The item of the header tree that names the series and lists its images."""
    study = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    series: Dataset = study.RTReferencedSeriesSequence[0]
    return series


def contours(structures: Dataset) -> list[Dataset]:
    """Of all ROIs."""
    return [contour for roi in structures.ROIContourSequence for contour in roi.get("ContourSequence", [])]
