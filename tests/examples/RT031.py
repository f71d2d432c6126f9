"""The slice that was left out carries contours."""

from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES[1:], rtstruct(SLICES, contours=False))
BAD = study(SLICES[1:], rtstruct(SLICES))
FINDS = Effect.HOLD, Severity.ERROR
