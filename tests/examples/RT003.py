"""A script filled the missing StudyInstanceUID with a constant."""

from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

GOOD = study(ct(2))
BAD = study(ct(2, StudyInstanceUID="1111"), uid="1111")
FINDS = Effect.HOLD, Severity.ERROR
