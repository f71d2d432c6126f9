"""The rows of the prearchive, and the only places where their status changes.

The sessions of direct archiving have rows here, too (`direct`), which the prearchive does not show.

Laws: a locked status begins with `_` and means that work is really in progress; a locked row is left alone by all but
its worker, with one exception that XNAT has too: an object that arrives sets any row back to RECEIVING.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from xnat_gate.sandbox.models.clock import now, printed
from xnat_gate.sandbox.models.database import Database
from xnat_gate.sandbox.models.folders import UNASSIGNED


class Status(StrEnum):
    """XNAT's PrearcStatus; the locked form of S is `_S`."""

    RECEIVING = "RECEIVING"
    RECEIVING_INTERRUPT = "RECEIVING_INTERRUPT"
    BUILDING = "BUILDING"
    READY = "READY"
    ARCHIVING = "ARCHIVING"
    CONFLICT = "CONFLICT"
    ERROR = "ERROR"
    MOVING = "MOVING"
    DELETING = "DELETING"
    SEPARATING = "SEPARATING"
    QUEUED_ARCHIVING = "QUEUED_ARCHIVING"
    QUEUED_BUILDING = "QUEUED_BUILDING"
    QUEUED_DELETING = "QUEUED_DELETING"
    QUEUED_MOVING = "QUEUED_MOVING"
    QUEUED_SEPARATING = "QUEUED_SEPARATING"

    @property
    def locked(self) -> str:
        return f"_{self.value}"


@dataclass(frozen=True, slots=True)
class Row:
    """A session in the prearchive; `project` None is Unassigned, `name` the session label, `tag` the study's UID."""

    number: int
    project: str | None
    timestamp: str
    folder: str
    lastmod: str
    uploaded: str
    scan_date: str
    scan_time: str
    subject: str
    name: str
    tag: str
    status: str
    autoarchive: str
    prevent_anon: str
    prevent_auto_commit: str
    source: str
    visit: str
    protocol: str
    timezone: str
    auto_archive_blocked: bool
    direct: bool

    @property
    def uri(self) -> str:
        """As the listing's `url` cell has it: without /data."""
        if self.direct:
            return f"/xapi/direct-archive/{self.project}/{self.tag}/{self.name}"
        return f"/prearchive/projects/{self.project or UNASSIGNED}/{self.timestamp}/{self.folder}"

    @property
    def import_uri(self) -> str:
        """As an import answers it: with /data, unless it is archived directly."""
        return self.uri if self.direct else f"/data{self.uri}"

    @property
    def is_locked(self) -> bool:
        return self.status.startswith("_")


COLUMNS = (
    "project", "timestamp", "lastmod", "uploaded", "scan_date", "scan_time", "subject", "folderName", "name", "tag",
    "status", "url", "autoarchive", "prevent_anon", "prevent_auto_commit", "SOURCE", "VISIT", "PROTOCOL", "TIMEZONE",
)  # fmt: skip


