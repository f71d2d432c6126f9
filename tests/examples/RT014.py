"""A structure set that carries the SeriesInstanceUID of its CT."""

from tests.core.studies import IMAGES, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(SLICES, rtstruct(SLICES, SeriesInstanceUID=IMAGES))
FINDS = Effect.HOLD, Severity.ERROR
