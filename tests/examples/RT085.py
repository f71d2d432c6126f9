"""The dose lies in another coordinate system than the images of its plan."""

from tests.core.asking import ELSEWHERE
from tests.core.studies import chain, changed, study
from xnat_gate.core.finding import Effect, Severity

LINKED = chain()
GOOD = study(LINKED)
BAD = study(LINKED[:-1], changed(LINKED[-1], FrameOfReferenceUID=ELSEWHERE))
FINDS = Effect.HOLD, Severity.ERROR
