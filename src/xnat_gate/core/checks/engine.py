"""What the checking itself comes upon: circles, other patients, limits, other sessions (RT150-RT154)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
