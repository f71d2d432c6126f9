"""A patient number with a path in it. The carets of a name and an accent are harmless."""

from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

GOOD = study(ct(2, PatientName="MÜLLER^Änne"))
BAD = study(ct(2, PatientID="47/11"))
FINDS = Effect.HOLD, Severity.ERROR
