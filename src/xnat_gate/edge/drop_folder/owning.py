"""Which importer is alive: each owns a folder beside the drop folder, whose lock it holds until it ends.

Law: the kernel frees the lock with the process, however it ends; so a free lock means a dead importer, and no
clock or process number has to be believed.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Importer:
    """The folder of this importer, and the descriptor that holds its lock."""

    folder: Path
    descriptor: int

    def stop(self) -> None:
        """Let go; what still lies in the folder is for the next importer to recover."""
        try:
            _remove_if_empty(self.folder)
        finally:
            os.close(self.descriptor)


def start(home: Path) -> Importer:
    """Make and lock a folder of one's own in `home`. Raises OSError, also when the file system has no locks."""
    home.mkdir(exist_ok=True)
    host = re.sub(r"[^A-Za-z0-9]+", "-", os.uname().nodename)[:40]
    for _ in range(ATTEMPTS):
        folder = home / f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
        folder.mkdir()
        descriptor = _lock(folder)
        if descriptor is not None:
            return Importer(folder, descriptor)
    raise OSError(None, "new importers are taken for dead ones again and again")


def others(home: Path, own: Path) -> tuple[Path, ...]:
    """The folders of all other importers, alive or dead."""
    with os.scandir(home) as children:
        folders = [Path(child.path) for child in children if child.is_dir(follow_symlinks=False)]
    return tuple(sorted(folder for folder in folders if folder != own))


@contextmanager
def if_dead(folder: Path) -> Iterator[bool]:
    """Whether the owner of the folder is dead; if so the folder is ours until the end of the block, then tidied."""
    try:
        descriptor = _lock(folder)
    except PermissionError:
        descriptor = None
    if descriptor is None:
        yield False
        return
    try:
        yield True
        _remove_if_empty(folder)
    finally:
        os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the lock of the folder; None when another one holds it or has just cleared it away."""
    path = folder / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        if all(path.name == "lock" for path in folder.iterdir()):
            (folder / "lock").unlink(missing_ok=True)
            folder.rmdir()
