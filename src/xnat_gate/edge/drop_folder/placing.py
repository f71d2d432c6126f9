"""A folder held by its descriptor, so that it stays in hand wherever it is renamed to; files are linked into it.

Laws: nothing is overwritten; no link is followed; raises OSError, and FileNotFoundError alone when somebody took
away what was asked for.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

NO_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""How file systems without hard links answer (SMB, exFAT)."""
NO_FILE = frozenset({errno.ELOOP, errno.ENXIO})
BLOCK = 1 << 20

_renaming = threading.Lock()


class Place:
    """A folder that is there. `Place.at(path)` raises NotADirectoryError for a file or a link of that name."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self.descriptor = descriptor
        self._path = path

    @classmethod
    @contextmanager
    def at(cls, path: Path) -> Iterator[Self]:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield cls(descriptor, path)
        finally:
            os.close(descriptor)

    def holds(self, file: os.stat_result, name: str) -> bool:
        """Whether the folder lies where it was opened, and this very file in it under this name."""
        try:
            there = os.path.samestat(os.fstat(self.descriptor), self._path.lstat())
        except FileNotFoundError:
            return False
        return there and self._has(file, name)

    def flush(self) -> None:
        """What lies in it has its name after a power cut, too."""
        os.fsync(self.descriptor)

    def link(self, file: Path, name: str) -> bool:
        """The file under this name in the folder that now lies there; False when something of that name does.

        By path and not by descriptor: into a folder that was renamed nothing is linked, unless it is renamed while
        the kernel is about it.
        """
        try:
            os.link(file, self._path / name, follow_symlinks=False)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            return self._move(file, name)
        return True

    def take_back(self, file: os.stat_result, name: str, to: Path) -> None:
        """Undo `link`, wherever the folder is now. Another file of that name stays."""
        if not self._has(file, name):
            return
        if to.exists():
            os.unlink(name, dir_fd=self.descriptor)
        else:
            os.rename(name, to, src_dir_fd=self.descriptor)

    def same_bytes(self, file: Path, name: str) -> bool:
        """Whether this name is that of a file with the same content."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, dir_fd=self.descriptor)
        except OSError as error:
            if error.errno in NO_FILE:
                return False
            raise
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return False
        with os.fdopen(descriptor, "rb") as theirs, file.open("rb") as ours:
            if os.fstat(descriptor).st_size != os.fstat(ours.fileno()).st_size:
                return False
            return all(theirs.read(len(block)) == block for block in iter(lambda: ours.read(BLOCK), b""))

    def _has(self, file: os.stat_result, name: str) -> bool:
        try:
            found = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(file, found)

    def _move(self, file: Path, name: str) -> bool:
        """For file systems without links; there one receiver alone may use a drop folder."""
        target = self._path / name
        with _renaming:
            if os.path.lexists(target):
                return False
            file.rename(target)
            return True
