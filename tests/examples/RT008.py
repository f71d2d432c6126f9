"""A slice whose file header names another object."""

from tests.core.asking import ELSEWHERE
from tests.core.studies import CT_CLASS, IMAGES, ct, study
from xnat_gate.core.finding import Effect, Severity

GOOD = study(ct(1, MediaStorageSOPClassUID=CT_CLASS, MediaStorageSOPInstanceUID=f"{IMAGES}.1"))
BAD = study(ct(1, MediaStorageSOPClassUID=CT_CLASS, MediaStorageSOPInstanceUID=f"{ELSEWHERE}.1"))
FINDS = Effect.NOTE, Severity.WARNING
