"""The rows of launched containers, with what happened to each.

Laws: a row's status is the last of its history; one that has come to its end changes no more.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from xnat_gate.sandbox.models.clock import now
from xnat_gate.sandbox.models.database import Database


class Status(StrEnum):
    """Of containers and their workflows."""

    WAITING = "_Queued"
    STAGING = "Staging"
    QUEUED = "Queued"
    CREATED = "Created"
    RUNNING = "Running"
    FINALIZING = "Finalizing"
    COMPLETE = "Complete"
    FAILED = "Failed"
    KILLED = "Failed (Killed)"
    RESOLUTION_FAILED = "Failed (Command resolution)"
    STAGING_FAILED = "Failed (Staging)"
    LAUNCH_FAILED = "Failed (Container launch)"
    UPLOAD_FAILED = "Failed (Upload)"


END = ("Complete", "Failed", "Killed")


@dataclass(frozen=True, slots=True)
class Container:
    """`body` has the row's keys as REST names them, but for those that are fields here; `token` is an alias."""

    number: int
    login: str
    project: str
    status: str
    status_time: str
    container_id: str
    workflow: str
    token: str
    body: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...]

    @property
    def is_over(self) -> bool:
        return self.status.startswith(END)


def create(
    db: Database, *, login: str, project: str, workflow: str, token: str, body: Mapping[str, Any]
) -> Container:
    number = db.insert(
        "INSERT INTO containers(login, project, status, status_time, workflow, token, body) VALUES (?,?,?,?,?,?,?)",
        login, project, Status.QUEUED, _moment(), workflow, token, json.dumps(body, ensure_ascii=False),
    )  # fmt: skip
    return _demanded(by_number(db, number))


def by_number(db: Database, number: int) -> Container | None:
    row = db.row("SELECT * FROM containers WHERE number = ?", number)
    return _container(row) if row else None


def find(db: Database, key: str) -> Container | None:
    """By the row's number, else by the engine's ID."""
    row = db.row(
        "SELECT * FROM containers WHERE cast(number AS TEXT) = ? OR (container_id <> '' AND container_id = ?)"
        " ORDER BY container_id = ? LIMIT 1",
        key, key, key,
    )  # fmt: skip
    return _container(row) if row else None


def listed(db: Database) -> list[Container]:
    return [_container(row) for row in db.rows("SELECT * FROM containers ORDER BY number")]


def made(db: Database, number: int, container_id: str) -> None:
    """The engine has given it an ID."""
    db.run("UPDATE containers SET container_id = ? WHERE number = ?", container_id, number)


def amend(db: Database, number: int, **values: Any) -> None:
    """Set keys of the body, named with underscores; nothing happens when the row is gone."""
    with db.transaction():
        row = by_number(db, number)
        if row is not None:
            told = {name.replace("_", "-"): value for name, value in values.items()}
            body = json.dumps({**row.body, **told}, ensure_ascii=False)
            db.run("UPDATE containers SET body = ? WHERE number = ?", body, number)


def become(
    db: Database, number: int, status: str, *, by: str = "system", message: str = "", exit_code: int | None = None
) -> bool:  # fmt: skip
    """Give it a status and note it in the history; False when it has come to its end before, or is gone."""
    with db.transaction():
        row = by_number(db, number)
        if row is None or row.is_over:
            return False
        moment = _moment()
        entry = {
            "status": status, "entity-type": by, "entity-id": row.login if by == "user" else None,
            "time-recorded": moment, "message": message or None,
            "exitCode": None if exit_code is None else str(exit_code),
        }  # fmt: skip
        told = {name: value for name, value in entry.items() if value is not None}
        history = json.dumps([*row.history, told], ensure_ascii=False)
        db.run(
            "UPDATE containers SET status = ?, status_time = ?, history = ? WHERE number = ?",
            status, moment, history, number,
        )  # fmt: skip
    return True


def delete(db: Database, number: int) -> None:
    db.run("DELETE FROM containers WHERE number = ?", number)


def _demanded(row: Container | None) -> Container:
    if row is None:
        raise LookupError("the row of the container is gone")
    return row


def _moment() -> str:
    return now().isoformat(timespec="milliseconds")


def _container(row: sqlite3.Row) -> Container:
    return Container(
        row["number"], row["login"], row["project"], row["status"], row["status_time"], row["container_id"],
        row["workflow"], row["token"], json.loads(row["body"]), tuple(json.loads(row["history"])),
    )  # fmt: skip
