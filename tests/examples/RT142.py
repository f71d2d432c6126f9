"""A plan that was made of anonymised images, and has the planner's name in it."""

from tests.core.studies import ct, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

CLAIM = {"PatientIdentityRemoved": "YES"}
SLICES = ct(2, **CLAIM)
STRUCTURES = rtstruct(SLICES, **CLAIM)
GOOD = study(SLICES, STRUCTURES, rtplan(STRUCTURES, OperatorsName="", **CLAIM))
BAD = study(SLICES, STRUCTURES, rtplan(STRUCTURES, OperatorsName="Smith^A", **CLAIM))
FINDS = Effect.NOTE, Severity.WARNING
