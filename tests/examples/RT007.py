"""Two studies of one patient arrive together; both would become session 4711."""

from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

OTHER = "1.2.826.0.1.3680043.10.1436.77"
GOOD = (
    study(ct(2)),
    study(ct(2, series=f"{OTHER}.1", StudyInstanceUID=OTHER, PatientID="4712"), uid=OTHER),
)
BAD = (
    study(ct(2)),
    study(ct(2, series=f"{OTHER}.1", StudyInstanceUID=OTHER), uid=OTHER),
)
FINDS = Effect.HOLD, Severity.ERROR
