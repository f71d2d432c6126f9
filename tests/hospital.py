"""A hospital in a temporary folder: what a user would do at its command line, and what an outside client then sees."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import xnat

from xnat_gate.cli.doors import main
from xnat_gate.edge.journal import Journal
from xnat_gate.sandbox.server import Sandbox

QUIET = "0.05s"


class Site:
    """`drop`: where studies are dropped; `state`: where the importer keeps journal, rejected/ and held/."""

    def __init__(self, root: Path, sandbox: Sandbox) -> None:
        self.root = root
        self.sandbox = sandbox
        self.drop = root / "drop"
        self.state = root / "state"

    # --- what a user does

    def import_once(self, *options: str) -> int:
        return main(
            [
                "import",
                str(self.drop),
                "--once",
                "--state",
                str(self.state),
                "--quiet-period",
                QUIET,
                *options,
            ]
        )

    def prearchive(self, project: str = "HOSPITAL", *options: str) -> int:
        return main(["prearchive", project, "--state", str(self.state), *options])

    def protocol(self, text: str, base: str | None = None) -> Path:
        """A protocol file: the smallest one with these lines after it."""
        path = self.root / "mine.yaml"
        start = (
            "protocol: 1\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\n"
            "allow: {Modality: [CT, MR, PT, RTSTRUCT, RTPLAN, RTDOSE]}\n"
        )
        path.write_text((start if base is None else base) + text, encoding="utf-8")
        return path

    def upload(self, files: Path, into: str, **query: str) -> str:
        """Somebody sends a zip to XNAT himself, round the gate; the URI of the row it becomes."""
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w") as bundle:
            for path in sorted(files.rglob("*.dcm")):
                bundle.write(path, path.name)
        answer = requests.post(
            f"{self.sandbox.url}/data/services/import",
            params={
                "import-handler": "DICOM-zip", "inbody": "true", "dest": f"/prearchive/projects/{into}", **query
            },
            data=body.getvalue(),
            headers={"Content-Type": "application/zip"},
            auth=("admin", "admin"),
            timeout=30,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return answer.text.strip().removeprefix("/data")

    # --- what is then seen

    @contextmanager
    def outside_client(self, user: str = "admin") -> Iterator[Any]:
        """xnatpy with its full model, as anybody would use it."""
        with xnat.connect(self.sandbox.url, user=user, password=user) as connection:
            yield connection

    def get(self, path: str, user: str = "admin") -> requests.Response:
        return requests.get(self.sandbox.url + path, auth=(user, user), timeout=30)

    def sessions(self, project: str) -> list[str]:
        """Labels of the archived sessions."""
        rows = self.get(f"/data/projects/{project}/experiments?format=json").json()["ResultSet"]["Result"]
        return sorted(row["label"] for row in rows)

    def waiting(self, project: str) -> list[dict[str, str]]:
        """The prearchive rows of a project."""
        rows = self.get(f"/data/prearchive/projects/{project}?format=json").json()["ResultSet"]["Result"]
        return [row for row in rows if row["project"] == project]

    def digests(self, project: str, session: str) -> list[str]:
        """SHA-256 of every scan file of an archived session, downloaded one by one."""
        return sorted(hashlib.sha256(content).hexdigest() for content in self.contents(project, session))

    def contents(self, project: str, session: str) -> list[bytes]:
        """Every scan file of an archived session."""
        base = f"/data/projects/{project}/experiments/{session}/scans/ALL/files?format=json"
        rows = self.get(base).json()["ResultSet"]["Result"]
        return [self.get(row["URI"]).content for row in rows]

    def reason_of(self, row: dict[str, str]) -> dict[str, Any]:
        """What the gate left beside a waiting session."""
        answer = self.get(f"/data{row['url']}/resources/GATE/files/reason.json")
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def kept(self, place: str) -> dict[str, Path]:
        """The files in rejected/ or held/, by name, reasons left out."""
        return {p.name: p for p in (self.state / place).rglob("*") if p.is_file() and p.name != "reason.json"}

    def reason_beside(self, path: Path) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((path.parent / "reason.json").read_text(encoding="utf-8"))
        return document

    def left_in_drop(self) -> list[str]:
        return sorted(path.name for path in self.drop.iterdir() if not path.name.startswith("."))

    def journal(self) -> Journal:
        return Journal(self.state / "journal.sqlite3")


def digests_of(files: Path) -> list[str]:
    """SHA-256 of the DICOM files below a folder."""
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in files.rglob("*.dcm"))
