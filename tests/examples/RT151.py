"""The plan names itself as its structure set."""

from tests.core.studies import TO_STRUCTURES, ct, pointing, refers, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
PLAN = rtplan(None)
GOOD = study(SLICES, rtstruct(SLICES), rtplan(rtstruct(SLICES)))
BAD = study(SLICES, rtstruct(SLICES), pointing(PLAN, *refers(TO_STRUCTURES, PLAN)))
FINDS = Effect.HOLD, Severity.ERROR
