"""The treatment record names a second beam; its plan has one."""

from tests.core.others import record
from tests.core.studies import chain, study
from xnat_gate.core.finding import Effect, Severity

*_, PLAN, _ = chain()
GOOD = study(chain(), record(PLAN, beam="1"))
BAD = study(chain(), record(PLAN, beam="2"))
FINDS = Effect.HOLD, Severity.ERROR
