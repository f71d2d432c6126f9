"""A dose that names neither plan nor structure set."""

from tests.core.studies import chain, rtdose, study
from xnat_gate.core.finding import Effect, Severity

GOOD = study(chain())
BAD = study(chain()[:-1], rtdose(None))
FINDS = Effect.REJECT, Severity.ERROR
