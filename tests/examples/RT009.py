"""A registration under a class that only its maker knows."""

from tests.core.asking import ELSEWHERE
from tests.core.studies import ct, instance, study
from xnat_gate.core.finding import Effect, Severity

REG_CLASS, PRIVATE_CLASS = "1.2.840.10008.5.1.4.1.1.66.1", "1.3.12.2.1107.5.9.99"
SLICES = ct(1)
GOOD, BAD = (
    study(SLICES, instance("reg.dcm", sop_class, "REG", f"{ELSEWHERE}.1", ELSEWHERE, SeriesNumber="9"))
    for sop_class in (REG_CLASS, PRIVATE_CLASS)
)
FINDS = Effect.NOTE, Severity.WARNING
