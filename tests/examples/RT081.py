"""The plan was not exported; the dose still reaches its images through the structure set of its DVH."""

from tests.core.studies import chain, study
from xnat_gate.core.finding import Effect, Severity

*SLICES, STRUCTURES, PLAN, DOSE = chain()
GOOD = study(SLICES, STRUCTURES, PLAN, DOSE)
BAD = study(SLICES, STRUCTURES, DOSE)
FINDS = Effect.HOLD, Severity.WARNING
