"""Which study an object belongs to, read no further than to where the header says so."""

from __future__ import annotations

from pathlib import Path

from xnat_gate.edge.dicom_files.cursor import Damaged
from xnat_gate.edge.dicom_files.dictionary import TAGS
from xnat_gate.edge.dicom_files.elements import elements, text_value
from xnat_gate.edge.dicom_files.opening import open_object
from xnat_gate.edge.dicom_files.text import values

STUDY_INSTANCE_UID = TAGS["StudyInstanceUID"]


def study_instance_uid(path: Path) -> str:
    """As it stands there, usable or not; empty when there is none or the file is damaged before it. Raises OSError."""
    with path.open("rb") as file:
        try:
            opened = open_object(file)
            if opened is None:
                return ""
            for element in elements(opened.cursor, opened.coding):
                if element.tag == STUDY_INSTANCE_UID:
                    return next(iter(values(text_value(opened.cursor, element), "UI")), "")
                if element.tag > STUDY_INSTANCE_UID:
                    return ""
        except Damaged:
            return ""
    return ""
