"""The reference image of a beam was not sent."""

from tests.core.studies import ROOT, RTIMAGE_CLASS, ct, pointing, refers, rtplan, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
PLAN = rtplan(STRUCTURES)
TO_IMAGE = ("BeamSequence", "ReferencedReferenceImageSequence")
GOOD = study(SLICES, STRUCTURES, pointing(PLAN, *refers(TO_IMAGE, SLICES[0])))
BAD = study(SLICES, STRUCTURES, pointing(PLAN, *refers(TO_IMAGE, f"{ROOT}.9", as_class=RTIMAGE_CLASS)))
FINDS = Effect.NOTE, Severity.INFO
