"""The prearchive: rows, their contents, and what can be done with them (XNAT REST /data/prearchive)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import IO
from xml.etree import ElementTree

from xnat_gate.core.archive import (
    ArchiveRefused,
    ArchiveUnavailable,
    Busy,
    NotAllowed,
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
        self._surely(
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
        self._surely(
            lambda: self._connection.call("DELETE", under(row.uri)), lambda: self.row(row.uri) is None
        )
        if self.row(row.uri) is not None:
            raise ArchiveRefused(f"XNAT says that {row.uri} was deleted, but it is still there")

    def mark(self, row: PrearchiveRow, status: str) -> None:
        if row.status != status:
            self._surely(
                lambda: self._connection.call(
                    "POST", under(row.uri), query={"action": "set-status", "status": status}
                ),
                lambda: (now := self.row(row.uri)) is not None and now.status == status,
            )

    def annotate(self, row: PrearchiveRow, name: str, text: str) -> None:
        """PUT onto an existing file keeps the old one and answers 200, so an older text is removed first."""
        path = under(row.uri, "resources", RESOURCE, "files", name)
        present = self._text(path)
        if present == text:
            return
        if present:
            self._surely(lambda: self._connection.call("DELETE", path), lambda: not self._text(path))
        body = text.encode()
        self._surely(
            lambda: self._connection.call(
                "PUT", path, ok=(200, 201), query={"inbody": "true"}, body=body, content_type="text/plain"
            ),
            lambda: self._text(path) == text,
        )
        if self._text(path) != text:
            raise NotAllowed(f"XNAT says that it took the reason for {row.uri}, but does not show it")

    def _text(self, path: str) -> str:
        """A file as text; empty when it is not there."""
        try:
            answer = self._connection.call("GET", path, ok=(200, 204))
        except NotThere:
            return ""
        return answer.content.decode("utf-8", "replace")

    def _surely(self, act: Callable[[], object], done: Callable[[], bool]) -> None:
        """Act; when no answer comes, look whether it was done, and raise only when it was not."""
        try:
            act()
        except OutcomeUnknown:
            if not done():
                raise

    def clear_annotation(self, row: PrearchiveRow) -> None:
        path = under(row.uri, "resources", RESOURCE)
        with contextlib.suppress(NotThere):
            self._surely(
                lambda: self._connection.call("DELETE", path, ok=(200, 204)),
                lambda: not self._text(under(row.uri, "resources", RESOURCE, "files", "reason.json")),
            )

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
