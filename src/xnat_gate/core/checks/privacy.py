"""Names that should not be there: burnt in, written in, half removed (RT140-RT143)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
