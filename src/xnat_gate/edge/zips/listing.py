"""What a zip says that it holds, and whether any of that is a reason to refuse it before a byte comes out.

Laws: the list is read in bounded memory; each member lies in a place of its own, so that nothing is unpacked twice,
and the first one at the very start, so that no zip before another is passed over; a member is a file or a folder.

Only the methods stored and deflated are taken: with the others a few bytes can ask for any amount of memory.
"""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from struct import Struct

from xnat_gate.edge.zips.limits import Meter, too_many
from xnat_gate.edge.zips.refusals import DAMAGED, ZipRefused

ENTRY = b"PK\x01\x02"
LOCAL = Struct("<4s22xHH")
"""The local header of a member: signature, length of name, length of extra field (PKWARE's APPNOTE 4.3.7)."""
ENTRY_BYTES = 1024
"""What one line of the list takes at most, on the average."""
SPANNED = 4
"""Bytes of the mark that may stand before the first member (8.5.4)."""
ENCRYPTED = 0x1 | 0x40 | 0x2000
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
MOST_DEFLATED = 1032
"""How many bytes one deflated byte can become."""
NOTHING_DEFLATED = 2
UNTRUSTED = "do not trust it, and ask who made it; the files themselves can be imported as a folder"


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the zip; `path`: its name with '/' alone, which leads nowhere but down, harmless or not."""

    info: zipfile.ZipInfo
    path: str


class Source(io.BufferedReader):
    """The bytes of a zip, guarded while its list is read: no list is read that names more members than may be."""

    def __init__(self, path: Path, count: int) -> None:
        super().__init__(io.FileIO(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)))
        self._count = count
        self._guarded = True

    def read(self, size: int | None = -1) -> bytes:
        """The list is what zipfile asks for by its length; its other reads are small."""
        if not self._guarded or size is None or size < 0:
            return super().read(size)
        most = self._count * ENTRY_BYTES
        found = super().read(min(size, most))
        if size > most or found.count(ENTRY) > self._count:
            raise too_many("files", self._count)
        return found

    def listed(self) -> zipfile.ZipFile:
        """Raises what zipfile raises, and ZipRefused."""
        found = zipfile.ZipFile(self)
        self._guarded = False
        return found


def members(bundle: zipfile.ZipFile, source: Source, meter: Meter) -> list[Member]:
    """The files, in the order of the list. Raises ZipRefused; OSError with ENOSPC where they would not fit."""
    found = bundle.infolist()
    for info in found:
        _refuse_kind(info)
    kept = [Member(info, path) for info in found if (path := _path(info))]
    _refuse_overlap(found, source, bundle.start_dir)
    promised = sum(min(info.file_size, MOST_DEFLATED * info.compress_size) for info in found)
    meter.bear(promised)
    meter.need_room(promised)
    return kept


def _refuse_kind(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & ENCRYPTED:
        raise ZipRefused("The zip is locked with a password: make it again without one.")
    if info.compress_type not in METHODS:
        raise ZipRefused(
            "The zip is compressed in a way that is not unpacked here: make it again with the usual method (Deflate)."
        )
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ZipRefused(f"The zip holds a link or a device, which is no file: {UNTRUSTED}.")


def _path(info: zipfile.ZipInfo) -> str:
    """Where the member is to lie; the empty string for a folder. Some programs of Windows part names by backslashes."""
    name = info.orig_filename
    parts = name.replace("\\", "/").split("/")
    if "\0" in name or ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", name):
        raise ZipRefused(f"The zip holds a name that leads out of its folder: {UNTRUSTED}.")
    if parts[-1] and not stat.S_ISDIR(info.external_attr >> 16):
        return "/".join(parts)
    if info.file_size or info.compress_size > NOTHING_DEFLATED:
        raise ZipRefused(DAMAGED)
    return ""


def _refuse_overlap(found: Sequence[zipfile.ZipInfo], source: Source, end: int) -> None:
    """Refuse members that do not follow each other, each with its header, with the list after them."""
    reach = sorted(_reaches(found, source, end))
    first = reach[0][0] if reach else end
    if any(last > begin for (_, last), (begin, _) in pairwise(reach)):
        raise ZipRefused(f"The zip unpacks the same bytes several times, as no honest one does: {UNTRUSTED}.")
    if any(last > end for _, last in reach):
        raise ZipRefused(DAMAGED)
    if first > SPANNED:
        raise ZipRefused("The zip holds more than its list of contents names: make it again.")


def _reaches(found: Iterable[zipfile.ZipInfo], source: Source, end: int) -> Iterator[tuple[int, int]]:
    for info in found:
        if not 0 <= info.header_offset < end:
            raise ZipRefused(DAMAGED)
        source.seek(info.header_offset)
        head = source.read(LOCAL.size)
        if len(head) < LOCAL.size or not head.startswith(b"PK\x03\x04"):
            raise ZipRefused(DAMAGED)
        _, name, extra = LOCAL.unpack(head)
        yield info.header_offset, info.header_offset + LOCAL.size + name + extra + info.compress_size
