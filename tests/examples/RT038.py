"""One structure set with contours on a CT and on a PET series."""

from tests.core.studies import PT_CLASS, ROOT, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
PET = ct(2, series=f"{ROOT}.7", SOPClassUID=PT_CLASS, Modality="PT", SeriesNumber="2")
GOOD = study(SLICES, PET, rtstruct(SLICES, 1), rtstruct(PET, 2))
BAD = study(SLICES, PET, rtstruct((*SLICES, *PET), 1))
FINDS = Effect.NOTE, Severity.WARNING
