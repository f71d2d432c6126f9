"""The config service: versioned texts by scope (site = ''), tool and path.

Laws: versions start at 1; the same contents while enabled make no new version; nothing is forgotten.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from xnat_gate.sandbox.models.clock import now, printed
from xnat_gate.sandbox.models.database import Database

SITE = ""


@dataclass(frozen=True, slots=True)
class Config:
    """One version; `status` is `enabled` or `disabled`, `project` is '' for the site."""

    project: str
    tool: str
    path: str
    version: int
    contents: str
    status: str
    unversioned: str
    login: str
    created: str


def tools(db: Database, project: str) -> list[str]:
    rows = db.rows("SELECT DISTINCT tool FROM config WHERE project = ? ORDER BY tool", project)
    return [row["tool"] for row in rows]


def of_tool(db: Database, project: str, tool: str) -> list[Config]:
    """The newest version of each path."""
    rows = db.rows(
        "SELECT * FROM config c WHERE project = ? AND tool = ? AND version ="
        " (SELECT max(version) FROM config d WHERE d.project = c.project AND d.tool = c.tool AND d.path = c.path)"
        " ORDER BY path",
        project, tool,
    )  # fmt: skip
    return [_config(row) for row in rows]


def newest(db: Database, project: str, tool: str, path: str) -> Config | None:
    return next(reversed(history(db, project, tool, path)), None)


def history(db: Database, project: str, tool: str, path: str) -> list[Config]:
    rows = db.rows(
        "SELECT * FROM config WHERE project = ? AND tool = ? AND path = ? ORDER BY version",
        project,
        tool,
        path,
    )
    return [_config(row) for row in rows]


def put(
    db: Database, project: str, tool: str, path: str, contents: str, login: str, *, status: str = "enabled",
    unversioned: bool = False,
) -> bool:  # fmt: skip
    """Store a text; whether it is the first of this path."""
    with db.transaction():
        last = newest(db, project, tool, path)
        if last and last.contents == contents and last.status == status:
            return False
        if unversioned:
            db.run("DELETE FROM config WHERE project = ? AND tool = ? AND path = ?", project, tool, path)
        version = 1 if last is None or unversioned else last.version + 1
        db.run(
            "INSERT INTO config(project, tool, path, version, contents, status, unversioned, login, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            project, tool, path, version, contents, status, str(unversioned).lower(), login, printed(now()),
        )  # fmt: skip
        return last is None


def set_status(db: Database, config: Config, status: str, login: str) -> None:
    """Enable or disable: a new version with the same contents."""
    put(db, config.project, config.tool, config.path, config.contents, login, status=status)


def _config(row: sqlite3.Row) -> Config:
    return Config(
        row["project"], row["tool"], row["path"], row["version"], row["contents"], row["status"], row["unversioned"],
        row["login"], row["created"],
    )  # fmt: skip
