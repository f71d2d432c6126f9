"""XNAT's own lists of the files of a session, from which it can be told what is there without fetching it.

Laws: a list is followed whole or not at all: where any part of it is missing, or is not as XNAT documents it, the
answer is None; the prearchive lists names and sizes alone, since it hands out no catalogue, and only the files that
stand in one.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree

from xnat_gate.core.archive import ArchivedSession, ArchiveRefused, ArchiveUnavailable, Entry, PrearchiveRow
from xnat_gate.edge.xnat.connection import Connection, table
from xnat_gate.edge.xnat.paths import under

_UNFOLLOWED = (ArchiveUnavailable, ArchiveRefused, ElementTree.ParseError, KeyError, ValueError)
"""What may be met on the way; whoever needs the files themselves will meet an outage again."""


def scan_files(session: ArchivedSession) -> str:
    """The path of the files of all scans."""
    return under(f"/experiments/{session.id}", "scans", "ALL", "files")


def waiting_files(connection: Connection, row: PrearchiveRow) -> tuple[Entry, ...] | None:
    """`Name,Size,URI` of every resource of every scan of a waiting session."""
    try:
        answer = connection.call("GET", under(row.uri, "resources"), query={"format": "json"})
        scans = [cells for cells in table(answer) if cells["category"] == "scans"]
        return tuple(
            Entry(name=file["Name"], size=int(file["Size"]))
            for cells in scans
            for file in _files_of(
                connection, under(row.uri, "scans", cells["cat_id"], "resources", cells["label"])
            )
        )
    except _UNFOLLOWED:
        return None


def laid_beside(connection: Connection, row: PrearchiveRow) -> tuple[str, ...]:
    """The labels of the resources of the session itself. Raises ArchiveError."""
    answer = connection.call("GET", under(row.uri, "resources"), query={"format": "json"})
    return tuple(cells["label"] for cells in table(answer) if cells["category"] != "scans")


def _files_of(connection: Connection, resource: str) -> list[dict[str, str]]:
    return table(connection.call("GET", f"{resource}/files", query={"format": "json"}))


def archived_files(connection: Connection, session: ArchivedSession) -> tuple[Entry, ...] | None:
    """From the catalogue of every resource of every scan of an archived session, which tells the SOPInstanceUID of an
    object, and its MD5 where the site computes checksums."""
    try:
        listed = table(connection.call("GET", scan_files(session), query={"format": "json"}))
        found: list[Entry] = []
        for resource, sizes in _by_resource(listed).items():
            entries = tuple(_catalogued(connection, resource, sizes))
            if len(entries) != len(sizes):
                return None
            found += entries
        return tuple(found)
    except _UNFOLLOWED:
        return None


def _by_resource(listed: list[dict[str, str]]) -> dict[str, dict[str, int]]:
    """The path of each resource to the sizes of its files by name."""
    found: dict[str, dict[str, int]] = {}
    for cells in listed:
        resource, files, path = cells["URI"].partition("/files/")
        if not files:
            raise ValueError(cells["URI"])
        found.setdefault(resource, {})[unquote(path)] = int(cells["Size"])
    return found


def _catalogued(connection: Connection, resource: str, sizes: dict[str, int]) -> Iterator[Entry]:
    """Raises KeyError for an entry that is not among the files."""
    answer = connection.call("GET", resource, query={"format": "xml"})
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - XNAT's own document, behind a login
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "entry":
            path = element.attrib["URI"]
            yield Entry(
                name=path,
                size=sizes[path],
                uid=element.get("UID", ""),
                md5=element.get("digest", "").lower(),
            )
