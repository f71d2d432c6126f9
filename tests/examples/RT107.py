"""One of the two radiations of a radiation set was left out."""

from tests.core.others import C_ARM_CLASS, DEFINITION, RADIATIONS, second_generation
from tests.core.studies import chain, study
from xnat_gate.core.finding import Effect, Severity

*_, PLAN, _ = chain()
BEAMS = [second_generation(DEFINITION, PLAN, number=n, sop_class=C_ARM_CLASS) for n in (2, 3)]
SET = second_generation(RADIATIONS, *BEAMS)
GOOD = study(chain(), BEAMS, SET)
BAD = study(chain(), BEAMS[:1], SET)
FINDS = Effect.HOLD, Severity.WARNING
