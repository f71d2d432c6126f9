"""What the clients send: a planning study and another patient's CT, as folders and as zips."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from xnat_gate.sandbox import phantoms

SCANS = {
    "2": ["CT.1.1.1.dcm", "CT.1.1.2.dcm", "CT.1.1.3.dcm"],
    "11": ["RTSTRUCT.1.11.1.dcm"],
    "12": ["RTPLAN.1.12.1.dcm"],
    "13": ["RTDOSE.1.13.1.dcm"],
}
"""The planning study as XNAT shows it: files by scan."""


@dataclass(frozen=True, slots=True)
class Bundles:
    """The zips lie beside the folders; `other` has two slices of scan 1."""

    study: Path
    other: Path

    @classmethod
    def made(cls, place: Path) -> Bundles:
        phantoms.rt_study(place / "study", slices=3)
        phantoms.ct_series(place / "other", phantoms.Patient("PHANTOM^OTHER", "OTHER-1"), study=9, slices=2)
        for folder in (place / "study", place / "other"):
            shutil.make_archive(str(folder), "zip", folder)
        return cls(place / "study", place / "other")

    @property
    def study_zip(self) -> Path:
        return self.study.with_suffix(".zip")

    @property
    def other_zip(self) -> Path:
        return self.other.with_suffix(".zip")


def contents(place: Path) -> dict[str, bytes]:
    """File name to bytes, of a folder or a zip; without catalogues and session documents."""
    if place.is_dir():
        found = {path.name: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    else:
        with zipfile.ZipFile(place) as archive:
            found = {Path(name).name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}
    return {name: content for name, content in found.items() if not name.endswith((".xml", ".log"))}
