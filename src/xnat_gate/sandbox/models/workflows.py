"""Workflows: XNAT's record of what was done to an item, by whom and why; an open one bars renames and merges.

Laws: one of the same item, pipeline and launch time is the same workflow; what the sandbox itself does to an archived
item is recorded as done.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from xnat_gate.sandbox.models.clock import now, printed
from xnat_gate.sandbox.models.database import Database

CLOSED = frozenset({"complete", "failed"})
FIELDS = (
    "id", "data_type", "pipeline_name", "launch_time", "ExternalID", "status", "comments", "justification",
    "scan_id", "step_description", "percentageComplete", "details", "category", "type",
)  # fmt: skip
COLUMNS = {"id": "item", "ExternalID": "project"}


@dataclass(frozen=True, slots=True)
class Workflow:
    """`number` is the workflow's key; `values` by XNAT's names; `login` who made it."""

    number: int
    login: str
    values: Mapping[str, str]

    @property
    def is_open(self) -> bool:
        status = self.values.get("status", "").lower()
        return not any(status.startswith(end) for end in CLOSED)


def find(db: Database, number: int) -> Workflow | None:
    row = db.row("SELECT * FROM workflows WHERE number = ?", number)
    return _workflow(row) if row else None


def search(db: Database, wanted: Mapping[str, str]) -> list[Workflow]:
    """Those whose values are these, the oldest first."""
    found = [_workflow(row) for row in db.rows("SELECT * FROM workflows ORDER BY number")]
    return [
        each for each in found if all(each.values.get(name, "") == value for name, value in wanted.items())
    ]


def open_on(db: Database, item: str) -> Workflow | None:
    """An open workflow on the item."""
    return next((each for each in search(db, {"id": item}) if each.is_open), None)


def create(db: Database, login: str, values: Mapping[str, str]) -> Workflow:
    full = {name: values.get(name, "") for name in FIELDS}
    names = ", ".join(["login", *(COLUMNS.get(name, name) for name in FIELDS)])
    marks = ", ".join("?" * (len(FIELDS) + 1))
    number = db.insert(f"INSERT INTO workflows({names}) VALUES ({marks})", login, *full.values())  # noqa: S608
    return Workflow(number, login, full)


def update(db: Database, workflow: Workflow, change: Mapping[str, str]) -> None:
    known = {COLUMNS.get(name, name): value for name, value in change.items() if name in FIELDS}
    if known:
        marks = ", ".join(f"{name} = ?" for name in known)
        db.run(f"UPDATE workflows SET {marks} WHERE number = ?", *known.values(), workflow.number)  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a request says about its reason: `event_reason`, `event_id` (a workflow to write it on), and so on."""

    reason: str = ""
    action: str = ""
    comment: str = ""
    workflow: str = ""


def record(
    db: Database, event: Event, *, login: str, item: str, data_type: str, project: str, action: str,
    status: str = "Complete",
) -> None:  # fmt: skip
    """Note that something was done to an item, on the workflow the event names or on a new one."""
    values = {
        "id": item, "data_type": data_type, "ExternalID": project, "pipeline_name": event.action or action,
        "status": status, "justification": event.reason, "comments": event.comment,
    }  # fmt: skip
    known = find(db, int(event.workflow)) if event.workflow.isdecimal() else None
    if known is not None and known.values["id"] == item:
        told = {name: values[name] for name in ("status", "justification", "comments") if values[name]}
        update(db, known, told)
        return
    create(db, login, {**values, "launch_time": printed(now())})


def _workflow(row: sqlite3.Row) -> Workflow:
    values = {name: str(row[COLUMNS.get(name, name)]) for name in FIELDS}
    return Workflow(row["number"], row["login"], values)
