"""The list of the structure set ends before the last image that its contours name."""

from tests.core.studies import CONTOURED, ct, pointing, refers, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(SLICES, pointing(rtstruct(SLICES[:2]), *refers(CONTOURED, SLICES[2], roi="PTV")))
FINDS = Effect.NOTE, Severity.WARNING
