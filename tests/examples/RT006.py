"""A slice that gives another birth date than the others."""

from tests.core.studies import changed, ct, study
from xnat_gate.core.finding import Effect, Severity

FIRST, *REST = ct(3, PatientBirthDate="19600131")
GOOD = study(changed(FIRST, PatientBirthDate=()), REST)
BAD = study(changed(FIRST, PatientBirthDate="19610131"), REST)
FINDS = Effect.NOTE, Severity.WARNING
