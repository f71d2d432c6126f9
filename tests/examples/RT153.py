"""A file is larger than anything that is read."""

from dataclasses import replace

from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.study import Unreadable

GOOD = study(ct(2))
BAD = replace(GOOD, damaged=(Unreadable("large.dcm", "The file holds too much.", GOOD.uid, limit=True),))
FINDS = Effect.HOLD, Severity.WARNING
