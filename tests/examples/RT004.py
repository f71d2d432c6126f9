"""The slices of two people under one StudyInstanceUID."""

from tests.core.studies import changed, ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
GOOD = study(SLICES)
BAD = study(SLICES[0], changed(SLICES[1], PatientID="4712"))
FINDS = Effect.HOLD, Severity.ERROR
