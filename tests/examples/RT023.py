"""A series of which one slice has another description."""

from tests.core.studies import changed, ct, study
from xnat_gate.core.finding import Effect, Severity

FIRST, *REST = ct(3, SeriesDescription="Thorax")
GOOD = study(changed(FIRST, SeriesDescription=()), REST)
BAD = study(changed(FIRST, SeriesDescription="Scout"), REST)
FINDS = Effect.NOTE, Severity.WARNING
