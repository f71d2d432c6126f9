"""The manifest: what the importer has seen of a session that it delivered, left beside it for those who look later.

Laws: it is believed only by who knows its digest from elsewhere; what it says of the objects stands only as long as the
archive's own lists agree and the archive tells either the digest of each of them, or that nothing has touched the
session since every byte of it was compared; what stood against the session then is heeded in any case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xnat_gate.core.archive import Entry, PrearchiveRow
from xnat_gate.core.study import Instance

NAME = "manifest.json"
"""Its name in the session's resource GATE."""


@dataclass(frozen=True, slots=True)
class Print:
    """A file's size in bytes, and its MD5 and SHA-256 in hex."""

    size: int
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Holding:
    """A finding that held the study when it arrived and cannot be asked again: its id, and words without names."""

    id: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`uri` and `changed`: the row, and XNAT's mark of its last change, when every object of it was compared with what
    had been sent; `keywords`: those that were asked of every header; `prints` by the `file` of the instances, each of
    which carries its digest.
    """

    study_uid: str
    uri: str
    changed: str
    keywords: frozenset[str]
    instances: tuple[Instance, ...]
    prints: Mapping[str, Print]
    holdings: tuple[Holding, ...] = ()


def gap(
    manifest: Manifest, row: PrearchiveRow, listed: Sequence[Entry] | None, wanted: frozenset[str]
) -> str:
    """What is missing for the proof that the session holds what the manifest tells and nothing else; empty when nothing
    is. `wanted`: the keywords that have to be known of every header."""
    if (manifest.study_uid, manifest.uri) != (row.study_uid, row.uri):
        return "the manifest speaks of another session"
    if not wanted <= manifest.keywords:
        return f"the protocol asks for {', '.join(sorted(wanted - manifest.keywords))}, which was not read"
    if listed is None:
        return "XNAT does not list its files"
    told = Counter((basename(one.file), manifest.prints[one.file].size) for one in manifest.instances)
    if Counter((entry.name, entry.size) for entry in listed) != told:
        return "XNAT lists other files"
    if not _agrees(manifest, listed):
        return "XNAT lists other contents"
    if not all(entry.md5 for entry in listed) and manifest.changed != row.changed:
        return "something has touched it since, and XNAT lists no digests"
    return ""


def basename(path: str) -> str:
    """The last part of a '/'-separated path."""
    return path.rpartition("/")[2]


def _agrees(manifest: Manifest, listed: Sequence[Entry]) -> bool:
    """Where XNAT tells UIDs and digests, they are the ones of the manifest, and as many of each."""
    facts = [
        (basename(one.file), one.sop_instance_uid, manifest.prints[one.file].md5)
        for one in manifest.instances
    ]
    uids = Counter((name, uid) for name, uid, _ in facts)
    digests = Counter((name, md5) for name, _, md5 in facts)
    return (
        Counter((entry.name, entry.uid) for entry in listed if entry.uid) <= uids
        and Counter((entry.name, entry.md5) for entry in listed if entry.md5) <= digests
    )
