"""The images were exported again and got new instance UIDs; all else fits."""

from tests.core.studies import changed, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
COPY = tuple(changed(one, SOPInstanceUID=f"{one.sop_instance_uid}.2") for one in SLICES)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(COPY, rtstruct(SLICES))
FINDS = Effect.REJECT, Severity.ERROR
