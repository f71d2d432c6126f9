"""Whether somebody holds a file locked: then it is not finished, however long nothing about it has changed.

Locks of both kinds are asked (flock and fcntl); a client of a Windows share meets those of its other users in the same
way. A file system without locks has none.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

BUSY = frozenset({errno.EBUSY, errno.ETXTBSY})
"""How a file system answers that opens no file that another has open."""
FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def any_locked(files: Iterable[Path]) -> bool:
    """Files that cannot be opened at all are not this question's; whoever reads them will tell."""
    return any(map(_locked, files))


def _locked(file: Path) -> bool:
    try:
        descriptor = os.open(file, FLAGS)
    except OSError as error:
        return error.errno in BUSY
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        return error.errno == errno.EACCES  # POSIX lets lockf answer so, too
    finally:
        os.close(descriptor)
    return False
