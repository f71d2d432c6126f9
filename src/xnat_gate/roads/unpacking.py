"""Zip files, as users drop them: opened inside the claim, before anything is read.

Laws: a zip stays in its claim until everything that came out of it has been answered for; what was unpacked once is
never unpacked again, because a part of it may be with XNAT already; a zip that is refused is kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from xnat_gate.core.study import Reading
from xnat_gate.edge import zips
from xnat_gate.edge.drop_folder import Claim
from xnat_gate.roads.gate import Gate


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """`claim`: with what came out of its zips; `opened`: those, as paths in it; `refused`: the others, and why."""

    claim: Claim
    opened: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.opened, *self.refused)

    def without_zips(self, reading: Reading) -> Reading:
        """The zips are neither DICOM nor junk."""
        known = frozenset(self.all)
        return replace(reading, not_dicom=tuple(one for one in reading.not_dicom if one not in known))


def unpack_all(claim: Claim, gate: Gate) -> Unpacked:
    """Raises OSError where the disk is full or the zip cannot be read."""
    opened: list[str] = []
    refused: dict[str, str] = {}
    for name in claim.zips:
        place = claim.opened(name)
        try:
            if not place.exists():
                count = zips.unpack(claim.path / name, place)
                gate.tell(f"unpacked a zip of arrival {claim.id} with {count} files")
            opened.append(name)
        except zips.ZipRefused as error:
            refused[name] = str(error)
    return Unpacked(claim=claim.seen_again() if opened else claim, opened=tuple(opened), refused=refused)
