"""The dose reference of a plan names a structure that its structure set does not have."""

from tests.core.numbered import plan_of
from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.pointers import Number

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)


def aiming_at(roi: str) -> Number:
    """The target of a dose reference."""
    return Number("ReferencedROINumber", roi, ("DoseReferenceSequence",))


GOOD = study(SLICES, STRUCTURES, plan_of(STRUCTURES, "1", more=(aiming_at("1"),)))
BAD = study(SLICES, STRUCTURES, plan_of(STRUCTURES, "1", more=(aiming_at("7"),)))
FINDS = Effect.NOTE, Severity.WARNING
