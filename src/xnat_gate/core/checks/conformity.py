"""Objects that are what they say they are (RT008-RT010, RT023)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
