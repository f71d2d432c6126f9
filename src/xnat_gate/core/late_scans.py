"""What comes late to an archived session and XNAT would not merge: which scans it becomes there.

A session that holds nothing but RT objects has another type than one with images, and XNAT refuses a merge that would
change the type (site preference preventCrossModalityMerge, on by default); the scans themselves fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from xnat_gate.core.archive import LateScan, Scan
from xnat_gate.core.study import Instance, Series

_RT = "xnat:rtImageScanData"
_OTHER = "xnat:otherDicomScanData"
TYPES: Mapping[str, str] = {
    "RTSTRUCT": _RT,
    "RTPLAN": _RT,
    "RTDOSE": _RT,
    "RTIMAGE": _RT,
    "RTRECORD": _RT,
    "SEG": "xnat:segScanData",
    "SR": "xnat:srScanData",
    "REG": _OTHER,
    "KO": _OTHER,
    "PR": _OTHER,
}
"""Modalities that accompany images, and XNAT's type of a scan of each."""


def accompany(instances: Iterable[Instance]) -> bool:
    """Whether these are objects that accompany images, and nothing else."""
    return all(one.modality in TYPES for one in instances)


def scans(series: Collection[Series], there: Collection[Scan]) -> dict[str, LateScan]:
    """SeriesInstanceUID to the scan that it becomes: the one that it is already, else under its series number where
    that is free, else `number-MOD1`, as XNAT names them."""
    known = {scan.series_uid: scan.id for scan in there}
    taken = {scan.id for scan in there}
    found: dict[str, LateScan] = {}
    for one in sorted(series, key=lambda one: one.uid):
        first = one.instances[0]
        id = known.get(one.uid) or _free(
            first.value("SeriesNumber").strip().lstrip("+"), first.modality, taken
        )
        taken.add(id)
        found[one.uid] = LateScan(
            id=id,
            xsi_type=TYPES[first.modality],
            series_uid=one.uid,
            modality=first.modality,
            description=first.value("SeriesDescription"),
        )
    return found


def _free(number: str, modality: str, taken: Collection[str]) -> str:
    stem = number if number.isascii() and number.isdigit() else modality
    names = (stem, *(f"{stem}-{modality}{count}" for count in range(1, len(taken) + 2)))
    return next(name for name in names if name not in taken)
