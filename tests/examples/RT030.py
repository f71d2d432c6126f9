"""One slice that the structure set lists was left out of the export."""

from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(SLICES[1:], rtstruct(SLICES, contours=False))
FINDS = Effect.HOLD, Severity.WARNING
