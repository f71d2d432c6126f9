"""The numbers of the images leave one out."""

from tests.core.studies import changed, ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES)
BAD = study(SLICES[:2], changed(SLICES[2], InstanceNumber="4"))
FINDS = Effect.NOTE, Severity.INFO
