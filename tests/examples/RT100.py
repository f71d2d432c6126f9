"""The plan that the RT image names was left out."""

from tests.core.others import rtimage
from tests.core.studies import chain, ct, study
from xnat_gate.core.finding import Effect, Severity

*_, PLAN, _ = chain()
GOOD = study(chain(), rtimage(PLAN))
BAD = study(ct(), rtimage(PLAN))
FINDS = Effect.NOTE, Severity.WARNING
