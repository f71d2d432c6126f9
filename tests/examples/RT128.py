"""A structure set names no image, and two series share its coordinate system."""

from tests.core.studies import ROOT, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
OTHERS = ct(3, series=f"{ROOT}.30", SeriesNumber="2")
GOOD = study(SLICES, OTHERS, rtstruct(SLICES))
BAD = study(SLICES, OTHERS, rtstruct(SLICES, listed=False, contours=False))
FINDS = Effect.NOTE, Severity.INFO
