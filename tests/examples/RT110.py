"""A radiation names its plan, which its own list of objects does not have."""

from tests.core.others import C_ARM_CLASS, DEFINITION, second_generation
from tests.core.studies import chain, study
from xnat_gate.core.finding import Effect, Severity

*_, PLAN, _ = chain()
GOOD = study(chain(), second_generation(DEFINITION, PLAN, sop_class=C_ARM_CLASS))
BAD = study(chain(), second_generation(DEFINITION, PLAN, sop_class=C_ARM_CLASS, listed=()))
FINDS = Effect.NOTE, Severity.WARNING
