"""What there is in the end: every file that XNAT shows to an outsider, and every file on the disk of the gate."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import requests

from .accounting import Found
from .plan import HOSPITAL, QUARANTINE, Place, digests

ACCOUNT = ("admin", "admin")
PROJECTS = (HOSPITAL, QUARANTINE)
RESTING = ("CONFLICT", "ERROR")
"""Statuses of a waiting session that somebody has looked at, and left for a person."""
REASON = "reason.json"


class Xnat:
    """A small XNAT over REST."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.auth = ACCOUNT

    def _get(self, path: str) -> requests.Response:
        answer = self._session.get(self._url + path, timeout=60)
        answer.raise_for_status()
        return answer

    def _table(self, path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._get(f"{path}?format=json").json()["ResultSet"]["Result"]
        return rows

    def sessions(self) -> list[tuple[str, str]]:
        """(project, label) of the archived sessions."""
        return [
            (project, row["label"])
            for project in PROJECTS
            for row in self._table(f"/data/projects/{project}/experiments")
        ]

    def rows(self) -> list[dict[str, Any]]:
        """The waiting sessions of both projects."""
        return [
            row
            for project in PROJECTS
            for row in self._table(f"/data/prearchive/projects/{project}")
            if row["project"] == project
        ]

    def found(self) -> Iterator[Found]:
        for project, label in self.sessions():
            where = f"/data/projects/{project}/experiments/{label}/scans/ALL/files?format=zip"
            yield from _in_zip(self._get(where).content, Place.ARCHIVE, project, label)
        for row in self.rows():
            content = self._get(f"/data{row['url']}?format=zip").content
            yield from _in_zip(content, Place.PREARCHIVE, row["project"], row["url"])


def _in_zip(content: bytes, place: str, project: str, where: str) -> Iterator[Found]:
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        for name in bundle.namelist():
            if name.endswith(".dcm"):
                yield _found(bundle.read(name), place, project, where)


def _found(raw: bytes, place: str, project: str, where: str) -> Found:
    uid, sha256, content = digests(raw)
    return Found(key=uid or sha256, place=place, project=project, where=where, sha256=sha256, content=content)


def kept(state: Path) -> Iterator[Found]:
    """The files in every folder below the state folder, whatever it is called; reasons left out."""
    for path in sorted(state.glob("*/**/*")):
        if path.is_file() and path.name != REASON:
            inner = path.relative_to(state)
            yield _found(path.read_bytes(), f"{inner.parts[0]}/", "", "/".join(inner.parts[1:]))


def without_reason(state: Path) -> list[str]:
    """Kept files beside which nothing says why, and files that were never finished."""
    paths = [state / found.place / found.where for found in kept(state)]
    return [
        str(path.relative_to(state))
        for path in paths
        if path.name.startswith(".") or not path.with_name(REASON).is_file()
    ]


def left_below(folder: Path) -> list[str]:
    """Every file below a folder, hidden ones too, and every folder that is not one of the two homes."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.name not in (".xnat-gate", ".receiving")
    )


def journal_trouble(path: Path) -> str:
    """Empty for a journal that is whole."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as error:
            return str(error)
    return "" if said == ["ok"] else "; ".join(said[:3])
