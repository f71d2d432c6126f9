"""A structure set from which an anonymiser took every reference."""

from tests.core.studies import blind, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(SLICES, blind(rtstruct(SLICES)))
FINDS = Effect.REJECT, Severity.ERROR
