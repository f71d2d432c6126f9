"""A structure set of one point, the isocentre."""

from dataclasses import replace

from tests.core.studies import ct, outline, rtstruct, study
from xnat_gate.core.drawing import Drawing
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
SET = rtstruct(SLICES, roi="ISO")
GOOD = study(SLICES, SET)
BAD = study(SLICES, replace(SET, drawing=Drawing(SET.drawing.rois, (outline("1", (0, 0, 0), kind="POINT"),))))
FINDS = Effect.NOTE, Severity.INFO
