"""Segmentations and their images (RT105, RT106)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()

OF_LINKS: tuple[Check, ...] = ()
"""Those that ask nothing but the links and the protocol."""
