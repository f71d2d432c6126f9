"""Resources (catalogues of files) of projects, subjects, experiments and scans, and the files in them.

Laws: `owner` is a project ID, an accession ID or a scan number; `folder` is relative to the item's own folder, so a
rename or a move of the item touches no row here; two scans may share a folder, never a file.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from xnat_gate.sandbox.models.database import Database


@dataclass(frozen=True, slots=True)
class Resource:
    """`kind` is project, subject, experiment or scan; `number` is XNAT's `xnat_abstractresource_id`."""

    number: int
    kind: str
    owner: str
    label: str
    folder: str
    format: str
    content: str
    description: str
    tags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of a resource; `digest` is its md5, `uid` the SOPInstanceUID when it is DICOM."""

    path: str
    size: int
    digest: str
    uid: str = ""
    format: str = ""
    content: str = ""
    tags: str = ""


def listed(db: Database, kind: str, owner: object) -> list[Resource]:
    rows = db.rows("SELECT * FROM resources WHERE kind = ? AND owner = ? ORDER BY number", kind, str(owner))
    return [_resource(row) for row in rows]


def find(db: Database, kind: str, owner: object, key: str) -> Resource | None:
    """By label or by number."""
    row = db.row(
        "SELECT * FROM resources WHERE kind = ? AND owner = ? AND (label = ? OR cast(number AS TEXT) = ?)"
        " ORDER BY label <> ? LIMIT 1",
        kind, str(owner), key, key, key,
    )  # fmt: skip
    return _resource(row) if row else None


def by_number(db: Database, number: int) -> Resource | None:
    row = db.row("SELECT * FROM resources WHERE number = ?", number)
    return _resource(row) if row else None


def create(
    db: Database, kind: str, owner: object, label: str, folder: str, *, format_: str = "", content: str = "",
    description: str = "", tags: str = "",
) -> Resource:  # fmt: skip
    number = db.insert(
        "INSERT INTO resources(kind, owner, label, folder, format, content, description, tags)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        kind, str(owner), label, folder, format_, content, description, tags,
    )  # fmt: skip
    return Resource(number, kind, str(owner), label, folder, format_, content, description, tags)


def delete(db: Database, number: int) -> None:
    with db.transaction():
        db.run("DELETE FROM files WHERE resource = ?", number)
        db.run("DELETE FROM resources WHERE number = ?", number)


def entries(db: Database, number: int) -> list[Entry]:
    return [_entry(row) for row in db.rows("SELECT * FROM files WHERE resource = ? ORDER BY path", number)]


def entry(db: Database, number: int, path: str) -> Entry | None:
    row = db.row("SELECT * FROM files WHERE resource = ? AND path = ?", number, path)
    return _entry(row) if row else None


def put_entry(db: Database, number: int, file: Entry) -> None:
    db.run(
        "INSERT OR REPLACE INTO files(resource, path, size, digest, uid, format, content, tags)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        number, file.path, file.size, file.digest, file.uid, file.format, file.content, file.tags,
    )  # fmt: skip


def drop_entry(db: Database, number: int, path: str) -> None:
    db.run("DELETE FROM files WHERE resource = ? AND path = ?", number, path)


def totals(db: Database, number: int) -> tuple[int, int]:
    """How many files, how many bytes."""
    row = db.row("SELECT count(*) AS n, ifnull(sum(size), 0) AS s FROM files WHERE resource = ?", number)
    return (int(row["n"]), int(row["s"])) if row else (0, 0)


def _resource(row: sqlite3.Row) -> Resource:
    return Resource(
        row["number"], row["kind"], row["owner"], row["label"], row["folder"], row["format"], row["content"],
        row["description"], row["tags"],
    )  # fmt: skip


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        path=row["path"], size=row["size"], digest=row["digest"], uid=row["uid"], format=row["format"],
        content=row["content"], tags=row["tags"],
    )  # fmt: skip
