"""A slice is missing in the middle of the images that a structure set is drawn on."""

from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(6)
GOOD = study(SLICES, rtstruct(SLICES[:2]))
BAD = study(SLICES[:3], SLICES[4:], rtstruct(SLICES[:2]))
FINDS = Effect.HOLD, Severity.ERROR
