"""Doses and the plans they name (RT082-RT084, RT087, RT088)."""

from __future__ import annotations

from xnat_gate.core.checks.check import Check

ALL: tuple[Check, ...] = ()
