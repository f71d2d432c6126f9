"""Phantom images: series of CT, MR and PET slices, one ultrasound picture, one secondary capture.

Pixels are 16 x 16 and say nothing. The default series and series numbers of all phantoms differ, so that what
is built for one study with defaults alone is one well-formed study.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from xnat_gate.sandbox.phantoms.parts import WATER, Patient, attributes, composite, frame_uid, keep

SIDE = 16
SLICE_DISTANCE = 3
"""mm"""

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
PT = "1.2.840.10008.5.1.4.1.1.128"
US = "1.2.840.10008.5.1.4.1.1.6.1"
SC = "1.2.840.10008.5.1.4.1.1.7"


def ct_series(
    folder: Path | None,
    patient: Patient = WATER,
    study: int = 1,
    series: int = 1,
    slices: int = 5,
    number: int | None = 2,
    model: str = "Phantom CT",
    frame: int = 1,
    **overrides: Any,
) -> list[Dataset]:
    """CT slices in the study's frame of reference; without a folder they are built and not written."""
    own = {"ManufacturerModelName": model, "RescaleIntercept": "-1024", "RescaleSlope": "1", "KVP": "120"}
    return [
        keep(
            attributes(_slice(CT, "CT", patient, (study, series, nth), number, frame), own), folder, overrides
        )
        for nth in range(1, slices + 1)
    ]


def mr(
    folder: Path | None,
    patient: Patient = WATER,
    study: int = 1,
    series: int = 2,
    slices: int = 5,
    number: int | None = 3,
    model: str = "Phantom MR",
    frame: int = 1,
    **overrides: Any,
) -> list[Dataset]:
    """MR slices, as `ct_series`."""
    own = {
        "ManufacturerModelName": model,
        "ScanningSequence": "SE",
        "SequenceVariant": "NONE",
        "ScanOptions": None,
    }
    return [
        keep(
            attributes(_slice(MR, "MR", patient, (study, series, nth), number, frame), own), folder, overrides
        )
        for nth in range(1, slices + 1)
    ]


def pt(
    folder: Path | None,
    patient: Patient = WATER,
    study: int = 1,
    series: int = 3,
    slices: int = 5,
    number: int | None = 4,
    model: str = "Phantom PT",
    frame: int = 1,
    **overrides: Any,
) -> list[Dataset]:
    """PET slices, as `ct_series`."""
    own = {
        "ManufacturerModelName": model,
        "SeriesType": ["STATIC", "IMAGE"],
        "NumberOfSlices": slices,
        "Units": "BQML",
    }
    return [
        keep(
            attributes(_slice(PT, "PT", patient, (study, series, nth), number, frame), own), folder, overrides
        )
        for nth in range(1, slices + 1)
    ]


def us(
    folder: Path | None,
    patient: Patient = WATER,
    study: int = 1,
    series: int = 4,
    number: int | None = 5,
    model: str = "Phantom US",
    **overrides: Any,
) -> Dataset:
    """One ultrasound image."""
    return keep(_picture(US, "US", patient, (study, series, 1), number, model), folder, overrides)


def sc(
    folder: Path | None,
    patient: Patient = WATER,
    study: int = 1,
    series: int = 5,
    number: int | None = 6,
    model: str = "Phantom SC",
    **overrides: Any,
) -> Dataset:
    """One secondary capture, which does not say whether a name is burnt in."""
    picture = _picture(SC, "OT", patient, (study, series, 1), number, model)
    return keep(attributes(picture, {"ConversionType": "WSD"}), folder, overrides)


def _slice(
    sop_class: str,
    modality: str,
    patient: Patient,
    numbers: tuple[int, int, int],
    number: int | None,
    frame: int,
) -> Dataset:
    height = (numbers[2] - 1) * SLICE_DISTANCE
    place = {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "PatientPosition": "HFS",
        "FrameOfReferenceUID": frame_uid(numbers[0], frame),
        "PositionReferenceIndicator": None,
        "ImagePositionPatient": ["-8", "-8", str(height)],
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "PixelSpacing": ["1", "1"],
        "SliceThickness": str(SLICE_DISTANCE),
        "SliceLocation": str(height),
    }
    dataset = attributes(composite(sop_class, modality, patient, numbers, number), place)
    return attributes(dataset, _pixels(bits=16, seed=numbers[2]))


def _picture(
    sop_class: str,
    modality: str,
    patient: Patient,
    numbers: tuple[int, int, int],
    number: int | None,
    model: str,
) -> Dataset:
    dataset = composite(sop_class, modality, patient, numbers, number)
    attributes(dataset, {"ManufacturerModelName": model, "ImageType": ["ORIGINAL", "PRIMARY"]})
    return attributes(dataset, _pixels(bits=8, seed=0))


def _pixels(bits: int, seed: int) -> dict[str, object]:
    size = SIDE * SIDE * bits // 8
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": SIDE,
        "Columns": SIDE,
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
        "PixelData": bytes((seed + at) % 251 for at in range(size)),
    }
