"""Slices that make a volume (RT121-RT124, RT129)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
