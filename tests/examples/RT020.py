"""Two structure sets in one series: in XNAT they would be one scan."""

from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
GOOD = study(SLICES, rtstruct(SLICES, 1), rtstruct(SLICES, 2))
FIRST = rtstruct(SLICES, 1)
BAD = study(SLICES, FIRST, rtstruct(SLICES, 2, SeriesInstanceUID=FIRST.series_uid, SeriesNumber="301"))
FINDS = Effect.HOLD, Severity.ERROR
