"""A plan whose fraction group names a beam that it does not have."""

from tests.core.numbered import plan_of
from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
GOOD = study(SLICES, STRUCTURES, plan_of(STRUCTURES, "1", "2"))
BAD = study(SLICES, STRUCTURES, plan_of(STRUCTURES, "1", "2", given=("1", "3")))
FINDS = Effect.HOLD, Severity.ERROR
