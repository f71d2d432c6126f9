"""Two structure sets are drawn on one series."""

from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES, 1))
BAD = study(SLICES, rtstruct(SLICES, 1), rtstruct(SLICES, 2))
FINDS = Effect.NOTE, Severity.INFO
