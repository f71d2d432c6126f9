"""A structure of the template was never drawn."""

from dataclasses import replace

from tests.core.studies import FRAME, ct, rtstruct, study
from xnat_gate.core.drawing import ROI
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
SET = rtstruct(SLICES)
GOOD = study(SLICES, SET)
BAD = study(
    SLICES, replace(SET, drawing=replace(SET.drawing, rois=(*SET.drawing.rois, ROI("2", "Heart", FRAME))))
)
FINDS = Effect.NOTE, Severity.INFO
