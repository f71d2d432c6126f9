"""Numbers 7 and 007 are one number, and XNAT would rename both scans."""

from tests.core.studies import ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2, SeriesNumber="7")
GOOD = study(SLICES, rtstruct(SLICES, SeriesNumber="8"))
BAD = study(SLICES, rtstruct(SLICES, SeriesNumber="007"))
FINDS = Effect.NOTE, Severity.WARNING
