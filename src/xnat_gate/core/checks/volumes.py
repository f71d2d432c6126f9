"""Series that are whole, in one coordinate system (RT125-RT128)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
