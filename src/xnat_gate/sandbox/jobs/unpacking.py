"""Takes apart what an import brought: a zip, a tar or a gzipped tar, also one inside another.

Laws: an entry is written to a fresh temporary file and its name stays a label; it is never used as a path.
"""

from __future__ import annotations

import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

from xnat_gate.sandbox.exceptions import BadRequest
from xnat_gate.sandbox.world import World

ZIPS = (".zip",)
TARS = (".tar", ".tar.gz", ".tgz")
MAX_NESTING = 3


def entries(world: World, body: BinaryIO, name: str, depth: int = 0) -> Iterator[tuple[str, Path]]:
    """Every file in the archive as (entry name, temporary file). Raises BadRequest: XNAT judges by the name."""
    if name.lower().endswith(ZIPS):
        files = _zip_entries(world, body)
    elif name.lower().endswith(TARS):
        files = _tar_entries(world, body)
    else:
        raise BadRequest("Unsupported format")
    for inner, place in files:
        if depth < MAX_NESTING and inner.lower().endswith(ZIPS + TARS):
            with place.open("rb") as nested:
                yield from entries(world, nested, inner, depth + 1)
            place.unlink()
        else:
            yield inner, place


def _zip_entries(world: World, body: BinaryIO) -> Iterator[tuple[str, Path]]:
    try:
        with zipfile.ZipFile(body) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    with archive.open(info) as entry:
                        yield info.filename, _copy(world, entry)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise BadRequest(f"unable to read the uploaded archive: {error}") from error


def _tar_entries(world: World, body: BinaryIO) -> Iterator[tuple[str, Path]]:
    try:
        with tarfile.open(fileobj=body, mode="r:*") as archive:
            for info in archive:
                entry = archive.extractfile(info) if info.isfile() else None
                if entry is not None:
                    with entry:
                        yield info.name, _copy(world, entry)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise BadRequest(f"unable to read the uploaded archive: {error}") from error


def _copy(world: World, entry: IO[bytes]) -> Path:
    place = world.folders.temporary()
    with place.open("wb") as target:
        shutil.copyfileobj(entry, target)
    return place
