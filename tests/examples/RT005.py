"""A slice on which the patient's given name has another letter."""

from tests.core.studies import changed, ct, study
from xnat_gate.core.finding import Effect, Severity

FIRST, *REST = ct(3)
GOOD = study(changed(FIRST, PatientName="DOE^JANE^^"), REST)
BAD = study(changed(FIRST, PatientName="DOE^JANET"), REST)
FINDS = Effect.NOTE, Severity.WARNING
