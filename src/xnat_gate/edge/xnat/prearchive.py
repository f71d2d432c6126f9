"""The prearchive: rows, their contents, and what can be done with them (XNAT REST /data/prearchive)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from xml.etree import ElementTree

from xnat_gate.core.archive import (
    ArchiveRefused,
    ArchiveUnavailable,
    Busy,
    Entry,
    NotThere,
    Objection,
    OutcomeUnknown,
    PrearchiveRow,
    Scan,
)
from xnat_gate.edge.xnat import notes
from xnat_gate.edge.xnat.catalogues import laid_beside, waiting_files
from xnat_gate.edge.xnat.connection import Connection, lines, table
from xnat_gate.edge.xnat.downloads import zipped
from xnat_gate.edge.xnat.outcomes import surely
from xnat_gate.edge.xnat.paths import data, under


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

    def stream(self, row: PrearchiveRow) -> Iterator[bytes]:
        return zipped(self._connection, under(row.uri))

    def catalogue(self, row: PrearchiveRow) -> tuple[Entry, ...] | None:
        return waiting_files(self._connection, row)

    def laid_beside(self, row: PrearchiveRow) -> tuple[str, ...]:
        return tuple(label for label in laid_beside(self._connection, row) if label != notes.RESOURCE)

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
        surely(
            lambda: self._connection.call("DELETE", under(row.uri, "scans", scan.id)),
            lambda: scan not in self.scans(row),
        )

    def move(self, row: PrearchiveRow, project: str) -> PrearchiveRow:
        """Success is 301 with the new URI as body; 200 without a body: the row is locked and nothing moved."""
        there = f"/prearchive/projects/{project}/{row.timestamp}/{row.folder}"
        with contextlib.suppress(OutcomeUnknown):
            answer = self._connection.call(
                "POST",
                under(row.uri),
                ok=(200, 301),
                query={"action": "move", "newProject": project},
                timeout=self._connection.account.archive_timeout,
            )
            there = next(lines(answer), "")
        if not there:
            raise Busy(f"{row.uri} is locked by another operation and was not moved")
        found = self.row(there)
        if found is None or found.project != project or self.row(row.uri) is not None:
            raise OutcomeUnknown(f"it is not certain whether {row.uri} was moved to {project}")
        return found

    def delete(self, row: PrearchiveRow) -> None:
        """XNAT answers 200 whether or not there was anything to delete; so look."""
        surely(lambda: self._connection.call("DELETE", under(row.uri)), lambda: self.row(row.uri) is None)
        if self.row(row.uri) is not None:
            raise ArchiveRefused(f"XNAT says that {row.uri} was deleted, but it is still there")

    def mark(self, row: PrearchiveRow, status: str) -> None:
        if row.status != status:
            surely(
                lambda: self._connection.call(
                    "POST", under(row.uri), query={"action": "set-status", "status": status}
                ),
                lambda: (now := self.row(row.uri)) is not None and now.status == status,
            )

    def annotate(self, row: PrearchiveRow, name: str, text: str) -> None:
        notes.put(self._connection, row, name, text)

    def annotation(self, row: PrearchiveRow, name: str) -> str:
        return notes.asked(self._connection, row, name)

    def clear_annotation(self, row: PrearchiveRow) -> None:
        notes.clear(self._connection, row)

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
