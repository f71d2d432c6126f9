"""One of the two image series that were registered was left out."""

from tests.core.asking import ELSEWHERE
from tests.core.others import registration
from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

ONE, OTHER = ct(), ct(series=ELSEWHERE, frame=f"{ELSEWHERE}.2", SeriesNumber="2")
GOOD = study(ONE, OTHER, registration(ONE, OTHER))
BAD = study(ONE, registration(ONE, OTHER))
FINDS = Effect.NOTE, Severity.WARNING
