"""Zips as people drop them: their content comes out whole, or nothing of it, and never more than the limits allow.

Laws: what the zip says of itself (names, sizes, counts) is believed only after it was checked, and what comes out is
counted as it comes; no name leads out of the folder, and a refusal repeats none; what has a bad name and is harmless
comes out under a safe one; every file of the zip is one file outside, those that share a name are numbered; zips inside
are files like others.
"""

from xnat_gate.edge.zips.limits import Limits
from xnat_gate.edge.zips.refusals import ZipRefused
from xnat_gate.edge.zips.unpacking import unpack

__all__ = ["Limits", "ZipRefused", "unpack"]
