"""A structure set that names a series and none of its images; the series was not sent."""

from tests.core.studies import blind, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

SLICES, OTHER = ct(3), ct(3, series="1.2.826.0.1.3680043.10.1436.77")
GOOD = study(SLICES, rtstruct(SLICES))
BAD = study(SLICES, blind(rtstruct(()), series_uids=(OTHER[0].series_uid,)))
FINDS = Effect.REJECT, Severity.ERROR
