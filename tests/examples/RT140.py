"""A CT image that says that the patient's name is burnt into it."""

from tests.core.studies import changed, ct, study
from xnat_gate.core.finding import Effect, Severity

FIRST, SECOND = ct(2, BurnedInAnnotation="NO")
GOOD = study(FIRST, SECOND)
BAD = study(FIRST, changed(SECOND, BurnedInAnnotation="YES"))
FINDS = Effect.QUARANTINE, Severity.ERROR
