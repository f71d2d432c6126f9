"""One slice was reconstructed with twice as many pixels."""

from tests.core.studies import changed, ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES)
BAD = study(SLICES[:2], changed(SLICES[2], Rows="200", Columns="200", PixelSpacing=("0.5", "0.5")))
FINDS = Effect.NOTE, Severity.WARNING
