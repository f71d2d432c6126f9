"""Two plans, each of which names the other as its structure set."""

from tests.core.studies import TO_STRUCTURES, ct, pointing, refers, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
STRUCTURES, ONE, TWO = rtstruct(SLICES), rtplan(None, 1), rtplan(None, 2)
GOOD = study(SLICES, STRUCTURES, rtplan(STRUCTURES))
BAD = study(SLICES, pointing(ONE, *refers(TO_STRUCTURES, TWO)), pointing(TWO, *refers(TO_STRUCTURES, ONE)))
FINDS = Effect.HOLD, Severity.ERROR
