"""What people do in a hospital whose XNAT has the gate's commands: drop, upload, launch from a menu, look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.hospital import Site


@dataclass(frozen=True)
class Run:
    """A container as XNAT's history shows it."""

    row: dict[str, Any]
    stdout: str
    stderr: str

    @property
    def status(self) -> str:
        return str(self.row["status"])

    @property
    def last_line(self) -> str:
        return (self.stdout.strip().splitlines() or [""])[-1]

    def value(self, name: str) -> str:
        """Of the input of this name, as it was resolved."""
        return next((str(one["value"]) for one in self.row["inputs"] if one["name"] == name), "")


@dataclass(frozen=True)
class Hospital:
    """A Site whose sandbox runs jobs."""

    site: Site

    def settle(self) -> None:
        self.site.sandbox.settle()

    def archive_by_hand(self, files: Path, project: str, session: str) -> str:
        """Round the gate: uploaded and archived over REST; the accession id."""
        row = self.site.upload(files, project, subject=f"S-{session}", session=session)
        answer = requests.post(
            f"{self.site.sandbox.url}/data/services/archive",
            params={"src": row},
            auth=("admin", "admin"),
            timeout=60,
        )
        assert answer.status_code in (200, 303), answer.text
        return self.id_of(project, session)

    def id_of(self, project: str, session: str) -> str:
        rows = self.site.get(f"/data/projects/{project}/experiments?format=json").json()["ResultSet"][
            "Result"
        ]
        return str(next(row["ID"] for row in rows if row["label"] == session))

    def wrapper(self, name: str) -> int:
        commands = self.site.get("/xapi/commands").json()
        return int(next(one["id"] for command in commands for one in command["xnat"] if one["name"] == name))

    def launch(self, name: str, root: str, value: str, user: str = "admin", **inputs: str) -> str:
        """From the menu, without the project in the path, as anybody could; the workflow's id."""
        answer = requests.post(
            f"{self.site.sandbox.url}/xapi/wrappers/{self.wrapper(name)}/root/{root}/launch",
            json={root: value, **{key.replace("_", "-"): text for key, text in inputs.items()}},
            auth=(user, user),
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["workflow-id"])

    def run(self, name: str, root: str, value: str, user: str = "admin", **inputs: str) -> Run:
        """Launched, and followed to its end."""
        workflow = self.launch(name, root, value, user, **inputs)
        self.settle()
        return next(one for one in self.runs(name) if str(one.row["workflow-id"]) == workflow)

    def runs(self, name: str, about: str = "") -> Sequence[Run]:
        """The runs of a command, the earliest first; `about`: an id that one of the inputs is to hold."""
        wrapper = self.wrapper(name)
        rows = [row for row in self.site.get("/xapi/containers").json() if row["wrapper-id"] == wrapper]
        runs = [Run(row, self._log(row, "stdout"), self._log(row, "stderr")) for row in rows]
        return [
            run for run in runs if not about or any(about in str(one["value"]) for one in run.row["inputs"])
        ]

    def _log(self, row: dict[str, Any], stream: str) -> str:
        answer = self.site.get(f"/xapi/containers/{row['id']}/logs/{stream}")
        return answer.text if answer.status_code == 200 else ""

    def report_of(self, session: str) -> dict[str, Any]:
        answer = self.site.get(f"/data/experiments/{session}/resources/GATE/files/report.json")
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document
