"""Builders of numbers: the beams and fraction groups of plans, and the doses that name them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.core.studies import rtdose, rtplan
from xnat_gate.core.pointers import Number
from xnat_gate.core.study import Instance

GROUPS = "FractionGroupSequence"
IN_GROUP = (GROUPS, "ReferencedBeamSequence")
OF_GROUP = ("ReferencedRTPlanSequence", "ReferencedFractionGroupSequence")
OF_BEAM = (*OF_GROUP, "ReferencedBeamSequence")
OF_SETUP = (*OF_GROUP, "ReferencedBrachyApplicationSetupSequence")


def numbered(original: Instance, *numbers: Number) -> Instance:
    """The same object with these numbers and no others."""
    return replace(original, pointers=replace(original.pointers, numbers=numbers))


def plan_of(
    structures: Instance | None,
    *beams: str,
    number: int = 1,
    sequence: str = "BeamSequence",
    given: tuple[str, ...] | None = None,
    more: tuple[Number, ...] = (),
    **header: Any,
) -> Instance:
    """A plan of these beams in one fraction group, which names those `given`."""
    return numbered(
        rtplan(structures, number, **header),
        *(Number("BeamNumber", one, (sequence,)) for one in beams),
        Number("FractionGroupNumber", "1", (GROUPS,)),
        *(Number("ReferencedBeamNumber", one, IN_GROUP) for one in (beams if given is None else given)),
        *more,
    )


def dose_of(plan: Instance, *beams: str, number: int = 1, group: str = "1", **header: Any) -> Instance:
    """A dose that names these beams in one fraction group of this plan."""
    uid = plan.sop_instance_uid
    return numbered(
        rtdose(plan, number, **header),
        Number("ReferencedFractionGroupNumber", group, OF_GROUP, uid),
        *(Number("ReferencedBeamNumber", one, OF_BEAM, uid) for one in beams),
    )
