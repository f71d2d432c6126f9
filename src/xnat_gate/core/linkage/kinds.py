"""The kinds of objects whose links are judged, by SOP class (PS3.4 B.5).

Law: the class decides, never the Modality: an ion plan says RTPLAN, and a plan may say anything.
"""

from __future__ import annotations

from enum import StrEnum

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_RT = f"{_STORAGE}481."


class RTKind(StrEnum):
    """What an object is, in a word for people."""

    REGISTRATION = "registration"
    FIDUCIALS = "set of fiducials"
    SEGMENTATION = "segmentation"
    STRUCTURE_SET = "structure set"
    PLAN = "plan"
    RECORD = "treatment record"
    DOSE = "dose"
    RT_IMAGE = "RT image"
    SECOND_GENERATION = "second-generation RT object"


_KINDS = {
    f"{_RT}1": RTKind.RT_IMAGE,
    f"{_RT}2": RTKind.DOSE,
    f"{_RT}3": RTKind.STRUCTURE_SET,
    f"{_RT}4": RTKind.RECORD,  # beams
    f"{_RT}5": RTKind.PLAN,
    f"{_RT}6": RTKind.RECORD,  # brachy
    f"{_RT}7": RTKind.RECORD,  # summary
    f"{_RT}8": RTKind.PLAN,  # ions
    f"{_RT}9": RTKind.RECORD,  # ions
    **{f"{_RT}{tail}": RTKind.SECOND_GENERATION for tail in range(10, 26)},
    f"{_STORAGE}66.1": RTKind.REGISTRATION,
    f"{_STORAGE}66.2": RTKind.FIDUCIALS,
    f"{_STORAGE}66.3": RTKind.REGISTRATION,  # deformable
    f"{_STORAGE}66.4": RTKind.SEGMENTATION,
    f"{_STORAGE}66.5": RTKind.SEGMENTATION,  # surfaces
    f"{_STORAGE}66.7": RTKind.SEGMENTATION,  # label maps
    f"{_STORAGE}66.8": RTKind.SEGMENTATION,  # height maps
}

VOLUMES = frozenset(
    _STORAGE + tail
    for tail in ("2", "2.1", "2.2", "4", "4.1", "4.3", "4.4", "128", "128.1", "130", "13.1.1", "13.1.2")
)
"""Classes of images that make a volume: CT, MR, PET and their enhanced forms, 3D X-ray."""


def kind_of(sop_class_uid: str) -> RTKind | None:
    """None for images, and for all whose links nobody stands on."""
    return _KINDS.get(sop_class_uid)


def is_rt_class(sop_class_uid: str) -> bool:
    """Any object of the RT family, whether a kind is known for it or not."""
    return sop_class_uid.startswith(_RT)
