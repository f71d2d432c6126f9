"""A plan that names itself as its structure set."""

from tests.core.studies import TO_STRUCTURES, ct, pointing, refers, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
STRUCTURES, PLAN = rtstruct(SLICES), rtplan(None)
GOOD = study(SLICES, STRUCTURES, rtplan(STRUCTURES))
BAD = study(SLICES, pointing(PLAN, *refers(TO_STRUCTURES, PLAN)))
FINDS = Effect.HOLD, Severity.ERROR
