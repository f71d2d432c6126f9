"""Subjects: found by label within a project (also when shared into it) or by accession ID."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from xnat_gate.sandbox.models import fields
from xnat_gate.sandbox.models.clock import now, printed
from xnat_gate.sandbox.models.database import Database


@dataclass(frozen=True, slots=True)
class Subject:
    """`project` and `label` are those of the owning project; `id` is the accession ID."""

    id: str
    project: str
    label: str
    fields: Mapping[str, str]
    custom: Mapping[str, str]
    inserted: str
    insert_user: str


def by_id(db: Database, subject: str) -> Subject | None:
    row = db.row("SELECT * FROM subjects WHERE id = ?", subject)
    return _subject(row) if row else None


def find(db: Database, project: str, key: str) -> Subject | None:
    """By label or accession ID among the project's own and shared subjects."""
    row = db.row(
        "SELECT s.* FROM subjects s LEFT JOIN shares x ON x.kind = 'subject' AND x.item = s.id AND x.project = :project"
        " WHERE (s.project = :project AND (s.label = :key OR s.id = :key))"
        " OR (x.project IS NOT NULL AND (s.id = :key OR coalesce(nullif(x.label, ''), s.label) = :key))"
        " ORDER BY s.project <> :project LIMIT 1",
        project=project,
        key=key,
    )
    return _subject(row) if row else None


def match(db: Database, project: str, label: str) -> Subject | None:
    """As the archiver looks: by label without regard to case in the project, else by accession ID anywhere."""
    row = db.row(
        "SELECT * FROM subjects WHERE project = ? AND lower(label) = lower(?) ORDER BY label <> ? LIMIT 1",
        project, label, label,
    )  # fmt: skip
    return _subject(row) if row else by_id(db, label)


def listed(db: Database, project: str | None = None) -> list[Subject]:
    """All subjects, or those of one project with the ones shared into it."""
    if project is None:
        return [_subject(row) for row in db.rows("SELECT * FROM subjects ORDER BY id")]
    rows = db.rows(
        "SELECT * FROM subjects WHERE project = :project OR id IN"
        " (SELECT item FROM shares WHERE kind = 'subject' AND project = :project) ORDER BY id",
        project=project,
    )
    return [_subject(row) for row in rows]


def create(db: Database, site: str, project: str, label: str, user: str) -> Subject:
    with db.transaction():
        key = f"{site}_S{db.next_number('subject'):05d}"
        made = Subject(key, project, label, {}, {}, printed(now()), user)
        db.run(
            "INSERT INTO subjects(id, project, label, inserted, insert_user) VALUES (?, ?, ?, ?, ?)",
            key, project, label, made.inserted, user,
        )  # fmt: skip
    return made


def update(db: Database, subject: Subject, change: Mapping[str, str], custom: Mapping[str, str]) -> None:
    db.run(
        "UPDATE subjects SET fields = ?, custom = ? WHERE id = ?",
        fields.dump(fields.merged(subject.fields, change)), fields.dump(fields.merged(subject.custom, custom)),
        subject.id,
    )  # fmt: skip


def place(db: Database, subject: str, *, project: str, label: str) -> None:
    """Give the subject another project or label."""
    db.run("UPDATE subjects SET project = ?, label = ? WHERE id = ?", project, label, subject)


def delete(db: Database, subject: str) -> None:
    with db.transaction():
        db.run("DELETE FROM subjects WHERE id = ?", subject)
        db.run("DELETE FROM shares WHERE kind = 'subject' AND item = ?", subject)


def _subject(row: sqlite3.Row) -> Subject:
    return Subject(
        row["id"], row["project"], row["label"], fields.load(row["fields"]), fields.load(row["custom"]),
        row["inserted"], row["insert_user"],
    )  # fmt: skip
