"""A dynamic PET series of two slices at two times lacks one image."""

from tests.core.studies import PT_CLASS, all_changed, ct, study
from xnat_gate.core.finding import Effect, Severity

DYNAMIC = {"SeriesType": ("DYNAMIC", "IMAGE"), "NumberOfSlices": "2", "NumberOfTimeSlices": "2"}
IMAGES = all_changed(ct(4), SOPClassUID=PT_CLASS, Modality="PT", **DYNAMIC)
GOOD = study(IMAGES)
BAD = study(IMAGES[:3])
FINDS = Effect.NOTE, Severity.WARNING
