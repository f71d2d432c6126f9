"""The third slice lies where the second one lies."""

from tests.core.studies import changed, ct, position, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES)
BAD = study(SLICES[:2], changed(SLICES[2], ImagePositionPatient=position(2)))
FINDS = Effect.NOTE, Severity.WARNING
