"""A structure set arrives in a study of its own, beside the study of its images."""

from tests.core.asking import ELSEWHERE
from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = (study(SLICES, rtstruct(SLICES)),)
BAD = (study(rtstruct(SLICES, StudyInstanceUID=ELSEWHERE), uid=ELSEWHERE), study(SLICES))
FINDS = Effect.NOTE, Severity.WARNING
