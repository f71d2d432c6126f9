"""The structure set by which the images were registered was left out."""

from tests.core.asking import ELSEWHERE
from tests.core.others import registration
from tests.core.studies import ct, pointing, refers, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

ONE, OTHER = ct(), ct(series=ELSEWHERE, frame=f"{ELSEWHERE}.2", SeriesNumber="2")
STRUCTURES = rtstruct(ONE)
USED = refers(("RegistrationSequence", "UsedRTStructureSetROISequence"), STRUCTURES)
REGISTRATION = pointing(registration(ONE, OTHER), *USED)
GOOD = study(ONE, OTHER, STRUCTURES, REGISTRATION)
BAD = study(ONE, OTHER, REGISTRATION)
FINDS = Effect.NOTE, Severity.INFO
