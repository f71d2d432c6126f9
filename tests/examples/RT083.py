"""A dose of beam 9, which its plan does not have."""

from tests.core.numbered import dose_of, plan_of
from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
PLAN = plan_of(STRUCTURES, "1", "2")
GOOD = study(SLICES, STRUCTURES, PLAN, dose_of(PLAN, "2", summation="BEAM"))
BAD = study(SLICES, STRUCTURES, PLAN, dose_of(PLAN, "9", summation="BEAM"))
FINDS = Effect.HOLD, Severity.ERROR
