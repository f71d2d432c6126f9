"""The plan that came before this one was not sent."""

from tests.core.studies import TO_PLANS, ct, pointing, refers, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
EARLIER = rtplan(STRUCTURES, 1)
LATER = pointing(rtplan(STRUCTURES, 2), *refers(TO_PLANS, EARLIER))
GOOD = study(SLICES, STRUCTURES, EARLIER, LATER)
BAD = study(SLICES, STRUCTURES, LATER)
FINDS = Effect.NOTE, Severity.INFO
