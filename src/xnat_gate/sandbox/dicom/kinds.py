"""Session types, scan types and scan IDs, as DICOMSessionBuilder and its mapping tables decide them.

Laws: the leading SOP class family names the session, else a Modality, else `otherDicomSessionData`; the scan ID is
the SeriesNumber, and when several series share one, each becomes `{number}-{MOD}{n}`.
Not certain in XNAT, and decided here: the order of the leads (settings), a lone RTSTRUCT or RTPLAN (rtSessionData).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

ROOT = "1.2.840.10008.5.1.4.1.1."
FAMILIES = {
    "MR": ("4", "4.1", "4.2", "4.3", "4.4"),
    "CT": ("2", "2.1", "2.2"),
    "PET": ("128", "128.1", "130"),
    "RT": ("481.1", "481.2"),
    "RTOTHER": ("481.3", "481.4", "481.5", "481.6", "481.7", "481.8", "481.9"),
    "CR": ("1",),
    "DX": ("1.1", "1.1.1"),
    "MG": ("1.2", "1.2.1", "13.1.3"),
    "US": ("3.1", "6.1", "6.2"),
    "XA": ("12.1", "12.1.1", "13.1.1"),
    "NM": ("20",),
    "OPT": ("77.1.5.4",),
    "SC": ("7", "7.1", "7.2", "7.3", "7.4"),
    "SEG": ("66.4",),
    "SR": ("88.11", "88.22", "88.33", "88.34", "88.35", "88.67"),
}
BY_CLASS = {ROOT + tail: family for family, tails in FAMILIES.items() for tail in tails}
SCAN_STEMS = {"RT": "rtImage", "RTOTHER": "rtImage", "": "otherDicom"}
NO_SESSION = frozenset({"RTOTHER", "SC", "SEG", ""})
SECONDARY = frozenset({"SC", "RTOTHER"})
BY_MODALITY = {
    "MR": "MR", "CT": "CT", "PT": "PET", "RTIMAGE": "RT", "RTDOSE": "RT", "RTSTRUCT": "RT", "RTPLAN": "RT", "CR": "CR",
    "DX": "DX", "MG": "MG", "US": "US", "XA": "XA", "NM": "NM", "OPT": "OPT", "SR": "SR",
}  # fmt: skip
SCAN_CODES = {"RTOTHER": "RT", "": "OT"}


def family(sop_class: str) -> str:
    """The family of a SOP class; '' when XNAT has none."""
    return BY_CLASS.get(sop_class, "")


def scan_type(sop_class: str) -> str:
    """xsi:type of the scan a series of this SOP class makes."""
    kind = family(sop_class)
    return f"xnat:{SCAN_STEMS.get(kind, kind.lower())}ScanData"


def is_secondary(sop_class: str) -> bool:
    return family(sop_class) in SECONDARY


def session_type(sop_classes: Iterable[str], modalities: Iterable[str], order: Sequence[str]) -> str:
    """xsi:type of the session made of these objects; `order` names the leads, the first wins."""
    families = {family(sop_class) for sop_class in sop_classes} - NO_SESSION
    if {"PET", "MR"} <= families:
        return "xnat:petmrSessionData"
    named = families or {BY_MODALITY[modality] for modality in modalities if modality in BY_MODALITY}
    lead = next((name for name in order if name in named), None)
    return f"xnat:{lead.lower()}SessionData" if lead else "xnat:otherDicomSessionData"


def session_modality(session_xsi_type: str, modalities: Iterable[str]) -> str:
    """The session's `modality`: its lead's own, else the first one there is."""
    present = sorted({modality for modality in modalities if modality})
    stem = session_xsi_type.removeprefix("xnat:").removesuffix("SessionData").upper()
    lead = {"PET": "PT", "PETMR": "PT"}.get(stem, stem)
    return lead if lead in present else next(iter(present), "")


def scan_ids(series: Sequence[tuple[str, str, str]]) -> list[str]:
    """Scan IDs for series given as (SeriesInstanceUID, SeriesNumber, SOPClassUID), in their order."""
    shared = Counter(number for _, number, _ in series if number)
    seen: Counter[tuple[str, str]] = Counter()
    ids = []
    for uid, number, sop_class in series:
        if shared[number] < 2:
            ids.append(_plain_id(number, uid))
            continue
        code = modality_code(sop_class)
        seen[number, code] += 1
        ids.append(f"{_plain_id(number, uid)}-{code}{seen[number, code]}")
    return ids


def modality_code(sop_class: str) -> str:
    """The MOD of `{number}-{MOD}{n}`; OT when unknown."""
    kind = family(sop_class)
    return SCAN_CODES.get(kind, kind)


def _plain_id(number: str, uid: str) -> str:
    if not number:
        return re.sub(r"\W", "_", uid)
    return re.sub(r"[^A-Za-z0-9_-]", "_", number)
