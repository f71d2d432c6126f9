"""Zips of DICOM files: what is sent to XNAT, and what is fetched back to be looked at.

Laws: entries carry names made from UIDs, so that neither hostile nor telling file names reach XNAT; files are stored,
not compressed, and streamed, so that memory does not grow with the study; temporary files vanish with the process; a
zip that passes by and does not come to its proper end is broken, whatever came before.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import struct
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from stream_unzip import UnzipError, stream_unzip

IN_MEMORY = 1 << 24
"""Bytes of a member up to which it passes through memory alone; a bigger one passes through a temporary file."""

_UID = re.compile(r"[0-9.]{1,64}")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class BundleBroken(Exception):
    """What was fetched is not a whole zip: nothing in it can be believed."""


def entry_name(sop_instance_uid: str) -> str:
    """The same for the same object whenever it is sent, so that a repeated delivery replaces and never doubles."""
    if _UID.fullmatch(sop_instance_uid):
        return f"{sop_instance_uid}.dcm"
    return hashlib.sha256(sop_instance_uid.encode()).hexdigest() + ".dcm"


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[IO[bytes]]:
    """A temporary file without a name in `folder`, which is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        yield file


def pack(files: Iterable[tuple[str, Path]], target: IO[bytes]) -> None:
    """Write the files, each under its entry name, and rewind. Raises OSError when one of them cannot be read."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as bundle:
        for name, path in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, bundle.open(entry, "w") as sink:
                while chunk := source.read(1 << 20):
                    sink.write(chunk)
    target.seek(0)


# --- a zip that passes by ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file of a zip: `content` stands at its start and may be read until the next member is asked for. Digests in
    hex, of the whole content, which has agreed with the zip's own checksum."""

    name: str
    size: int
    md5: str
    sha256: str
    content: BinaryIO


def passing(pieces: Iterable[bytes], folder: Path) -> Iterator[Member]:
    """The files of a zip in its order, one at a time, while it is downloaded; `folder` is for those that are too big
    for memory, and is made when it is not there. Raises BundleBroken where the zip is damaged, and at the end when it
    was cut short; lets through what `pieces` raises."""
    folder.mkdir(parents=True, exist_ok=True)
    ending = _Ending()
    try:
        for name, _, chunks in stream_unzip(ending.watched(pieces)):
            ending.members += 1
            with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(folder)) as file:
                member = _poured(name.decode("utf-8", "backslashreplace"), chunks, cast(BinaryIO, file))
                if not member.name.endswith("/"):
                    yield member
    except (UnzipError, struct.error) as error:
        raise BundleBroken("what XNAT sent is not a whole zip") from error
    if not ending.is_proper():
        raise BundleBroken("what XNAT sent is a zip without its end")


def _poured(name: str, chunks: Iterable[bytes], file: BinaryIO) -> Member:
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    for chunk in chunks:
        md5.update(chunk)
        sha256.update(chunk)
        size += len(chunk)
        file.write(chunk)
    file.seek(0)
    return Member(name=name, size=size, md5=md5.hexdigest(), sha256=sha256.hexdigest(), content=file)


class _Ending:
    """The last bytes of a zip, which tell that it is complete and how many members it has; whoever reads from the front
    does not look at them."""

    RECORD = struct.Struct("<4s4H2LH")
    LONGEST = RECORD.size + 0xFFFF
    ELSEWHERE = 0xFFFFFFFF
    """Stands for a number that is too big for this record; it is in a second one before it, as are the others."""
    SECOND = 56 + 20
    """Bytes of that second record and its locator (4.3.14, 4.3.15)."""

    def __init__(self) -> None:
        self.members = 0
        self._last = b""
        self._size = 0

    def watched(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._last = (self._last + piece)[-self.LONGEST :]
            self._size += len(piece)
            yield piece

    def is_proper(self) -> bool:
        """Whether the bytes end with the record of PKWARE's APPNOTE 4.3.16, it counts the members that came, and
        nothing stands between them and their directory, such as another zip."""
        at = self._last.rfind(b"PK\5\6")
        if at < 0 or len(self._last) - at < self.RECORD.size:
            return False
        _, _, _, _, total, length, offset, comment = self.RECORD.unpack_from(self._last, at)
        ends = at + self.RECORD.size + comment == len(self._last)
        directory = self._size - len(self._last) + at - length
        follows = self.ELSEWHERE in (length, offset) or directory - offset in (0, self.SECOND)
        return ends and follows and total in (self.members & 0xFFFF, 0xFFFF)
