"""CT images that say they are MR images."""

from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

GOOD = study(ct(2))
BAD = study(ct(2, Modality="MR"))
FINDS = Effect.NOTE, Severity.WARNING
