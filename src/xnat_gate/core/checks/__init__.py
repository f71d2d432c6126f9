"""The built-in questions, in the order in which they are asked of every study."""

from __future__ import annotations

from xnat_gate.core.checks import (
    chain,
    conformity,
    dose_grids,
    doses,
    drawings,
    duplicates,
    engine,
    frames,
    headers,
    identity,
    images,
    lists,
    numbering,
    persons,
    planes,
    plans,
    privacy,
    records,
    registrations,
    second_generation,
    segmentations,
    stacks,
    structures,
    viewing,
    volumes,
)
from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = (
    *headers.ALL,
    *identity.ALL,
    *persons.ALL,
    *conformity.ALL,
    *duplicates.ALL,
    *numbering.ALL,
    *structures.ALL,
    *lists.ALL,
    *frames.ALL,
    *drawings.ALL,
    *planes.ALL,
    *chain.ALL,
    *plans.ALL,
    *doses.ALL,
    *dose_grids.ALL,
    *records.ALL,
    *registrations.ALL,
    *segmentations.ALL,
    *second_generation.ALL,
    *viewing.ALL,
    *images.ALL,
    *stacks.ALL,
    *volumes.ALL,
    *privacy.ALL,
    *engine.ALL,
)

OF_LINKS: tuple[Check, ...] = (
    *structures.OF_LINKS,
    *chain.ALL,
    *plans.OF_LINKS,
    *records.OF_LINKS,
    *registrations.OF_LINKS,
    *segmentations.OF_LINKS,
    *second_generation.OF_LINKS,
)
"""Those whose answer follows from the links and from the protocol alone."""

_OF_EACH_OBJECT = (headers, identity, persons, conformity, duplicates, numbering, privacy)
CHANGING = frozenset(one.id for one in ALL) - {one.id for room in _OF_EACH_OBJECT for one in room.ALL}
"""The ids of those whose answer may change with what comes later."""
