"""Two structures of one structure set share a number."""

from tests.core.studies import ct, pointing, roi_numbers, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, pointing(rtstruct(SLICES), numbers=roi_numbers("1", "2")))
BAD = study(SLICES, pointing(rtstruct(SLICES), numbers=roi_numbers("1", "1")))
FINDS = Effect.HOLD, Severity.ERROR
