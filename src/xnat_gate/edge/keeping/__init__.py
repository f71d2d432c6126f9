"""Where files wait for a person, beside the drop folder: rejected/, held/ and failed/.

Laws: a file is removed from where it was only when it lies, whole and flushed to disk, where it is kept or given back
to; either all of one request is kept or the source is as it was; nothing is overwritten; no name leads out of the
folder; beside every kept file lies the reason.
"""

from xnat_gate.edge.keeping.kept import Kept
from xnat_gate.edge.keeping.refusals import (
    DiskFull,
    HalfWay,
    InOtherHands,
    KeepingFailed,
    NothingKept,
    UnsafeName,
)
from xnat_gate.edge.keeping.shelves import Keeping

__all__ = [
    "DiskFull",
    "HalfWay",
    "InOtherHands",
    "Keeping",
    "KeepingFailed",
    "Kept",
    "NothingKept",
    "UnsafeName",
]
