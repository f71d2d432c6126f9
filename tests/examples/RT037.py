"""A structure lies in a frame of reference that the header of its structure set does not list."""

from dataclasses import replace

from tests.core.studies import FRAME, ct, drawn_on, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(SLICES, replace(rtstruct(SLICES), drawing=drawn_on(SLICES, "PTV", frame=f"{FRAME}.1")))
FINDS = Effect.NOTE, Severity.WARNING
