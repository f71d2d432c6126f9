"""A file that was cut off on its way: the study waits until it has been sent whole."""

from tests.core.studies import chain, study
from xnat_gate.core.finding import Effect, Severity

GOOD = study(chain())
BAD = study(chain(), damaged=["CT3/4.dcm"])
FINDS = Effect.HOLD, Severity.ERROR
