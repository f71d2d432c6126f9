"""Every scan file of a zip that passes by, as XNAT sends it: read on the way, and gone.

Laws: as for a folder; nothing is kept of a file but what was read of it. The index of a medium has no business in an
archive: there it is no DICOM object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import BinaryIO, Protocol

from xnat_gate.core.study import Instance, Reading
from xnat_gate.edge.dicom_files.asking import asked_of
from xnat_gate.edge.dicom_files.folder import Found, reading_of
from xnat_gate.edge.dicom_files.reading import read_object

SCANS = "/scans/"


class Passing(Protocol):
    """A file that can be read until the next one comes: seekable, at its start, its SHA-256 in hex known."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def content(self) -> BinaryIO: ...


def read_passing(
    members: Iterable[Passing],
    wanted: frozenset[str],
    shown: Callable[[Instance, BinaryIO], None] | None = None,
) -> Reading:
    """All members below a folder SCANS, in the order of their names; every instance has its digest. `shown` is handed
    each instance with its content while that is there. Raises KeyError as `read_folder`, and what `members` raises."""
    asked_of(wanted)
    found: list[tuple[str, Found]] = []
    for member in members:
        if SCANS not in member.name.lower():
            continue
        one = read_object(member.name, member.content, wanted)
        if isinstance(one, Instance):
            one = replace(one, digest=member.sha256)
            if shown is not None:
                shown(one, member.content)
        found.append((member.name, one or member.name))
    ordered = sorted(found, key=lambda pair: pair[0])
    return reading_of((one for _, one in ordered), lambda instance: instance.digest or "")
