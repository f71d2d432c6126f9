"""The numbered parts of a plan, and who names them: beams, application setups, fraction groups (PS3.3 C.8.8.12-15,
C.8.8.25).

Laws: a part is what stands in its own sequence of the plan, whatever else has a number; an empty number names nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum

from xnat_gate.core.linkage.edges import PLANS
from xnat_gate.core.pointers import Path
from xnat_gate.core.study import Instance


class Part(StrEnum):
    """What it is, in a word for people."""

    FRACTION_GROUP = "fraction group"
    BEAM = "beam"
    APPLICATION_SETUP = "application setup"
    PATIENT_SETUP = "patient setup"


_HAVING: Mapping[tuple[str, Path], Part] = {
    ("BeamNumber", ("BeamSequence",)): Part.BEAM,
    ("BeamNumber", ("IonBeamSequence",)): Part.BEAM,
    ("ApplicationSetupNumber", ("ApplicationSetupSequence",)): Part.APPLICATION_SETUP,
    ("FractionGroupNumber", ("FractionGroupSequence",)): Part.FRACTION_GROUP,
    ("PatientSetupNumber", ("PatientSetupSequence",)): Part.PATIENT_SETUP,
}
_NAMING = {
    "ReferencedBeamNumber": Part.BEAM,
    "ReferencedBrachyApplicationSetupNumber": Part.APPLICATION_SETUP,
    "ReferencedFractionGroupNumber": Part.FRACTION_GROUP,
}
_FRACTIONS = "FractionGroupSequence"

Named = tuple[Part, str]
"""A part, by its number."""


def parts_of(plan: Instance) -> Counter[Named]:
    """How often the plan has a part of this number."""
    found: Counter[Named] = Counter()
    for number in plan.pointers.numbers:
        part = _HAVING.get((number.keyword, number.path))
        if part is not None and number.value:
            found[part, number.value] += number.times
    return found


def named_by_fractions(plan: Instance) -> frozenset[Named]:
    """The parts of which the plan's own fraction groups consist."""
    return frozenset(
        (part, number.value)
        for number in plan.pointers.numbers
        if (part := _NAMING.get(number.keyword)) is not None
        and number.path[:1] == (_FRACTIONS,)
        and number.value
    )


def named_by_dose(dose: Instance) -> Iterator[tuple[str, Named]]:
    """The parts for which the dose was calculated, each with the UID of the plan that it is a part of."""
    for number in dose.pointers.numbers:
        part = _NAMING.get(number.keyword)
        if part is not None and number.path[:1] == PLANS and number.value:
            yield number.under, (part, number.value)


def named_by_treatment(instance: Instance) -> frozenset[Named]:
    """The parts of its plan of which an RT image or a treatment record speaks, in its sessions or by itself."""
    in_sessions = {
        (part, number.value)
        for number in instance.pointers.numbers
        if (part := _NAMING.get(number.keyword)) is not None and number.value and not number.under
    }
    by_itself = {
        (part, value.lstrip("0") or "0")
        for keyword, part in _NAMING.items()
        if (value := instance.value(keyword).strip())
    }
    return frozenset(in_sessions | by_itself)
