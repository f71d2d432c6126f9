"""The list of the segmentation lacks an image that it is derived from."""

from tests.core.others import segmentation
from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, segmentation(SLICES, derived=SLICES[:2]))
BAD = study(SLICES, segmentation(SLICES[:2], derived=SLICES))
FINDS = Effect.NOTE, Severity.WARNING
