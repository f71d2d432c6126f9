"""The whole study was anonymised, but for the study that the structure set names."""

from tests.core.asking import ELSEWHERE
from tests.core.studies import all_changed, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(all_changed((*SLICES, rtstruct(SLICES)), StudyInstanceUID=ELSEWHERE), uid=ELSEWHERE)
FINDS = Effect.NOTE, Severity.WARNING
