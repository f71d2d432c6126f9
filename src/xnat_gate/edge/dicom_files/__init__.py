"""The only door to pydicom: DICOM files in, `core.study` values out.

Laws: a file ends in exactly one of four lists (instances, indexes of media, not DICOM, unreadable with the reason);
no content of a file can crash the reader, and none of its size can fill the memory: pixel and other bulk data
are stepped over, never read; nothing is written. A file that was cut short is told apart from a whole one,
which pydicom does not do, and contours are not turned into numbers, which pydicom cannot leave off: so the
elements are walked here, and pydicom lends its dictionary and its character sets. A file of nothing, or of
zeros alone, is unreadable and not junk: it may be a slice whose copy broke off (`hollow`).

What no reader can see: an RT or other object without pixels that was cut exactly between two top-level elements
and after the last one that its class demands (`completeness`), since a file of PS3.10 does not tell its length.
"""

from xnat_gate.edge.dicom_files.dictionary import (
    ASKABLE,
    KEYWORD_OF,
    MOST_VALUES,
    TAGS,
    repeating_vr,
)
from xnat_gate.edge.dicom_files.folder import read_folder
from xnat_gate.edge.dicom_files.passing import Passing, read_passing
from xnat_gate.edge.dicom_files.sameness import digest, same_object

__all__ = [
    "ASKABLE",
    "KEYWORD_OF",
    "MOST_VALUES",
    "TAGS",
    "Passing",
    "digest",
    "read_folder",
    "read_passing",
    "repeating_vr",
    "same_object",
]
