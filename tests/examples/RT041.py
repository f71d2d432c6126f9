"""A structure set on PET images says that they are CT images."""

from tests.core.studies import CONTOURED, LISTED, PT_CLASS, blind, ct, refers, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3, SOPClassUID=PT_CLASS, Modality="PT")
UIDS = tuple(one.sop_instance_uid for one in SLICES)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(SLICES, blind(rtstruct(SLICES), references=(*refers(LISTED, *UIDS), *refers(CONTOURED, *UIDS))))
FINDS = Effect.NOTE, Severity.WARNING
