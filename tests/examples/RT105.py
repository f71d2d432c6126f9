"""One of the images that were segmented was left out."""

from tests.core.others import segmentation
from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(5)
GOOD = study(SLICES, segmentation(SLICES))
BAD = study(SLICES[:4], segmentation(SLICES))
FINDS = Effect.HOLD, Severity.WARNING
