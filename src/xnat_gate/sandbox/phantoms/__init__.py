"""Small synthetic DICOM studies for the demo and the tests, in place of patients.

Every builder takes a folder first and writes its files there (None: build only), returns the data sets, and
takes any DICOM keyword to set, to empty (None) or to leave out (ABSENT). UIDs follow from the numbers of the
study, series and instance, so a test can name them beforehand and two runs give the same bytes.

    study = rt_study(folder, Patient("PHANTOM^CORK", "CORK-1"), study=7)
    late = rtstruct(folder, study.ct, names="contours", series=14, SeriesNumber=None)
    save(late, folder / "elsewhere.dcm", syntax=DEFLATED)
"""

from pydicom.uid import DeflatedExplicitVRLittleEndian as DEFLATED
from pydicom.uid import ExplicitVRBigEndian as BIG_ENDIAN
from pydicom.uid import ExplicitVRLittleEndian as EXPLICIT
from pydicom.uid import ImplicitVRLittleEndian as IMPLICIT

from xnat_gate.sandbox.phantoms.images import ct_series, mr, pt, sc, us
from xnat_gate.sandbox.phantoms.parts import (
    ABSENT,
    Patient,
    attributes,
    file_name,
    frame_uid,
    instance_uid,
    item,
    reference_to,
    save,
    save_bare,
    series_uid,
    study_uid,
)
from xnat_gate.sandbox.phantoms.radiotherapy import rtdose, rtplan, rtstruct
from xnat_gate.sandbox.phantoms.references import Naming
from xnat_gate.sandbox.phantoms.sets import RTStudy, junk, orphan_structure_set, rt_study, ultrasound

__all__ = [
    "ABSENT",
    "BIG_ENDIAN",
    "DEFLATED",
    "EXPLICIT",
    "IMPLICIT",
    "Naming",
    "Patient",
    "RTStudy",
    "attributes",
    "ct_series",
    "file_name",
    "frame_uid",
    "instance_uid",
    "item",
    "junk",
    "mr",
    "orphan_structure_set",
    "pt",
    "reference_to",
    "rt_study",
    "rtdose",
    "rtplan",
    "rtstruct",
    "save",
    "save_bare",
    "sc",
    "series_uid",
    "study_uid",
    "ultrasound",
    "us",
]
