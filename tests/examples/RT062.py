"""A plan made for the treatment device alone."""

from tests.core.studies import chain, rtplan, study
from xnat_gate.core.finding import Effect, Severity

*IMAGED, PLAN, _ = chain()
GOOD = study(IMAGED, PLAN)
BAD = study(IMAGED, rtplan(None, RTPlanGeometry="TREATMENT_DEVICE"))
FINDS = Effect.NOTE, Severity.INFO
