"""All contours lie 0.6 of the distance of two slices beside the images that they name."""

from dataclasses import replace

from tests.core.geometries import shifted
from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(5)
DRAWN = rtstruct(SLICES)
GOOD = study(SLICES, DRAWN)
BAD = study(SLICES, replace(DRAWN, drawing=shifted(DRAWN.drawing, (0, 0, 1.8))))
FINDS = Effect.HOLD, Severity.ERROR
