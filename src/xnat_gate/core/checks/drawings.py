"""What is drawn is consistent (RT042-RT044, RT047)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
