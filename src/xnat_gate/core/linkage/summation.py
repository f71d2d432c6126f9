"""What a dose sums up (DoseSummationType, PS3.3 C.8.8.3).

Law: a dose that does not say what it sums up, or says it in a word that nobody knows, needs its plan like any other.
"""

from __future__ import annotations

from enum import StrEnum

from xnat_gate.core.study import Instance


class Summation(StrEnum):
    """The defined terms."""

    PLAN = "PLAN"
    """A whole plan."""
    MULTI_PLAN = "MULTI_PLAN"
    """Two or more plans."""
    PLAN_OVERVIEW = "PLAN_OVERVIEW"
    """What plans may have given, told without them."""
    FRACTION = "FRACTION"
    """One fraction group."""
    BEAM = "BEAM"
    """One or more beams."""
    BRACHY = "BRACHY"
    """One or more application setups."""
    FRACTION_SESSION = "FRACTION_SESSION"
    """One session of one fraction group."""
    BEAM_SESSION = "BEAM_SESSION"
    BRACHY_SESSION = "BRACHY_SESSION"
    CONTROL_POINT = "CONTROL_POINT"
    """Control points of one beam."""
    RECORD = "RECORD"
    """What treatment records say was given."""


_KNOWN = {one.value: one for one in Summation}


def summation_of(dose: Instance) -> Summation | None:
    """None where it does not say, or says what nobody knows."""
    return _KNOWN.get(dose.value("DoseSummationType"))
