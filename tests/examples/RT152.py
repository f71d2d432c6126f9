"""One of the images that the structure set was drawn on carries the ID of another patient."""

from tests.core.studies import changed, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(SLICES[:2], changed(SLICES[2], PatientID="4712"), rtstruct(SLICES))
FINDS = Effect.HOLD, Severity.ERROR
