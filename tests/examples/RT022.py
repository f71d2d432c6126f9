"""A series without a number, as the standard allows."""

from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

GOOD = study(ct(2))
BAD = study(ct(2, SeriesNumber=()))
FINDS = Effect.NOTE, Severity.WARNING
