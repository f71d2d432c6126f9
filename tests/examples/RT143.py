"""Anonymised images with a structure set that is not."""

from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2, PatientIdentityRemoved="YES")
GOOD = study(SLICES, rtstruct(SLICES, PatientIdentityRemoved="YES"))
BAD = study(SLICES, rtstruct(SLICES, PatientIdentityRemoved="NO"))
FINDS = Effect.HOLD, Severity.ERROR
