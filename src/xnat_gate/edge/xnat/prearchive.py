"""The prearchive: rows, their contents, and what can be done with them (XNAT REST /data/prearchive)."""

from __future__ import annotations

import contextlib
from typing import IO
from xml.etree import ElementTree

from xnat_gate.core.archive import (
    ArchiveRefused,
    ArchiveUnavailable,
    Busy,
    NotThere,
    Objection,
    OutcomeUnknown,
    PrearchiveRow,
    Scan,
)
from xnat_gate.edge.xnat.connection import Connection, lines, table
from xnat_gate.edge.xnat.paths import data, under

RESOURCE = "GATE"
"""The session resource that holds what the gate has to say of a waiting session."""


class Prearchive:
    """One method per verb of the port."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, project: str) -> tuple[PrearchiveRow, ...]:
        """Rows of other projects are left out: XNAT appends the unassigned ones for administrators."""
        answer = self._connection.call(
            "GET", data("prearchive", "projects", project), query={"format": "json"}
        )
        found = (_row(cells) for cells in table(answer))
        return tuple(sorted((row for row in found if row.project == project), key=lambda row: row.timestamp))

    def row(self, uri: str) -> PrearchiveRow | None:
        """XNAT answers 200 with an empty table for a row that is not there."""
        try:
            answer = self._connection.call("GET", under(uri), query={"format": "json"})
        except NotThere:
            return None
        rows = table(answer)
        return _row(rows[0]) if rows else None

    def fetch(self, row: PrearchiveRow, target: IO[bytes]) -> None:
        self._download(under(row.uri), target)

    def _download(self, path: str, target: IO[bytes]) -> None:
        answer = self._connection.call(
            "GET",
            path,
            query={"format": "zip"},
            timeout=self._connection.account.transfer_timeout,
            stream=True,
        )
        with answer:
            try:
                for chunk in answer.iter_content(1 << 20):
                    target.write(chunk)
            except (OSError, ValueError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # the disk's trouble, not XNAT's
                raise ArchiveUnavailable(f"the download of {path} broke off") from error

    def scans(self, row: PrearchiveRow) -> tuple[Scan, ...]:
        """From the session XML, which alone tells the SeriesInstanceUID of a scan."""
        answer = self._connection.call("GET", under(row.uri), query={"format": "xml"})
        try:
            root = ElementTree.fromstring(answer.content)  # noqa: S314 - XNAT's own document, behind a login
        except ElementTree.ParseError as error:
            raise ArchiveUnavailable(f"XNAT's document of {row.uri} is not XML") from error
        return tuple(
            Scan(element.get("ID", ""), element.get("UID", ""))
            for element in root.iter()
            if element.tag.rpartition("}")[2] == "scan" and element.get("ID")
        )

    def remove_scan(self, row: PrearchiveRow, scan: Scan) -> None:
        self._connection.call("DELETE", under(row.uri, "scans", scan.id))

    def move(self, row: PrearchiveRow, project: str) -> PrearchiveRow:
        """Success is 301 with the new URI as body; 200 without a body: the row is locked and nothing moved."""
        answer = self._connection.call(
            "POST",
            under(row.uri),
            ok=(200, 301),
            query={"action": "move", "newProject": project},
            timeout=self._connection.account.archive_timeout,
        )
        moved = next(lines(answer), None)
        if answer.status_code == 200 and moved is None:
            raise Busy(f"{row.uri} is locked by another operation and was not moved")
        found = self.row(moved or "") if moved else None
        if found is None or found.project != project:
            raise OutcomeUnknown(f"XNAT says that {row.uri} was moved, but it is not in {project}")
        return found

    def delete(self, row: PrearchiveRow) -> None:
        """XNAT answers 200 whether or not there was anything to delete; so look."""
        self._connection.call("DELETE", under(row.uri))
        if self.row(row.uri) is not None:
            raise ArchiveRefused(f"XNAT says that {row.uri} was deleted, but it is still there")

    def mark(self, row: PrearchiveRow, status: str) -> None:
        if row.status != status:
            self._connection.call("POST", under(row.uri), query={"action": "set-status", "status": status})

    def annotate(self, row: PrearchiveRow, name: str, text: str) -> None:
        """PUT onto an existing file keeps the old one and answers 200, so an older text is removed first."""
        path = under(row.uri, "resources", RESOURCE, "files", name)
        try:
            present = self._connection.call("GET", path, ok=(200, 204)).text
        except NotThere:
            present = ""
        if present == text:
            return
        if present:
            self._connection.call("DELETE", path)
        self._connection.call(
            "PUT",
            path,
            ok=(200, 201),
            query={"inbody": "true"},
            body=text.encode(),
            content_type="text/plain",
        )

    def clear_annotation(self, row: PrearchiveRow) -> None:
        with contextlib.suppress(NotThere):
            self._connection.call("DELETE", under(row.uri, "resources", RESOURCE), ok=(200, 204))

    def objections(self, row: PrearchiveRow, *, subject: str, session: str) -> tuple[Objection, ...]:
        answer = self._connection.call(
            "POST",
            "/data/services/validate-archive",
            query={"src": row.uri, "subject": subject, "session": session, "format": "json"},
            timeout=self._connection.account.archive_timeout,
        )
        return tuple(Objection(cells["code"], cells["type"], cells["message"]) for cells in table(answer))

    def last_log(self, row: PrearchiveRow) -> str:
        """The newest entry of the row's log, where XNAT writes the cause of a failure."""
        try:
            entry = self._connection.call("GET", under(row.uri, "logs", "last"), ok=(200, 204)).text
        except NotThere:
            return ""
        return " ".join(entry.split())[:300]


def _row(cells: dict[str, str]) -> PrearchiveRow:
    return PrearchiveRow(
        project=cells["project"],
        timestamp=cells["timestamp"],
        folder=cells["folderName"],
        subject=cells["subject"],
        session=cells["name"],
        study_uid=cells["tag"],
        status=cells["status"],
        uri=cells["url"].removeprefix("/data"),
        changed=cells["lastmod"],
        frozen_auto_archive=cells.get("autoarchive", "").startswith("AutoArchive"),
    )
