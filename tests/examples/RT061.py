"""A plan without its structure set, although the images are there."""

from tests.core.studies import ct, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
GOOD = study(SLICES, STRUCTURES, rtplan(STRUCTURES))
BAD = study(SLICES, rtplan(STRUCTURES))
FINDS = Effect.REJECT, Severity.ERROR
