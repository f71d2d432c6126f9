"""The drop folder: what lies in it, and who works on which of it.

Laws: polling only, because network drives send no events; an arrival changes hands by atomic rename alone, so
that importers may share a folder; nothing is ever overwritten, and no file is removed that was not claimed as it
is; a process that dies at any moment leaves its arrivals where the next one finds them.

Liveness is an flock, which on NFS must reach the server (no `nolock`, no `local_lock`) when importers on several
hosts share a folder.
"""

from xnat_gate.edge.drop_folder.claim import Claim
from xnat_gate.edge.drop_folder.folder import DropFolder
from xnat_gate.edge.drop_folder.landing import Landing
from xnat_gate.edge.drop_folder.refusals import (
    ClaimChanged,
    ClaimRefused,
    DropFolderError,
    DropFolderUnavailable,
    FilesLeft,
)
from xnat_gate.edge.drop_folder.seeing import DropLook, Entry, LeftAlone
from xnat_gate.edge.drop_folder.splitting import split

__all__ = [
    "Claim",
    "ClaimChanged",
    "ClaimRefused",
    "DropFolder",
    "DropFolderError",
    "DropFolderUnavailable",
    "DropLook",
    "Entry",
    "FilesLeft",
    "Landing",
    "LeftAlone",
    "split",
]
