"""One patient tells the same of himself everywhere (RT005, RT006)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
