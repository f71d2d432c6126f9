"""A plan for a patient that names no structure set."""

from tests.core.studies import ct, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
GOOD = study(SLICES, STRUCTURES, rtplan(STRUCTURES))
BAD = study(SLICES, STRUCTURES, rtplan(None))
FINDS = Effect.REJECT, Severity.ERROR
