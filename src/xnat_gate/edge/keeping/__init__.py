"""Where files wait for a person, beside the drop folder: rejected/ and held/.

Laws: a file is removed from where it was only when it lies, whole and flushed to disk, where it is kept; either
all of one request is kept or the source is as it was; nothing is overwritten; no name leads out of the folder;
beside every kept file lies the reason.
"""

from xnat_gate.edge.keeping.refusals import DiskFull, KeepingFailed, UnsafeName
from xnat_gate.edge.keeping.shelves import Keeping

__all__ = ["DiskFull", "Keeping", "KeepingFailed", "UnsafeName"]
