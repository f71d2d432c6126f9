"""The last slice lies in another coordinate system than the others that a structure set is drawn on."""

from tests.core.asking import ELSEWHERE
from tests.core.studies import changed, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES[:2]))
BAD = study(SLICES[:2], changed(SLICES[2], FrameOfReferenceUID=ELSEWHERE), rtstruct(SLICES[:2]))
FINDS = Effect.HOLD, Severity.ERROR
