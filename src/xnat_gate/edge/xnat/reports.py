"""What the gate has left beside archived sessions: the texts of their resource GATE."""

from __future__ import annotations

from collections.abc import Sequence

from xnat_gate.core.archive import NotThere
from xnat_gate.core.sessions import Stored
from xnat_gate.edge.xnat.connection import table
from xnat_gate.edge.xnat.notes import RESOURCE
from xnat_gate.edge.xnat.paths import data, under
from xnat_gate.edge.xnat.prearchive import Prearchive

_COLUMNS = "ID,label,project,insert_date"


class Reports(Prearchive):
    """The lists of experiments, and single files."""

    def stored_in(self, project: str) -> Sequence[Stored]:
        """The project's own sessions, the newest first; those that are only shown there left out."""
        answer = self._connection.call(
            "GET", data("projects", project, "experiments"), query={"format": "json", "columns": _COLUMNS}
        )
        found = [
            Stored(id=cells["ID"], label=cells.get("label", ""), inserted=cells.get("insert_date", ""))
            for cells in table(answer)
            if cells.get("project", project) == project
        ]
        return tuple(sorted(found, key=lambda one: (one.inserted, one.id), reverse=True))

    def text_beside(self, session_id: str, name: str) -> str:
        """Empty where there is none."""
        path = under(f"/experiments/{session_id}", "resources", RESOURCE, "files", name)
        try:
            return self._connection.call("GET", path).content.decode("utf-8", "replace")
        except NotThere:
            return ""
