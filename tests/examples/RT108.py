"""The image at which a presentation state points was left out."""

from tests.core.others import beside
from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
STATE = beside(("ReferencedSeriesSequence", "ReferencedImageSequence"), *SLICES)
GOOD = study(SLICES, STATE)
BAD = study(SLICES[:1], STATE)
FINDS = Effect.NOTE, Severity.INFO
