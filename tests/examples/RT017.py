"""A structure set that came twice in one study, the second time under new UIDs."""

from tests.core.alike import Compared, a_print
from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
SETS = rtstruct(SLICES, 1), rtstruct(SLICES, 2)
ONE, TWO = (one.sop_instance_uid for one in SETS)
GOOD = Compared(
    study(SLICES, SETS),
    {SETS[0].file: a_print(ONE, content="contours"), SETS[1].file: a_print(TWO, content="other contours")},
)
BAD = Compared(
    study(SLICES, SETS),
    {SETS[0].file: a_print(ONE, content="contours"), SETS[1].file: a_print(TWO, content="contours")},
)
FINDS = Effect.NOTE, Severity.WARNING
