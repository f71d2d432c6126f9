"""Subscriptions: which event, what is done about it, in whose name.

Laws: an id is never given twice; the owner is the account that made it, whoever changes it afterwards.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from xnat_gate.sandbox.models.clock import now, printed
from xnat_gate.sandbox.models.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """`projects` empty means the whole site; `payload_filter` is a JSONPath predicate, `schedule` a cron text."""

    event_type: str
    status: str = ""
    projects: tuple[str, ...] = ()
    payload_filter: str = ""
    schedule: str = ""
    schedule_description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """`id` is 0 before it is stored; `attributes` become the parameters of the launch."""

    id: int = 0
    name: str
    active: bool = True
    action_key: str
    owner: str
    act_as_event_user: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)
    filter: EventFilter
    created: str = ""


def add(db: Database, one: Subscription) -> int:
    """Store it; its id."""
    return db.insert(
        "INSERT INTO subscriptions(name, active, action_key, owner, act_as_event_user, attributes, filter, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        one.name, int(one.active), one.action_key, one.owner, int(one.act_as_event_user),
        _dump(one.attributes), _dump_filter(one.filter), printed(now()),
    )  # fmt: skip


def replace(db: Database, one: Subscription) -> None:
    """Store all of it again, its owner apart."""
    db.run(
        "UPDATE subscriptions SET name = ?, active = ?, action_key = ?, act_as_event_user = ?, attributes = ?,"
        " filter = ? WHERE id = ?",
        one.name, int(one.active), one.action_key, int(one.act_as_event_user), _dump(one.attributes),
        _dump_filter(one.filter), one.id,
    )  # fmt: skip


def activate(db: Database, number: int, *, active: bool) -> None:
    db.run("UPDATE subscriptions SET active = ? WHERE id = ?", int(active), number)


def delete(db: Database, number: int) -> None:
    db.run("DELETE FROM subscriptions WHERE id = ?", number)


def find(db: Database, number: int) -> Subscription | None:
    row = db.row("SELECT * FROM subscriptions WHERE id = ?", number)
    return _subscription(row) if row else None


def named(db: Database, name: str) -> Subscription | None:
    row = db.row("SELECT * FROM subscriptions WHERE name = ?", name)
    return _subscription(row) if row else None


def listed(db: Database) -> list[Subscription]:
    return [_subscription(row) for row in db.rows("SELECT * FROM subscriptions ORDER BY id")]


def active(db: Database) -> list[Subscription]:
    return [_subscription(row) for row in db.rows("SELECT * FROM subscriptions WHERE active = 1 ORDER BY id")]


def _dump(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), ensure_ascii=False)


def _dump_filter(one: EventFilter) -> str:
    return json.dumps(
        {
            "event_type": one.event_type, "status": one.status, "projects": list(one.projects),
            "payload_filter": one.payload_filter, "schedule": one.schedule,
            "schedule_description": one.schedule_description,
        },
        ensure_ascii=False,
    )  # fmt: skip


def _subscription(row: sqlite3.Row) -> Subscription:
    stored = json.loads(row["filter"])
    return Subscription(
        id=row["id"], name=row["name"], active=bool(row["active"]), action_key=row["action_key"], owner=row["owner"],
        act_as_event_user=bool(row["act_as_event_user"]), attributes=json.loads(row["attributes"]),
        filter=EventFilter(**{**stored, "projects": tuple(stored["projects"])}), created=row["created"],
    )  # fmt: skip
