"""Projects and their memberships."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from xnat_gate.sandbox.models import fields
from xnat_gate.sandbox.models.clock import now, printed
from xnat_gate.sandbox.models.database import Database

STOCK_PREARCHIVE_CODE = 4


class Role(StrEnum):
    """The three groups XNAT makes for a project; the group is `{project}_{role}`."""

    OWNER = "owner"
    MEMBER = "member"
    COLLABORATOR = "collaborator"

    @property
    def displayname(self) -> str:
        return f"{self.value.capitalize()}s"


@dataclass(frozen=True, slots=True)
class Project:
    """`prearchive_code`: 0 manual, 4 auto-archive, 5 auto-archive overwriting; XNAT stores any integer."""

    id: str
    secondary_id: str
    name: str
    accessibility: str
    prearchive_code: int
    fields: Mapping[str, str]


def find(db: Database, project: str) -> Project | None:
    row = db.row("SELECT * FROM projects WHERE id = ?", project)
    return _project(row) if row else None


def listed(db: Database) -> list[Project]:
    return [_project(row) for row in db.rows("SELECT * FROM projects ORDER BY id")]


def create(db: Database, project: str, user: str, *, secondary_id: str = "", name: str = "") -> None:
    """Make a project with XNAT's defaults (private, prearchive code 4) unless there is one of this ID."""
    db.run(
        "INSERT OR IGNORE INTO projects(id, secondary_id, name, prearchive_code, inserted, insert_user)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        project, secondary_id or project, name or project, STOCK_PREARCHIVE_CODE, printed(now()), user,
    )  # fmt: skip


def update(db: Database, project: Project, change: Mapping[str, str]) -> None:
    """Set `name`, `secondary_ID` and free fields."""
    rest = {key: value for key, value in change.items() if key not in {"name", "secondary_ID"}}
    db.run(
        "UPDATE projects SET secondary_id = ?, name = ?, fields = ? WHERE id = ?",
        change.get("secondary_ID", project.secondary_id), change.get("name", project.name),
        fields.dump(fields.merged(project.fields, rest)), project.id,
    )  # fmt: skip


def delete(db: Database, project: str) -> None:
    """Forget the project, its members and its shares; its ID is never given again."""
    with db.transaction():
        for table, column in (("projects", "id"), ("members", "project"), ("shares", "project")):
            db.run(f"DELETE FROM {table} WHERE {column} = ?", project)  # noqa: S608
        db.run("INSERT OR IGNORE INTO deleted_projects(id) VALUES (?)", project)


def was_deleted(db: Database, project: str) -> bool:
    return db.row("SELECT 1 FROM deleted_projects WHERE id = ?", project) is not None


def taken(db: Database, project: str, *, name: str, secondary_id: str) -> bool:
    """Whether another project uses this ID in other spelling, this title or this running title."""
    return bool(
        db.row(
            "SELECT 1 FROM projects WHERE id <> ? AND (lower(id) = lower(?) OR lower(name) = lower(?)"
            " OR lower(secondary_id) = lower(?))",
            project, project, name or project, secondary_id or project,
        )
    )  # fmt: skip


def set_accessibility(db: Database, project: str, level: str) -> None:
    db.run("UPDATE projects SET accessibility = ? WHERE id = ?", level, project)


def set_prearchive_code(db: Database, project: str, code: int) -> None:
    db.run("UPDATE projects SET prearchive_code = ? WHERE id = ?", code, project)


def role(db: Database, login: str, project: str) -> Role | None:
    row = db.row("SELECT role FROM members WHERE project = ? AND login = ?", project, login)
    return Role(row["role"]) if row else None


def roles(db: Database, login: str) -> dict[str, Role]:
    """Project ID to role, for one account."""
    rows = db.rows("SELECT project, role FROM members WHERE login = ? ORDER BY project", login)
    return {row["project"]: Role(row["role"]) for row in rows}


def members(db: Database, project: str) -> list[tuple[str, Role]]:
    rows = db.rows("SELECT login, role FROM members WHERE project = ? ORDER BY role DESC, login", project)
    return [(row["login"], Role(row["role"])) for row in rows]


def admit(db: Database, project: str, login: str, role_: Role) -> None:
    db.run(
        "INSERT OR REPLACE INTO members(project, login, role) VALUES (?, ?, ?)", project, login, role_.value
    )


def dismiss(db: Database, project: str, login: str) -> None:
    db.run("DELETE FROM members WHERE project = ? AND login = ?", project, login)


def _project(row: sqlite3.Row) -> Project:
    return Project(
        row["id"], row["secondary_id"], row["name"], row["accessibility"], row["prearchive_code"],
        fields.load(row["fields"]),
    )  # fmt: skip
