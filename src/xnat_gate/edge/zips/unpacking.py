"""Unpacking: beside the place where the content is to lie, and there only when all of it is on the disk."""

from __future__ import annotations

import errno
import os
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

from xnat_gate.core.naming import half_made, harmless_path, numbered
from xnat_gate.edge.zips.limits import USUAL, Limits, Meter, too_many
from xnat_gate.edge.zips.listing import Member, Source, members
from xnat_gate.edge.zips.refusals import DAMAGED, ZipRefused, told_plainly

BLOCK = 1 << 20
MORE_THAN_ANY = 1 << 62


def unpack(zip_file: Path, into: Path, limits: Limits = USUAL) -> int:
    """How many files came out; `into` is there only when all of them are, flushed, and otherwise nothing is.

    A half-made one that a crash left beside it, under `core.naming.half_made`, is removed first. Raises ZipRefused;
    FileExistsError when `into` is there; OSError from the disk, with ENOSPC when that is (almost) full.
    """
    if os.path.lexists(into):
        raise FileExistsError(errno.EEXIST, "what was unpacked must not be unpacked again")
    beside = into.with_name(half_made(into.name))
    if os.path.lexists(beside):
        shutil.rmtree(beside)
    try:
        with told_plainly(), Source(zip_file, limits.count) as source, source.listed() as bundle:
            beside.mkdir()
            meter = Meter(limits, zip_file.stat().st_size, beside)
            found = members(bundle, source, meter)
            places = _Places(beside, limits.count)
            files = [_come_out(bundle, member, places.place(member.path), meter) for member in found]
        _flush([*files, *places.folders, beside])
        beside.rename(into)
        _flush([into.parent])
        return len(files)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _come_out(bundle: zipfile.ZipFile, member: Member, target: Path, meter: Meter) -> Path:
    """Write one file, read until its bytes end: the list says how many they must be, and never how many are read."""
    info, promised, came = member.info, member.info.file_size, 0
    info.file_size = MORE_THAN_ANY
    with bundle.open(info) as content, target.open("xb") as file:
        while block := content.read(BLOCK):
            came += len(block)
            if came > promised:
                break
            meter.take(len(block))
            file.write(block)
    if came != promised:
        raise ZipRefused(DAMAGED)
    return target


def _flush(paths: Iterable[Path]) -> None:
    """Files after each other once all are written, so that the disk has had the time; folders after their files."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOTSUP} or not path.is_dir():
                raise
        finally:
            os.close(descriptor)


class _Places:
    """Free paths below a folder, made harmless."""

    def __init__(self, root: Path, count: int) -> None:
        self._root = root
        self._count = count
        self._made: dict[tuple[str, ...], Path] = {(): root}
        self._next: dict[Path, int] = {}

    @property
    def folders(self) -> list[Path]:
        """Those that were made, each before the one that it lies in."""
        return [path for path in reversed(self._made.values()) if path != self._root]

    def place(self, path: str) -> Path:
        *folders, name = harmless_path(path)
        return self._free(self._folder(tuple(folders)), name)

    def _folder(self, parts: tuple[str, ...]) -> Path:
        """The folder for these parts, which are few, made where it is not there yet."""
        for depth in range(1, len(parts) + 1):
            here = parts[:depth]
            if here not in self._made:
                if len(self._made) > self._count:
                    raise too_many("folders", self._count)
                folder = self._free(self._made[here[:-1]], here[-1])
                folder.mkdir()
                self._made[here] = folder
        return self._made[parts]

    def _free(self, folder: Path, name: str) -> Path:
        """Counting on from where the last search ended, so that a million files of one name are no trouble."""
        wanted = folder / name
        number = self._next.get(wanted, 1)
        while os.path.lexists(folder / numbered(name, number)):
            number += 1
        self._next[wanted] = number + 1
        return folder / numbered(name, number)
