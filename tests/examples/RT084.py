"""The sum of all beams of a plan is labelled as the dose of a beam."""

from tests.core.numbered import dose_of, plan_of
from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
PLAN = plan_of(STRUCTURES, "1", "2", "3")
GOOD = study(SLICES, STRUCTURES, PLAN, dose_of(PLAN, "1", summation="BEAM"))
BAD = study(SLICES, STRUCTURES, PLAN, dose_of(PLAN, "1", "2", "3", summation="BEAM"))
FINDS = Effect.NOTE, Severity.WARNING
