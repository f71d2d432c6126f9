"""Bytes that must be on the disk, and the same, before anything relies on them.

Law: a file appears under its name only whole: written beside it, flushed, read again, then renamed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from xnat_gate.edge.keeping.refusals import KeepingFailed

BLOCK = 1 << 20


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The rest of a stream in blocks of at most 1 MiB."""
    while block := stream.read(BLOCK):
        yield block


def write_whole(target: Path, content: Iterable[bytes]) -> None:
    """Write a new file and verify it by SHA-256 as read again. Raises OSError, KeepingFailed; leaves no part behind."""
    beside = target.with_name(f".keeping-{secrets.token_hex(8)}")
    try:
        written = _write(beside, content)
        if _sha256(beside) != written:
            raise KeepingFailed(
                "a file reads differently from what was written: see after the disk; nothing was moved"
            )
        beside.rename(target)
    finally:
        beside.unlink(missing_ok=True)


def copy_whole(source: Path, target: Path) -> None:
    """As `write_whole`, keeping the file's times. Raises KeepingFailed when the source changes meanwhile."""
    before = source.stat()
    with source.open("rb") as stream:
        write_whole(target, blocks(stream))
    after = source.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        target.unlink()
        raise KeepingFailed("a file was written to while it was copied; nothing was moved")
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on disk; file systems that know no such request are passed over."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


def _write(target: Path, content: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    with target.open("xb") as file:
        for block in content:
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
