"""Zips of DICOM files: what is sent to XNAT, and what is fetched back to be looked at.

Laws: entries carry names made from UIDs, so that neither hostile nor telling file names reach XNAT; files are stored,
not compressed, and streamed, so that memory does not grow with the study; temporary files vanish with the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

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


@contextlib.contextmanager
def opened(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Read a fetched zip. Raises BundleBroken when it is none, or when an entry turns out to be damaged."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as bundle:
            yield bundle
    except (zipfile.BadZipFile, EOFError) as error:
        raise BundleBroken("what XNAT sent is not a whole zip") from error
