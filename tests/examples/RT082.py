"""The dose statistics are of another structure set than the plan."""

from tests.core.studies import ct, rtdose, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
STRUCTURES, OTHERS = rtstruct(SLICES, 1), rtstruct(SLICES, 2)
PLAN = rtplan(STRUCTURES)
GOOD = study(SLICES, STRUCTURES, OTHERS, PLAN, rtdose(PLAN, structures=STRUCTURES))
BAD = study(SLICES, STRUCTURES, OTHERS, PLAN, rtdose(PLAN, structures=OTHERS))
FINDS = Effect.NOTE, Severity.WARNING
