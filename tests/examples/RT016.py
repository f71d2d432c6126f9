"""Two slices that came before, under another patient ID."""

from tests.core.alike import JOHN, Compared, prints_of
from tests.core.studies import ROOT, ct, study
from xnat_gate.core.finding import Effect, Severity

SLICES = ct(2)
PRINTS = prints_of(SLICES)
OTHERS = ct(2, series=f"{ROOT}.8.3", StudyInstanceUID=f"{ROOT}.8")
GOOD = Compared(
    study(SLICES), PRINTS, tuple(prints_of(OTHERS, "other picture", "other content", JOHN).values())
)
BAD = Compared(study(SLICES), PRINTS, tuple(prints_of(OTHERS, "picture", "other content", JOHN).values()))
FINDS = Effect.NOTE, Severity.WARNING
