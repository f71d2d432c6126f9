"""A slice without PatientID: nobody knows whose it is, and nothing makes one up."""

from tests.core.studies import changed, ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
GOOD = study(SLICES)
BAD = study(SLICES[0], changed(SLICES[1], PatientID=()))
FINDS = Effect.HOLD, Severity.ERROR
