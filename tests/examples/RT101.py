"""The plan that the treatment record names was left out."""

from tests.core.others import record
from tests.core.studies import chain, ct, study
from xnat_gate.core.finding import Effect, Severity

*_, PLAN, _ = chain()
GOOD = study(chain(), record(PLAN))
BAD = study(ct(), record(PLAN))
FINDS = Effect.REJECT, Severity.ERROR
