"""An outsider's view of the sandbox: HTTP with `requests`, and bundles of DICOM files to send."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import requests

JSON = {"format": "json"}


class Client(requests.Session):
    """A logged-in script; paths instead of URLs, and redirects are shown, not followed."""

    def __init__(self, url: str, login: str | None = None) -> None:
        super().__init__()
        self.base = url
        self.auth = (login, login) if login else None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs["allow_redirects"] = False
        return super().request(method, self.base + url, *args, **kwargs)

    def rows(self, path: str, **params: str) -> list[dict[str, str]]:
        """The rows of a table."""
        answer = self.get(path, params={**JSON, **params})
        assert answer.status_code == 200, answer.text
        result: list[dict[str, str]] = answer.json()["ResultSet"]["Result"]
        return result

    def send_zip(self, bundle: bytes, **params: str) -> requests.Response:
        """Import a zip with DICOM-zip."""
        query = {
            "import-handler": "DICOM-zip",
            **{key.replace("_", "-"): value for key, value in params.items()},
        }
        return self.post(
            "/data/services/import", params=query, data=bundle, headers={"Content-Type": "application/zip"}
        )

    def send_one(self, content: bytes, **params: str) -> requests.Response:
        """Import one object with gradual-DICOM."""
        query = {"import-handler": "gradual-DICOM", "inbody": "true", **params}
        return self.post(
            "/data/services/import", params=query, data=content, headers={"Content-Type": "application/dicom"}
        )

    def waiting(
        self, bundle: bytes, project: str = "HOSPITAL", subject: str = "S1", session: str = "E1"
    ) -> str:
        """A READY session of this bundle; its URI with /data."""
        answer = self.send_zip(
            bundle, dest=f"/prearchive/projects/{project}", project=project, subject=subject, session=session
        )
        assert answer.status_code == 200, answer.text
        return answer.text.strip()

    def archive(self, uri: str, **params: str) -> requests.Response:
        query = {"src": uri, "auto-archive": "false", **params}
        return self.post("/data/services/archive", params=query)

    def archived(
        self, bundle: bytes, project: str = "HOSPITAL", subject: str = "S1", session: str = "E1"
    ) -> str:
        """An archived session of this bundle; its URI with /data."""
        answer = self.archive(self.waiting(bundle, project, subject, session))
        assert answer.status_code == 200, answer.text
        return answer.text.strip()

    def row(self, uri: str) -> dict[str, str] | None:
        """The row of a waiting session as it is now."""
        return next(iter(self.rows(uri)), None)


def message(answer: requests.Response) -> str:
    """What a status page says."""
    return answer.text.partition("<h3>")[2].partition("</h3>")[0]


def zipped(*folders: Path, names: Iterable[tuple[str, bytes]] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for folder in folders:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                archive.write(path, path.relative_to(folder).as_posix())
        for name, content in names:
            archive.writestr(name, content)
    return out.getvalue()


def tarred(folder: Path) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.add(path, path.relative_to(folder).as_posix())
    return out.getvalue()
