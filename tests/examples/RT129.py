"""The gantry was tilted when the planning images were taken: each slice is shifted against the one before."""

from tests.core.studies import changed, ct, rtstruct, study
from xnat_gate.core.finding import Effect, Severity

UPRIGHT = ct(5)
TILTED = tuple(
    changed(one, ImagePositionPatient=("-50", f"{-50 + nth}", f"{3 * nth}"))
    for nth, one in enumerate(UPRIGHT)
)
GOOD = study(UPRIGHT, rtstruct(UPRIGHT))
BAD = study(TILTED, rtstruct(TILTED))
FINDS = Effect.NOTE, Severity.WARNING
