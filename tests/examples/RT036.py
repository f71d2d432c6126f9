"""An anonymiser gave the images a new frame of reference, and the structure set kept the old one."""

from tests.core.studies import FRAME, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(ct(3, frame=f"{FRAME}.1"), rtstruct(SLICES))
FINDS = Effect.NOTE, Severity.WARNING
