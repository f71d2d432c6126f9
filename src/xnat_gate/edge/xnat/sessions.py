"""Archived sessions and who may move them: the port `core.sessions` (XNAT REST /data/experiments, /data/projects,
/xapi/users)."""

from __future__ import annotations

from collections.abc import Mapping

from xnat_gate.core.archive import ArchiveRefused, ArchiveUnavailable, NotAllowed, NotThere
from xnat_gate.core.sessions import Home, Session
from xnat_gate.core.standing import Standing
from xnat_gate.edge.xnat.connection import items, strings, table
from xnat_gate.edge.xnat.notes import RESOURCE
from xnat_gate.edge.xnat.paths import data, under, xapi
from xnat_gate.edge.xnat.work import OpenWork


class ArchivedSessions(OpenWork):
    """One method per verb of the port."""

    def find_session(self, session_id: str) -> Session:
        answer = self._connection.call("GET", data("experiments", session_id), query={"format": "json"})
        found = items(answer)
        fields = found[0] if found else {}
        if not fields.get("ID") or not fields.get("project"):
            raise ArchiveUnavailable(f"XNAT answers without ID and project of session {session_id}")
        return Session(
            id=fields["ID"],
            label=fields.get("label", ""),
            project=fields["project"],
            subject=self._subject_label(fields["project"], fields.get("subject_ID", "")),
            subject_id=fields.get("subject_ID", ""),
            data_type=fields.get("xsi:type", ""),
        )

    def _subject_label(self, project: str, subject_id: str) -> str:
        return self.subjects(project).get(subject_id, "")

    def subjects(self, project: str) -> Mapping[str, str]:
        answer = self._connection.call(
            "GET", data("projects", project, "subjects"), query={"format": "json", "columns": "ID,label"}
        )
        return {cells["ID"]: cells["label"] for cells in table(answer)}

    def home_of(self, subject_id: str) -> Home:
        answer = self._connection.call("GET", data("subjects", subject_id), query={"format": "json"})
        fields = (items(answer) or [{}])[0]
        if not fields.get("project") or not fields.get("label"):
            raise ArchiveUnavailable(f"XNAT answers without project and label of subject {subject_id}")
        return Home(project=fields["project"], label=fields["label"])

    def standing(self) -> Standing:
        """From XNAT itself: an alias token works as its owner, so the name is asked, too."""
        user = self._connection.call("GET", xapi("users", "username")).text.strip()
        return Standing(
            user=user,
            roles=frozenset(strings(self._connection.call("GET", xapi("users", user, "roles")))),
            groups=frozenset(strings(self._connection.call("GET", xapi("users", user, "groups")))),
            editable=frozenset(strings(self._connection.call("GET", xapi("users", "projects")))),
        )

    def sees_project(self, project: str) -> bool:
        try:
            answer = self._connection.call("GET", data("projects"), query={"format": "json"})
        except (NotThere, NotAllowed):
            return False
        return any(cells["ID"] == project for cells in table(answer))

    def session_of_label(self, project: str, label: str) -> str:
        """The list shows what is shared into the project under the label that it has there. Labels that differ only in
        case are one folder to some file systems."""
        answer = self._connection.call(
            "GET", data("projects", project, "experiments"), query={"format": "json", "columns": "ID,label"}
        )
        return next((one["ID"] for one in table(answer) if one["label"].casefold() == label.casefold()), "")

    def share_subject(self, subject_id: str, home: Home, project: str) -> None:
        path = data("projects", home.project, "subjects", home.label, "projects", project)
        self._connection.call("PUT", path, ok=(200, 201), query={"format": "json"})

    def give_subject(self, session: Session, subject_id: str) -> None:
        path = data("projects", session.project, "experiments", session.label)
        query = {"subject_ID": subject_id, "event_reason": "xnat-gate"}
        self._connection.call("PUT", path, ok=(200, 201), query=query)

    def shares(self, session: Session) -> tuple[str, ...]:
        answer = self._connection.call(
            "GET", data("experiments", session.id, "projects"), query={"format": "json"}
        )
        return tuple(cells["ID"] for cells in table(answer) if cells["ID"] != session.project)

    def take_back_share(self, session: Session, project: str) -> None:
        path = data("projects", session.project, "experiments", session.label, "projects", project)
        self._connection.call("DELETE", path, ok=(200, 204), query={"event_reason": "xnat-gate"})
        if project in self.shares(session):
            raise ArchiveRefused(f"XNAT still shows {session.id} in {project}")

    def move_session(self, session: Session, project: str, reason: str) -> None:
        """The form that names the source project; without it XNAT moves and then answers 500. Assessors follow only
        when they are named."""
        path = data("projects", session.project, "experiments", session.label, "projects", project)
        assessors = ",".join(self._assessors(session.id))
        named = {"moveAssessors": assessors} if assessors else {}
        self._connection.call(
            "PUT",
            path,
            query={"primary": "true", "event_reason": reason, "event_type": "PROCESS", **named},
            timeout=self._connection.account.archive_timeout,
        )

    def _assessors(self, session_id: str) -> list[str]:
        answer = self._connection.call(
            "GET", data("experiments", session_id, "assessors"), query={"format": "json"}
        )
        return [cells["ID"] for cells in table(answer)]

    def all_files(self, session_id: str) -> int:
        query = {"format": "json", "all": "true", "file_stats": "true"}
        answer = self._connection.call("GET", data("experiments", session_id, "resources"), query=query)
        return sum(int(cells.get("file_count") or 0) for cells in table(answer))

    def scan_files(self, session_id: str) -> tuple[str, ...]:
        path = under(f"/experiments/{session_id}", "scans", "ALL", "files")
        listed = table(self._connection.call("GET", path, query={"format": "json"}))
        return tuple(cells["Name"].rpartition("/")[2] for cells in listed)

    def put_file(self, session_id: str, name: str, text: str) -> None:
        """Read back, because XNAT answers 200 also where it stores nothing."""
        path = under(f"/experiments/{session_id}", "resources", RESOURCE, "files", name)
        query = {"inbody": "true", "overwrite": "true", "event_reason": "xnat-gate"}
        self._connection.call(
            "PUT", path, ok=(200, 201), query=query, body=text.encode(), content_type="text/plain"
        )
        try:
            shown = self._connection.call("GET", path).content
        except NotThere as error:
            raise NotAllowed(
                f"XNAT took {name}, but does not show it: this account may not write there"
            ) from error
        if shown != text.encode():
            raise ArchiveRefused(f"XNAT shows {name} otherwise than it was written")
