"""Ready-made sets for the demo and the tests: a whole RT study, an ultrasound, a foundling, and junk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from xnat_gate.sandbox.phantoms.images import ct_series, us
from xnat_gate.sandbox.phantoms.parts import FOUNDLING, GELATINE, WATER, Patient
from xnat_gate.sandbox.phantoms.radiotherapy import rtdose, rtplan, rtstruct


@dataclass(frozen=True, slots=True)
class RTStudy:
    """A planning study; `everything` in the order in which it was made."""

    ct: list[Dataset]
    rtstruct: Dataset
    rtplan: Dataset
    rtdose: Dataset

    @property
    def everything(self) -> list[Dataset]:
        return [*self.ct, self.rtstruct, self.rtplan, self.rtdose]

    @property
    def uid(self) -> str:
        return str(self.rtstruct.StudyInstanceUID)


def rt_study(
    folder: Path | None, patient: Patient = WATER, study: int = 1, slices: int = 5, **overrides: Any
) -> RTStudy:
    """CT, structure set, plan and dose, all linked, a series and a number each; overrides apply to all."""
    ct = ct_series(folder, patient, study, slices=slices, **overrides)
    structures = rtstruct(folder, ct, **overrides)
    plan = rtplan(folder, structures, **overrides)
    dose = rtdose(folder, plan, structure_set=structures, **overrides)
    return RTStudy(ct, structures, plan, dose)


def ultrasound(folder: Path | None, patient: Patient = GELATINE, study: int = 2, **overrides: Any) -> Dataset:
    """A study of one ultrasound image."""
    return us(folder, patient, study, **overrides)


def orphan_structure_set(
    folder: Path | None, patient: Patient = FOUNDLING, study: int = 3, slices: int = 5, **overrides: Any
) -> Dataset:
    """A structure set alone: the CT that it names was built and never written."""
    return rtstruct(folder, ct_series(None, patient, study, slices=slices), **overrides)


def junk(folder: Path) -> Path:
    """A text file such as lies beside every export."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "export-notes.txt"
    path.write_text("Exported for the trial. Nothing to see here.\n", encoding="utf-8")
    return path
