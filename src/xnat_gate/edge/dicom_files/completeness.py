"""Whether an object reaches as far as its kind must: a file that was cut between two elements looks whole else.

The tags of a data set ascend, so an object whose last element stands before one that PS3.3 demands of it has lost
its tail; one that lacks the element but goes on behind it has not been cut, and its faults are for the checks.
"""

from __future__ import annotations

from xnat_gate.edge.dicom_files.dictionary import TAGS, uid_name

EVERY_OBJECT = "StudyInstanceUID"
PIXELS = TAGS["FloatPixelData"]
"""The first of the three elements that can hold pixels."""

DEMANDED = {
    "1.2.840.10008.5.1.4.1.1.66.1": "RegistrationSequence",
    "1.2.840.10008.5.1.4.1.1.481.2": "DoseSummationType",
    "1.2.840.10008.5.1.4.1.1.481.3": "StructureSetLabel",
    "1.2.840.10008.5.1.4.1.1.481.5": "RTPlanGeometry",
    "1.2.840.10008.5.1.4.1.1.481.8": "RTPlanGeometry",
}
"""The last element of type 1 at top level (PS3.3 C.20.2, C.8.8.3, C.8.8.5, C.8.8.9)."""

SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def missing_tail(sop_class_uid: str, last_tag: int, *, has_rows: bool, pixels_elsewhere: bool) -> str:
    """What the object should have reached and did not; the empty string when it goes far enough.

    `pixels_elsewhere`: it names a PixelDataProviderURL.
    """
    demanded = DEMANDED.get(sop_class_uid, EVERY_OBJECT)
    if last_tag < TAGS[demanded]:
        return f"its {demanded}"
    if (has_rows or _is_image(sop_class_uid)) and not pixels_elsewhere and last_tag < PIXELS:
        return "its pixel data"
    return ""


def _is_image(sop_class_uid: str) -> bool:
    return "Image Storage" in uid_name(sop_class_uid) or sop_class_uid == SEGMENTATION
