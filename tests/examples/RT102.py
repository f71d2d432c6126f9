"""The verification image that the treatment record names was left out."""

from tests.core.others import VERIFYING, record, rtimage
from tests.core.studies import chain, pointing, refers, study
from xnat_gate.core.finding import Effect, Severity

*_, PLAN, _ = chain()
IMAGE = rtimage(PLAN)
RECORD = pointing(record(PLAN), *refers(VERIFYING, IMAGE))
GOOD = study(chain(), IMAGE, RECORD)
BAD = study(chain(), RECORD)
FINDS = Effect.NOTE, Severity.INFO
