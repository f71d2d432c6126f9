"""A dose whose grid is a single point."""

from tests.core.studies import chain, rtdose, study
from xnat_gate.core.finding import Effect, Severity

*REST, PLAN, DOSE = chain()
GOOD = study(REST, PLAN, DOSE)
BAD = study(REST, PLAN, rtdose(PLAN, Rows="1", Columns="1", NumberOfFrames="1"))
FINDS = Effect.NOTE, Severity.WARNING