def cells(row: Row) -> dict[str, str]:
    """The row as XNAT lists it: 19 columns in XNAT's order, every cell a string."""
    values = (
        row.project or UNASSIGNED, row.timestamp, row.lastmod, row.uploaded, row.scan_date, row.scan_time, row.subject,
        row.folder, row.name, row.tag, row.status, row.uri, row.autoarchive, row.prevent_anon, row.prevent_auto_commit,
        row.source, row.visit, row.protocol, row.timezone,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def at(db: Database, project: str | None, timestamp: str, folder: str) -> Row | None:
    """The row of this place, archived directly or not."""
    row = db.row(
        "SELECT * FROM prearchive WHERE ifnull(project, '') = ? AND timestamp = ? AND folder = ?",
        project or "", timestamp, folder,
    )  # fmt: skip
    return _row(row) if row else None


def find(db: Database, project: str | None, timestamp: str, folder: str) -> Row | None:
    """The waiting session of this place."""
    found = at(db, project, timestamp, folder)
    return None if found is None or found.direct else found


def by_number(db: Database, number: int) -> Row | None:
    row = db.row("SELECT * FROM prearchive WHERE number = ?", number)
    return _row(row) if row else None


def by_study(db: Database, project: str | None, tag: str, name: str, *, direct: bool = False) -> Row | None:
    """XNAT's key of a row: project, StudyInstanceUID and label."""
    row = db.row(
        "SELECT * FROM prearchive WHERE ifnull(project, '') = ? AND tag = ? AND name = ? AND direct = ?",
        project or "", tag, name, direct,
    )  # fmt: skip
    return _row(row) if row else None


def listed(db: Database, project: str | None, *, direct: bool = False) -> list[Row]:
    """The waiting sessions of a project, or those being archived directly."""
    rows = db.rows(
        "SELECT * FROM prearchive WHERE ifnull(project, '') = ? AND direct = ? ORDER BY number",
        project or "", direct,
    )  # fmt: skip
    return [_row(row) for row in rows]


def everything(db: Database) -> list[Row]:
    """Every row, those of direct archiving among them."""
    return [_row(row) for row in db.rows("SELECT * FROM prearchive ORDER BY number")]


def create(db: Database, values: Mapping[str, str | int | None]) -> Row:
    """A new row in RECEIVING; `values` are column names of the table."""
    moment = printed(now())
    full = {**values, "status": Status.RECEIVING.value, "lastmod": moment, "uploaded": moment}
    marks = ", ".join("?" * len(full))
    number = db.insert(f"INSERT INTO prearchive({', '.join(full)}) VALUES ({marks})", *full.values())  # noqa: S608
    made = by_number(db, number)
    assert made is not None  # noqa: S101 - just inserted under the same lock
    return made


def touch(db: Database, number: int) -> None:
    """An object has arrived: RECEIVING again whatever the row was doing, only a build is told by an interrupt."""
    db.run(
        "UPDATE prearchive SET lastmod = ?, status = CASE WHEN status IN ('BUILDING', '_BUILDING',"
        " 'RECEIVING_INTERRUPT', '_RECEIVING_INTERRUPT') THEN 'RECEIVING_INTERRUPT' ELSE 'RECEIVING' END"
        " WHERE number = ?",
        printed(now()), number,
    )  # fmt: skip


def change(db: Database, number: int, **values: str | int | None) -> None:
    """Set columns of the row (never the status: see `set_status`, `lock`, `unlock`); `lastmod` follows."""
    full = {**values, "lastmod": printed(now())}
    marks = ", ".join(f"{name} = ?" for name in full)
    db.run(f"UPDATE prearchive SET {marks} WHERE number = ?", *full.values(), number)  # noqa: S608


def set_status(db: Database, number: int, status: Status) -> bool:
    """Set the status unless the row is locked or gone; whether it was set."""
    return _switch(db, number, status.value)


def lock(db: Database, number: int, status: Status) -> bool:
    """Take the row for work; False when somebody else has it or it is gone."""
    return _switch(db, number, status.locked)


def unlock(db: Database, number: int, held: Status, status: Status) -> bool:
    """Give the row back in `status`; False when an arriving object has taken the lock away meanwhile."""
    done = db.run(
        "UPDATE prearchive SET status = ?, lastmod = ? WHERE number = ? AND status = ?",
        status.value, printed(now()), number, held.locked,
    )  # fmt: skip
    return done == 1


def force_status(db: Database, number: int, status: Status) -> None:
    """Set the status even of a locked row (restart, refresh, interrupted build)."""
    db.run(
        "UPDATE prearchive SET status = ?, lastmod = ? WHERE number = ?", status.value, printed(now()), number
    )


def delete(db: Database, number: int) -> None:
    with db.transaction():
        db.run("DELETE FROM prearchive WHERE number = ?", number)
        db.run("DELETE FROM headers WHERE session = ?", number)


def _switch(db: Database, number: int, status: str) -> bool:
    done = db.run(
        "UPDATE prearchive SET status = ?, lastmod = ? WHERE number = ? AND substr(status, 1, 1) <> '_'",
        status, printed(now()), number,
    )  # fmt: skip
    return done == 1


def _row(row: sqlite3.Row) -> Row:
    flags = {name: bool(row[name]) for name in ("auto_archive_blocked", "direct")}
    return Row(**{**dict(row), **flags})
