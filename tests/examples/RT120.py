"""A plan that needs no images is all that came."""

from tests.core.studies import ct, rtplan, study
from xnat_gate.core.finding import Effect, Severity

PLAN = rtplan(None, RTPlanGeometry="TREATMENT_DEVICE")
GOOD = study(ct(2), PLAN)
BAD = study(PLAN)
FINDS = Effect.HOLD, Severity.ERROR
