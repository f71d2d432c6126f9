"""What every phantom is made of: artificial patients, UIDs that follow from numbers, data sets, files.

Laws: the same arguments give the same bytes; nothing here could be taken for a person; an override is written
as given, even where the standard forbids it, since broken studies have to be built as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

ROOT = "1.2.826.0.1.3680043.8.498.990"


class Absent:
    """The type of ABSENT."""


ABSENT = Absent()
"""As an override: leave the element out. (None writes it without a value.)"""


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody who was cast in water or gelatine."""

    name: str = "PHANTOM^WATER"
    id: str = "PHANTOM-WATER"


WATER = Patient()
GELATINE = Patient("PHANTOM^GELATINE", "PHANTOM-GELATINE")
FOUNDLING = Patient("PHANTOM^FOUNDLING", "PHANTOM-FOUNDLING")


def study_uid(study: int) -> str:
    return f"{ROOT}.{study}"


def series_uid(study: int, series: int) -> str:
    """`series` from 1: a 0 in its place marks frames of reference."""
    return f"{ROOT}.{study}.{series}"


def instance_uid(study: int, series: int, instance: int = 1) -> str:
    return f"{ROOT}.{study}.{series}.{instance}"


def frame_uid(study: int, frame: int = 1) -> str:
    return f"{ROOT}.{study}.0.{frame}"


def attributes(dataset: Dataset, values: Mapping[str, object]) -> Dataset:
    """Set keywords to values, ABSENT removes; pydicom's own opinion on the values is not asked."""
    with config.disable_value_validation():
        for keyword, value in values.items():
            if isinstance(value, Absent):
                dataset.pop(keyword, None)
            else:
                setattr(dataset, keyword, value)
    return dataset


def item(**values: object) -> Dataset:
    """A sequence item."""
    return attributes(Dataset(), values)


def reference_to(dataset: Dataset, **more: object) -> Dataset:
    """An item that names `dataset` by class and instance UID (PS3.3 10.8)."""
    return item(
        ReferencedSOPClassUID=dataset.SOPClassUID, ReferencedSOPInstanceUID=dataset.SOPInstanceUID, **more
    )


def composite(
    sop_class: str, modality: str, patient: Patient, numbers: tuple[int, int, int], number: int | None
) -> Dataset:
    """Patient, study, series and equipment of an object; `numbers`: of study, series and instance."""
    study, series, instance = numbers
    return item(
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=sop_class,
        SOPInstanceUID=instance_uid(study, series, instance),
        StudyDate="20200102",
        StudyTime="030405",
        AccessionNumber=f"PH{study}",
        Modality=modality,
        Manufacturer="Phantom Works",
        ReferringPhysicianName=None,
        StudyDescription="Phantom study",
        SeriesDescription=f"Phantom {modality}",
        ManufacturerModelName=f"Phantom {modality}",
        PatientName=patient.name,
        PatientID=patient.id,
        PatientBirthDate=None,
        PatientSex="O",
        StudyInstanceUID=study_uid(study),
        SeriesInstanceUID=series_uid(study, series),
        StudyID=str(study),
        SeriesNumber=number,
        InstanceNumber=instance,
    )


def keep(dataset: Dataset, folder: Path | None, overrides: Mapping[str, object]) -> Dataset:
    """The last step of every builder: apply the overrides, write the file where a folder is given.

    The file is named before the overrides, so that objects made to share a UID do not overwrite each other.
    """
    name = file_name(dataset)
    attributes(dataset, overrides)
    if folder is not None:
        save(dataset, folder / name)
    return dataset


def file_name(dataset: Dataset) -> str:
    """`CT.1.1.3.dcm`: the modality and the numbers of study, series and instance."""
    uid = str(dataset.get("SOPInstanceUID", "") or "unnamed")
    return f"{dataset.get('Modality', None) or 'XX'}.{uid.removeprefix(ROOT + '.')}.dcm"


def save(dataset: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write a Part 10 file, folders included; media storage UIDs follow the data set where it has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = FileMetaDataset()
    with config.disable_value_validation():
        meta.MediaStorageSOPClassUID = UID(
            str(dataset.get("SOPClassUID", None) or "1.2.840.10008.5.1.4.1.1.66")
        )
        meta.MediaStorageSOPInstanceUID = UID(str(dataset.get("SOPInstanceUID", None) or f"{ROOT}.0"))
        meta.TransferSyntaxUID = UID(syntax)
        dataset.file_meta = meta
        dataset.save_as(path, enforce_file_format=True)
    return path


def save_bare(dataset: Dataset, path: Path, syntax: str = ImplicitVRLittleEndian) -> Path:
    """Write the data set alone, without preamble and file meta, as some old systems do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bare = Dataset(dataset)
    with config.disable_value_validation():
        bare.save_as(path, implicit_vr=UID(syntax).is_implicit_VR, little_endian=UID(syntax).is_little_endian)
    return path
