"""Every scan file of a zip as XNAT gives it out of its prearchive, read without unpacking it to the disk.

Laws: as for a folder; one member is in memory at a time.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace

from xnat_gate.core.study import Instance, Reading, Unreadable
from xnat_gate.edge.dicom_files.folder import Found, reading_of
from xnat_gate.edge.dicom_files.passing import SCANS
from xnat_gate.edge.dicom_files.reading import read_object, tags_of


def read_bundle(
    bundle: zipfile.ZipFile, wanted: frozenset[str], progress: Callable[[int], None] | None = None
) -> Reading:
    """All members below a folder SCANS; every instance has its digest. Raises KeyError as `read_folder`."""
    tags_of(wanted)
    found: list[Found] = []
    for member in sorted(bundle.infolist(), key=lambda member: member.filename):
        if member.is_dir() or SCANS not in member.filename.lower():
            continue
        found.append(_look_at(bundle, member, wanted))
        if progress is not None:
            progress(len(found))
    return reading_of(found, lambda instance: instance.digest or "")


def _look_at(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, wanted: frozenset[str]) -> Found:
    name = member.filename
    try:
        content = bundle.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as fault:
        return Unreadable(name, f"The archive's zip is damaged at this member ({fault}): fetch it again.")
    found = read_object(name, io.BytesIO(content), wanted)
    if isinstance(found, Instance):
        return replace(found, digest=hashlib.sha256(content).hexdigest())
    return found or name
