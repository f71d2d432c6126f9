"""An edited copy of a slice that kept its UID."""

from dataclasses import replace

from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = tuple(replace(one, digest="a" * 64) for one in ct(1))
GOOD = study(SLICES)
BAD = study(SLICES, replace(SLICES[0], file="edited.dcm", digest="b" * 64))
FINDS = Effect.HOLD, Severity.ERROR
