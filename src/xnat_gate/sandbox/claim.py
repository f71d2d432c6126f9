"""Makes sure that one sandbox alone works on a state folder.

Laws: the claim ends with the process, however that ends; the lock file itself stays and means nothing.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class StateInUse(OSError):
    """Another sandbox, in this process or another one, works on the state folder."""


class Claim:
    """Held until `release`. Raises StateInUse."""

    def __init__(self, state: Path) -> None:
        self._handle = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            message = f"another sandbox is at work in {state}: stop it first, or name another --state folder"
            raise StateInUse(message) from error

    def release(self) -> None:
        """Give the folder free, even when a forked child still has the file open."""
        fcntl.flock(self._handle, fcntl.LOCK_UN)
        os.close(self._handle)
