"""The same objects came before under another patient ID."""

from tests.core.alike import JOHN, Compared, prints_of
from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
PRINTS = prints_of(SLICES)
GOOD = Compared(study(SLICES), PRINTS, tuple(PRINTS.values()))
BAD = Compared(study(SLICES), PRINTS, tuple(prints_of(SLICES, "other", "other", JOHN).values()))
FINDS = Effect.HOLD, Severity.ERROR
