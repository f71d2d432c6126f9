"""What is known of storage SOP classes (PS3.4 B.5): which ones XNAT's own receiver lists, which Modality is theirs.

Laws: the list is the one in XNAT's source, and an XNAT may be older or newer; a class of which DICOM leaves the
Modality open has none here.
"""

from __future__ import annotations

_STORAGE = "1.2.840.10008.5.1.4.1.1."

_LISTED = """
1 1.1 1.1.1 1.2 1.2.1 1.3 1.3.1 2 2.1 2.2 3.1 4 4.1 4.2 4.3 4.4 6.1 6.2 7 7.1 7.2 7.3 7.4
9.1.1 9.1.2 9.1.3 9.2.1 9.3.1 9.4.1 9.4.2 9.5.1 9.6.1 11.5 11.6 11.7 11.8 11.9 11.10 11.11
12.1 12.1.1 12.2 12.2.1 13.1.1 13.1.2 13.1.3 13.1.4 13.1.5 14.1 14.2 20 30
66 66.1 66.2 66.3 66.4 66.5 66.6 67 68.1 68.2
77.1.1 77.1.1.1 77.1.2 77.1.2.1 77.1.3 77.1.4 77.1.4.1 77.1.5.1 77.1.5.2 77.1.5.3 77.1.5.4 77.1.5.5 77.1.5.6
77.1.5.7 77.1.5.8 77.1.6 78.1 78.2 78.3 78.4 78.5 78.6 78.7 78.8 79.1 80.1 81.1 82.1
88.11 88.22 88.33 88.34 88.35 88.40 88.50 88.59 88.65 88.67 88.68 88.69 88.70 88.71 88.72 88.73 88.74 88.75
90.1 104.1 104.2 104.3 128 128.1 130 131 200.2
481.1 481.2 481.3 481.4 481.5 481.6 481.7 481.8 481.9 481.10 481.11
"""
_PHILIPS = """
2.3.1.1 2.4.1.1 5.0.1 5.0.2 5.0.2.1 5.0.3 5.0.3.1 5.0.4 5.0.7 5.0.8 5.0.9 5.0.10 5.0.11 5.0.12
11.0.0.12.1 11.0.0.12.2 11.0.0.12.4
"""

RECEIVED = frozenset(
    {
        *(_STORAGE + tail for tail in _LISTED.split()),
        *("1.2.840.10008.5.1.4.34.7", "1.2.840.10008.5.1.4.34.10"),
        *(f"1.3.46.670589.{tail}" for tail in _PHILIPS.split()),
    }
)
"""The classes that XNAT's own receiver accepts by C-STORE; of any other it refuses the presentation context."""

_NAMES = {
    "11.1": "presentation state",
    "11.2": "presentation state",
    "11.3": "presentation state",
    "11.4": "presentation state",
    "11.12": "presentation state",
    "66.7": "label map segmentation",
    "66.8": "height map segmentation",
    "88.76": "radiation dose report",
    "104.4": "OBJ model",
    "104.5": "MTL model",
    "481.12": "RT radiation set",
    "481.13": "C-arm radiation",
    "481.14": "tomotherapeutic radiation",
    "481.15": "robotic-arm radiation",
    "481.16": "RT radiation record set",
    "481.17": "RT radiation salvage record",
    "481.18": "tomotherapeutic radiation record",
    "481.19": "C-arm radiation record",
    "481.20": "robotic radiation record",
    "481.21": "RT delivery instruction",
    "481.22": "RT treatment preparation",
    "481.23": "enhanced RT image",
    "481.24": "enhanced continuous RT image",
    "481.25": "RT position acquisition instruction",
}


def name_of(sop_class_uid: str) -> str:
    """What an object of a class that is not `RECEIVED` is called; the empty string of one that is not known here."""
    standard = sop_class_uid.startswith(_STORAGE)
    return _NAMES.get(sop_class_uid.removeprefix(_STORAGE), "") if standard else ""


_FIXED = {
    ("CT images", "CT"): "2 2.1 2.2",
    ("MR images", "MR"): "4 4.1 4.2 4.3 4.4",
    ("PET images", "PT"): "128 128.1 130",
    ("mammograms", "MG"): "1.2 1.2.1 13.1.3",
    ("RT images", "RTIMAGE"): "481.1 481.23 481.24",
    ("doses", "RTDOSE"): "481.2",
    ("structure sets", "RTSTRUCT"): "481.3",
    ("plans", "RTPLAN"): "481.5 481.8",
    ("treatment records", "RTRECORD"): "481.4 481.6 481.7 481.9",
    ("registrations", "REG"): "66.1 66.3",
    ("sets of fiducials", "FID"): "66.2",
    ("segmentations", "SEG"): "66.4 66.5 66.7 66.8",
    ("value mappings", "RWV"): "67",
    ("presentation states", "PR"): "11.1 11.2 11.3 11.4 11.5 11.6 11.7 11.8",
    ("reports", "SR"): "88.11 88.22 88.33 88.34 88.67",
    ("key object selections", "KO"): "88.59",
}
_BY_CLASS = {_STORAGE + tail: kind for kind, tails in _FIXED.items() for tail in tails.split()}


def kind_and_modality(sop_class_uid: str) -> tuple[str, str] | None:
    """What objects of this class are, in words, and the one Modality that PS3.3 gives them; None where it leaves that
    open."""
    return _BY_CLASS.get(sop_class_uid)


CAPTURES = frozenset(_STORAGE + tail for tail in ("7", "7.1", "7.2", "7.3", "7.4"))
"""Secondary captures: pictures of a screen, of paper or of film."""
RT_IMAGES = frozenset(_STORAGE + tail for tail in ("481.1", "481.23", "481.24"))
