"""An anonymiser emptied the list of images; what the contours name is left."""

from tests.core.studies import LISTED, ct, pointing, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES, listed=False))
BAD = study(SLICES, pointing(rtstruct(SLICES, listed=False), blanks=(LISTED,)))
FINDS = Effect.NOTE, Severity.WARNING
