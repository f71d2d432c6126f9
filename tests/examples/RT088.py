"""Two physical doses of one plan."""

from tests.core.studies import chain, rtdose, study
from xnat_gate.core.finding import Effect, Severity

*REST, PLAN, _ = chain()
FIRST = rtdose(PLAN, 1, DoseType="PHYSICAL", DoseUnits="GY")
GOOD = study(REST, PLAN, FIRST, rtdose(PLAN, 2, DoseType="EFFECTIVE", DoseUnits="GY"))
BAD = study(REST, PLAN, FIRST, rtdose(PLAN, 2, DoseType="PHYSICAL", DoseUnits="GY"))
FINDS = Effect.NOTE, Severity.WARNING
