"""A plan in a coordinate system that neither its structure set nor the images use."""

from tests.core.studies import FRAME, ROOT, ct, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
GOOD = study(SLICES, STRUCTURES, rtplan(STRUCTURES, FrameOfReferenceUID=FRAME))
BAD = study(SLICES, STRUCTURES, rtplan(STRUCTURES, FrameOfReferenceUID=f"{ROOT}.9"))
FINDS = Effect.NOTE, Severity.WARNING
