"""One process alone at a kept folder, and how such a folder goes away.

Laws: whoever fills, gives back or removes a kept folder holds its lock, which the kernel frees with the process;
a folder goes by one rename to a hidden name, so that it is there whole or gone; what a kill leaves under such a name
is removed by the next one who clears.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xnat_gate.edge.keeping.bytes_on_disk import flush_folder
from xnat_gate.edge.keeping.refusals import InOtherHands

_GOING = re.compile(r"\.removing-[0-9a-f]{16}")


@contextmanager
def alone_with(folder: Path) -> Iterator[None]:
    """Hold the folder until the end of the block. Raises InOtherHands, and OSError when it is not there, is a link, or
    lies where there are no locks."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InOtherHands(
                f"another process is at work on {folder.name}: try again in a moment; nothing was moved"
            ) from error
        if not os.path.samestat(os.fstat(descriptor), folder.lstat()):
            raise InOtherHands(f"{folder.name} has just been taken away; nothing was moved")
        yield
    finally:
        os.close(descriptor)


def in_other_hands(folder: Path) -> bool:
    """Whether somebody is at work on it in this moment."""
    try:
        with suppress(OSError), alone_with(folder):
            pass
    except InOtherHands:
        return True
    return False


def discard(folder: Path) -> None:
    """Remove a folder that is ours alone, with all in it. Raises OSError."""
    hidden = folder.rename(folder.with_name(f".removing-{secrets.token_hex(8)}"))
    flush_folder(folder.parent)
    _remove(hidden)


def finish_removals(root: Path) -> None:
    """Remove what a process that was killed had begun to. Raises OSError."""
    for path in root.iterdir():
        if _GOING.fullmatch(path.name):
            _remove(path)


def _remove(hidden: Path) -> None:
    """rmtree opens folder by folder and follows no link; another process may be about the same one."""
    with suppress(FileNotFoundError):
        shutil.rmtree(hidden)
