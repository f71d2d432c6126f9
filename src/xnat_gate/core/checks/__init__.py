"""The built-in questions, in the order in which they are asked of every study."""

from __future__ import annotations

from xnat_gate.core.checks import chain, duplicates, headers, identity, images, numbering, structures
from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = (
    *headers.ALL,
    *identity.ALL,
    *duplicates.ALL,
    *numbering.ALL,
    *structures.ALL,
    *chain.ALL,
    *images.ALL,
)
