"""The contours reach 20 mm beyond the edge of the images."""

from dataclasses import replace

from tests.core.geometries import shifted
from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(5)
DRAWN = rtstruct(SLICES)
GOOD = study(SLICES, DRAWN)
BAD = study(SLICES, replace(DRAWN, drawing=shifted(DRAWN.drawing, (60, 0, 0))))
FINDS = Effect.NOTE, Severity.WARNING
