"""A scout that does not say so is numbered along with the slices."""

from tests.core.studies import changed, ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(4)
SCOUT = changed(SLICES[3], ImageOrientationPatient=("1", "0", "0", "0", "0", "-1"))
GOOD = study(SLICES[:3], changed(SCOUT, ImageType=("ORIGINAL", "PRIMARY", "LOCALIZER")))
BAD = study(SLICES[:3], SCOUT)
FINDS = Effect.NOTE, Severity.WARNING
