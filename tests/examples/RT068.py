"""A patient scanned head first is to be treated feet first."""

from tests.core.studies import ct, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3, PatientPosition="HFS")
STRUCTURES = rtstruct(SLICES)
TREATED = "PatientSetupSequence.PatientPosition"
GOOD = study(SLICES, STRUCTURES, rtplan(STRUCTURES, **{TREATED: "HFS"}))
BAD = study(SLICES, STRUCTURES, rtplan(STRUCTURES, **{TREATED: "FFS"}))
FINDS = Effect.NOTE, Severity.WARNING
