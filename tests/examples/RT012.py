"""One slice came twice, byte for byte, under two names."""

from dataclasses import replace

from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = tuple(replace(one, digest="a" * 64) for one in ct(1))
GOOD = study(SLICES)
BAD = study(SLICES, replace(SLICES[0], file="copy of 1.dcm"))
FINDS = Effect.NOTE, Severity.WARNING
