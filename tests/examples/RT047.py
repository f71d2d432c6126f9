"""A closed contour of two points."""

from dataclasses import replace

from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
SET = rtstruct(SLICES)
FIRST, *OTHERS = SET.drawing.outlines
GOOD = study(SLICES, SET)
BAD = study(
    SLICES,
    replace(SET, drawing=replace(SET.drawing, outlines=(replace(FIRST, declared=2, values=6), *OTHERS))),
)
FINDS = Effect.NOTE, Severity.WARNING
