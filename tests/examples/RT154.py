"""The images of the structure set lie in another session of the subject."""

from tests.core.asking import Archived
from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(3)
GOOD = study(SLICES, rtstruct(SLICES))
BAD = Archived(study(rtstruct(SLICES)), {one.sop_instance_uid: "4711_B" for one in SLICES})
FINDS = Effect.NOTE, Severity.INFO
