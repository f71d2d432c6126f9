"""The permanent archive: archiving a waiting session, and what the archive holds."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from xnat_gate.core.archive import (
    ArchivedSession,
    ArchiveError,
    ArchiveRefused,
    ArchiveTroubled,
    ArchiveUnavailable,
    Conflict,
    Entry,
    OutcomeUnknown,
    PrearchiveRow,
)
from xnat_gate.edge.xnat.catalogues import archived_files, scan_files
from xnat_gate.edge.xnat.connection import items, table
from xnat_gate.edge.xnat.downloads import zipped
from xnat_gate.edge.xnat.keeping import XnatShelf
from xnat_gate.edge.xnat.paths import data
from xnat_gate.edge.xnat.prearchive import Prearchive

_COLUMNS = "ID,label,project,subject_label,xsiType,UID,dcmPatientId"
_WORKING = ("ARCHIVING", "_ARCHIVING", "QUEUED_ARCHIVING")


class Archived(Prearchive):
    """POST /data/services/archive and the lists of experiments and files."""

    def archive(self, row: PrearchiveRow, *, subject: str, session: str) -> ArchivedSession:
        """XNAT tells a conflict as 500 and writes its cause to the row's log; an answer that never came is settled by
        looking until the row is gone or rests."""
        try:
            self._connection.call(
                "POST",
                "/data/services/archive",
                ok=(200, 303),
                query={
                    "src": row.uri,
                    "subject": subject,
                    "session": session,
                    "auto-archive": "false",
                    "event_reason": "xnat-gate: nothing in the protocol or the linkage checks stands against it",
                },
                timeout=self._connection.account.archive_timeout,
            )
        except OutcomeUnknown:
            self._wait_until_rested(row)
        except (ArchiveTroubled, Conflict) as refused:
            raise self._cause(row, str(refused)) from refused
        return self._settled(row, session)

    def _wait_until_rested(self, row: PrearchiveRow) -> None:
        deadline = time.monotonic() + self._connection.account.archive_timeout
        pause = 0.2
        while (now := self.row(row.uri)) is not None and now.status in _WORKING:
            if time.monotonic() > deadline:
                raise OutcomeUnknown(f"XNAT is still archiving {row.uri}; it is looked at again next time")
            time.sleep(pause)
            pause = min(pause * 2, 5.0)

    def _settled(self, row: PrearchiveRow, session: str) -> ArchivedSession:
        """The archived session; raises when the row is still there or the session is not."""
        now = self.row(row.uri)
        if now is not None:
            raise self._cause(row, f"XNAT did not archive {row.uri}; its status is {now.status}")
        found = self.session(row.project, session)
        if found is None:
            raise OutcomeUnknown(
                f"{row.uri} has left the prearchive, but session {session} is not in {row.project}"
            )
        return found

    def _cause(self, row: PrearchiveRow, otherwise: str) -> ArchiveError:
        """What the row's own status and log tell of; a row that rests as before has not been looked at by XNAT."""
        now = self.row(row.uri)
        kind = {"CONFLICT": Conflict, "ERROR": ArchiveRefused}.get(now.status) if now else None
        if now is None or kind is None:
            return ArchiveTroubled(f"{otherwise}; it is tried again at the next look")
        return kind(self.last_log(now) or otherwise)

    def session(self, project: str, label: str) -> ArchivedSession | None:
        """Labels that differ only in case are one session to most file systems, and so to this question."""
        found = [one for one in self._sessions(project) if one.session.casefold() == label.casefold()]
        return min(found, key=lambda one: one.session != label, default=None)

    def sessions_of_study(self, project: str, study_uid: str) -> Sequence[ArchivedSession]:
        return tuple(one for one in self._sessions(project) if study_uid and one.study_uid == study_uid)

    def project_of(self, session: ArchivedSession) -> str:
        answer = self._connection.call("GET", data("experiments", session.id), query={"format": "json"})
        project = next(iter(items(answer)), {}).get("project", "")
        if not project:
            raise ArchiveUnavailable(f"XNAT answers without the project of session {session.id}")
        return project

    def sessions_of_subject(self, project: str, subject: str) -> Sequence[ArchivedSession]:
        return tuple(
            one for one in self._sessions(project) if subject and one.subject.casefold() == subject.casefold()
        )

    def _sessions(self, project: str) -> Sequence[ArchivedSession]:
        answer = self._connection.call(
            "GET", data("projects", project, "experiments"), query={"format": "json", "columns": _COLUMNS}
        )
        return tuple(
            ArchivedSession(
                id=cells["ID"],
                project=project,
                subject=cells.get("subject_label", ""),
                session=cells["label"],
                study_uid=cells.get("UID", ""),
                patient_id=cells.get("dcmPatientId", ""),
            )
            for cells in table(answer)
        )

    def count_files(self, session: ArchivedSession) -> int:
        return len(table(self._connection.call("GET", scan_files(session), query={"format": "json"})))

    def stream_session(self, session: ArchivedSession) -> Iterator[bytes]:
        return zipped(self._connection, scan_files(session))

    def session_catalogue(self, session: ArchivedSession) -> tuple[Entry, ...] | None:
        return archived_files(self._connection, session)

    def shelf(self, project: str, scratch: Path) -> XnatShelf:
        """Where rejected objects are kept in XNAT; `scratch`: folder for what is under way."""
        return XnatShelf(self._connection, project, scratch)
