"""What a structure set lists and says of its lists (RT032, RT038-RT041, RT048, RT049)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
