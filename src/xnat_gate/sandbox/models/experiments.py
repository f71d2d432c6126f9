"""Archived sessions: found by label within a project (also when shared into it) or by accession ID."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from xnat_gate.sandbox.models import fields
from xnat_gate.sandbox.models.clock import now, printed
from xnat_gate.sandbox.models.database import Database


@dataclass(frozen=True, slots=True)
class Experiment:
    """`project` and `label` are those of the primary project; `subject` is an accession ID."""

    id: str
    project: str
    label: str
    subject: str
    xsi_type: str
    fields: Mapping[str, str]
    custom: Mapping[str, str]
    inserted: str
    insert_user: str

    @property
    def uid(self) -> str:
        return self.fields.get("UID", "")

    @property
    def is_session(self) -> bool:
        """An image session, as everything is that comes from the prearchive."""
        return self.xsi_type.endswith("SessionData")


def by_id(db: Database, key: str) -> Experiment | None:
    row = db.row("SELECT * FROM experiments WHERE id = ?", key)
    return _experiment(row) if row else None


def labelled(db: Database, project: str, label: str) -> Experiment | None:
    """The project's own session of this label."""
    row = db.row("SELECT * FROM experiments WHERE project = ? AND label = ?", project, label)
    return _experiment(row) if row else None


def find(db: Database, project: str, key: str) -> Experiment | None:
    """By label or accession ID among the project's own and shared sessions."""
    row = db.row(
        "SELECT e.* FROM experiments e"
        " LEFT JOIN shares x ON x.kind = 'experiment' AND x.item = e.id AND x.project = :project"
        " WHERE (e.project = :project AND (e.label = :key OR e.id = :key))"
        " OR (x.project IS NOT NULL AND (e.id = :key OR coalesce(nullif(x.label, ''), e.label) = :key))"
        " ORDER BY e.project <> :project LIMIT 1",
        project=project,
        key=key,
    )
    return _experiment(row) if row else None


def listed(db: Database, project: str | None = None) -> list[Experiment]:
    """All sessions, or those of one project with the ones shared into it."""
    if project is None:
        return [_experiment(row) for row in db.rows("SELECT * FROM experiments ORDER BY id")]
    rows = db.rows(
        "SELECT * FROM experiments WHERE project = :project OR id IN"
        " (SELECT item FROM shares WHERE kind = 'experiment' AND project = :project) ORDER BY id",
        project=project,
    )
    return [_experiment(row) for row in rows]


def of_subject(db: Database, subject: str) -> list[Experiment]:
    return [
        _experiment(row)
        for row in db.rows("SELECT * FROM experiments WHERE subject = ? ORDER BY id", subject)
    ]


def create(
    db: Database, site: str, *, project: str, label: str, subject: str, xsi_type: str, user: str
) -> Experiment:
    with db.transaction():
        key = f"{site}_E{db.next_number('experiment'):05d}"
        made = Experiment(key, project, label, subject, xsi_type, {}, {}, printed(now()), user)
        db.run(
            "INSERT INTO experiments(id, project, label, subject, xsi_type, inserted, insert_user)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            key, project, label, subject, xsi_type, made.inserted, user,
        )  # fmt: skip
    return made


def update(
    db: Database, experiment: Experiment, change: Mapping[str, str], custom: Mapping[str, str]
) -> None:
    db.run(
        "UPDATE experiments SET fields = ?, custom = ? WHERE id = ?",
        fields.dump(fields.merged(experiment.fields, change)),
        fields.dump(fields.merged(experiment.custom, custom)), experiment.id,
    )  # fmt: skip


def place(db: Database, key: str, *, project: str, label: str) -> None:
    """Give the session another project or label; the accession ID and the subject stay."""
    db.run("UPDATE experiments SET project = ?, label = ? WHERE id = ?", project, label, key)


def link(db: Database, key: str, subject: str) -> None:
    db.run("UPDATE experiments SET subject = ? WHERE id = ?", subject, key)


def delete(db: Database, key: str) -> None:
    with db.transaction():
        db.run("DELETE FROM experiments WHERE id = ?", key)
        db.run("DELETE FROM shares WHERE kind = 'experiment' AND item = ?", key)


def _experiment(row: sqlite3.Row) -> Experiment:
    return Experiment(
        row["id"], row["project"], row["label"], row["subject"], row["xsi_type"], fields.load(row["fields"]),
        fields.load(row["custom"]), row["inserted"], row["insert_user"],
    )  # fmt: skip
