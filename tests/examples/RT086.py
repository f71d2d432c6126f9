"""The dose grid lies two metres beside the images."""

from tests.core.studies import chain, changed, study
from xnat_gate.core.finding import Effect, Severity

LINKED = chain()
GOOD = study(LINKED)
BAD = study(LINKED[:-1], changed(LINKED[-1], ImagePositionPatient=("-2010", "-10", "0")))
FINDS = Effect.NOTE, Severity.WARNING
