"""Sets of files to begin with: built ones, in which everything is linked, and real ones where they are at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from xnat_gate.sandbox.phantoms import (
    Patient,
    ct_series,
    file_name,
    frame_uid,
    instance_uid,
    item,
    mr,
    reference_to,
    rt_study,
    save,
    series_uid,
    study_uid,
)

Files = Mapping[str, bytes]
DATA = Path(__file__).parents[3] / "shared" / "data"
LARGEST = 1 << 20
"""Bytes of a real file that is small enough to be changed a thousand times."""
CORK = Patient("PHANTOM^CORK", "CORK-1")
RECORD, SEGMENTATION, REGISTRATION = (
    "1.2.840.10008.5.1.4.1.1.481.4",
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.66.1",
)


def _object(sop_class: str, modality: str, series: int, **more: Any) -> Dataset:
    return item(
        SOPClassUID=sop_class, SOPInstanceUID=instance_uid(1, series), Modality=modality, PatientName=CORK.name,
        PatientID=CORK.id, StudyInstanceUID=study_uid(1), SeriesInstanceUID=series_uid(1, series),
        FrameOfReferenceUID=frame_uid(1), SeriesNumber=series, **more,
    )  # fmt: skip


def record(plan: Dataset) -> Dataset:
    beams = [item(ReferencedBeamNumber=1)]
    return _object(
        RECORD,
        "RTRECORD",
        21,
        ReferencedRTPlanSequence=[reference_to(plan)],
        TreatmentSessionBeamSequence=beams,
    )


def segmentation(images: Sequence[Dataset]) -> Dataset:
    """With a list of its sources, and the source of each frame."""
    listed = [
        item(
            SeriesInstanceUID=images[0].SeriesInstanceUID,
            ReferencedInstanceSequence=[reference_to(one) for one in images],
        )
    ]
    frames = [
        item(
            DerivationImageSequence=[item(SourceImageSequence=[reference_to(one)])],
            PlanePositionSequence=[item(ImagePositionPatient=one.ImagePositionPatient)],
        )
        for one in images
    ]
    pixels: dict[str, object] = {
        "Rows": 16, "Columns": 16, "NumberOfFrames": len(images), "BitsAllocated": 8, "PixelData": bytes(768),
    }  # fmt: skip
    return _object(
        SEGMENTATION,
        "SEG",
        22,
        ReferencedSeriesSequence=listed,
        PerFrameFunctionalGroupsSequence=frames,
        **pixels,
    )


def registration(fixed: Sequence[Dataset], moving: Sequence[Dataset]) -> Dataset:
    """An item by the frame of reference, one by images."""
    return _object(
        REGISTRATION, "REG", 23,
        RegistrationSequence=[
            item(FrameOfReferenceUID=fixed[0].FrameOfReferenceUID),
            item(
                FrameOfReferenceUID=moving[0].FrameOfReferenceUID,
                ReferencedImageSequence=[reference_to(one) for one in moving],
            ),
        ],
    )  # fmt: skip


@cache
def everything() -> Files:
    """An RT study with all kinds of objects."""
    study = rt_study(None, CORK, slices=3)
    other = mr(None, CORK, slices=2, frame=2)
    more = [record(study.rtplan), segmentation(study.ct), registration(study.ct, other)]
    return _files([*study.everything, *other, *more])


@cache
def chain() -> Files:
    """Images, structure set, plan and dose; a second patient beside them."""
    stranger = ct_series(None, Patient("PHANTOM^DELFT", "DELFT-1"), study=2, slices=1)
    return _files([*rt_study(None, CORK, slices=2).everything, *stranger])


def _files(objects: Sequence[Dataset]) -> Files:
    return {file_name(one): _content(one) for one in objects}


def _content(data: Dataset) -> bytes:
    with TemporaryDirectory() as place:
        return save(data, Path(place) / "one.dcm").read_bytes()


@cache
def real(name: str) -> Files:
    """The small files of one of the real sets; empty where it is not at hand."""
    found = sorted(path for path in (DATA / name).rglob("*") if path.is_file() and path.suffix != ".txt")
    return {
        path.relative_to(DATA / name).as_posix(): path.read_bytes()
        for path in found
        if path.stat().st_size <= LARGEST and _is_object(path)
    }


def _is_object(path: Path) -> bool:
    """Of PS3.10, whole, and no index."""
    try:
        return "SOPInstanceUID" in dcmread(BytesIO(path.read_bytes()))
    except (InvalidDicomError, EOFError):
        return False
