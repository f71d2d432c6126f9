"""Plans by themselves, and what they name beside their structure set (RT062-RT068)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
