"""Faults on demand: what a test or a rehearsing administrator asks to go wrong, and how the sandbox then misbehaves.

Laws: a fault is asked for and removed, it never happens by itself; it strikes in one place, between the reading of a
request and its answer; nothing here sleeps unless a delay was asked for; faults are forgotten when the sandbox stops;
/sandbox/... is never struck, so that every fault can be taken back.
"""

from xnat_gate.sandbox.faults.fault import MEANING, Fault, Kind
from xnat_gate.sandbox.faults.register import Active, Faults

__all__ = ["MEANING", "Active", "Fault", "Faults", "Kind"]
