"""What XNAT holds of a session: read out of one download that leaves nothing on the disk, and asked for again where
objects have to be kept.

Laws: nothing is sampled: every file that XNAT gives out passes by, and none that it lists may be missing; what is
fetched a second time must be what was judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from xnat_gate.core.archive import Busy, Entry, PrearchiveRow
from xnat_gate.core.manifest import Manifest, Print, basename
from xnat_gate.core.study import Instance, Reading
from xnat_gate.edge import bundles, dicom_files
from xnat_gate.edge.bundles import Member
from xnat_gate.roads.gate import Gate

CATALOGUE = "_catalog.xml"
"""How XNAT's own lists of files end; they lie among the files."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What was read of a session, and the size and digests of every file by its name in XNAT's zip; `listed`: XNAT's
    own list of the scan files, where it was asked for and could be had."""

    reading: Reading
    prints: Mapping[str, Print]
    listed: tuple[Entry, ...] | None = None

    @property
    def strangers(self) -> tuple[str, ...]:
        """Files among the scans that are neither DICOM nor one of XNAT's own lists."""
        files = {entry.name for entry in self.listed or ()}
        return tuple(
            name for name in self.reading.not_dicom if not name.endswith(CATALOGUE) or basename(name) in files
        )

    @property
    def shortfall(self) -> str:
        """What XNAT lists and did not give out, in words; empty when that is nothing."""
        given = Counter((basename(name), one.size) for name, one in self.prints.items())
        missing = (Counter((entry.name, entry.size) for entry in self.listed or ()) - given).total()
        return (
            f"XNAT lists {len(self.listed or ())} files of this session, and {missing} cannot be had"
            if missing
            else ""
        )


def read_whole(
    pieces: Iterable[bytes],
    wanted: frozenset[str],
    scratch: Path,
    shown: Callable[[Instance, BinaryIO], None] | None = None,
) -> Contents:
    """Read the zip of a session as it comes; `shown` as in dicom_files. Raises BundleBroken, ArchiveError."""
    prints: dict[str, Print] = {}

    def printed() -> Iterator[Member]:
        for member in bundles.passing(pieces, scratch):
            prints[member.name] = Print(member.size, member.md5, member.sha256)
            yield member

    return Contents(reading=dicom_files.read_passing(printed(), wanted, shown), prints=prints)


def of_manifest(manifest: Manifest, listed: tuple[Entry, ...] | None) -> Contents:
    """The same, from a manifest that is proven."""
    return Contents(reading=Reading(instances=manifest.instances), prints=manifest.prints, listed=listed)


def holds(row: PrearchiveRow, expected: Iterable[Instance], gate: Gate) -> bool:
    """Whether the row holds these objects, by identity and contents, and nothing else among its scans. Raises
    BundleBroken, ArchiveError."""
    held = read_whole(gate.archive.stream(row), frozenset({"SOPInstanceUID"}), gate.scratch)
    if held.reading.unreadable or held.strangers:
        return False
    return {(one.sop_instance_uid, one.digest) for one in held.reading.instances} == {
        (one.sop_instance_uid, one.digest) for one in expected
    }


def fetched_again(
    row: PrearchiveRow, judged: Mapping[str, str], gate: Gate, also: Callable[[str], bool] = lambda _: False
) -> Iterator[tuple[str, BinaryIO]]:
    """The files of these names out of another download. `judged`: names and their SHA-256; `also`: tells by its name
    whether another file is wanted, too. Raises Busy where a judged one is not there any more as it was."""
    left = dict(judged)
    for member in bundles.passing(gate.archive.stream(row), gate.scratch):
        if member.name in judged:
            if left.pop(member.name, "") != member.sha256:
                raise Busy(_changed(row))
            yield member.name, member.content
        elif also(member.name):
            yield member.name, member.content
    if left:
        raise Busy(_changed(row))


def _changed(row: PrearchiveRow) -> str:
    return f"{row.uri} changed while it was looked at; it is looked at again next time"
