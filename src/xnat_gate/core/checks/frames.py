"""Coordinate systems of structure sets agree with their images (RT036, RT037)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
