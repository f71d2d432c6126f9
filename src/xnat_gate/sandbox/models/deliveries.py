"""Deliveries: what became of an event that somebody subscribed to, step by step.

Laws: a message is cut at 255 characters; a delivery outlives its subscription; what a filter turned away is hidden
unless asked for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from xnat_gate.sandbox.models.clock import now
from xnat_gate.sandbox.models.database import Database

LONGEST = 255


class Step(StrEnum):
    """XNAT's words for how far a delivery came; the last one is its status."""

    EVENT_TRIGGERED = "EVENT_TRIGGERED"
    EVENT_DETECTED = "EVENT_DETECTED"
    SUBSCRIPTION_TRIGGERED = "SUBSCRIPTION_TRIGGERED"
    SUBSCRIPTION_DISABLED_HALT = "SUBSCRIPTION_DISABLED_HALT"
    OBJECT_SERIALIZED = "OBJECT_SERIALIZED"
    OBJECT_FILTERED = "OBJECT_FILTERED"
    OBJECT_FILTERING_FAULT = "OBJECT_FILTERING_FAULT"
    OBJECT_FILTER_MISMATCH_HALT = "OBJECT_FILTER_MISMATCH_HALT"
    RESOLVING_ATTRIBUTES = "RESOLVING_ATTRIBUTES"
    ACTION_CALLED = "ACTION_CALLED"
    ACTION_STEP = "ACTION_STEP"
    ACTION_ERROR = "ACTION_ERROR"
    ACTION_FAILED = "ACTION_FAILED"
    ACTION_COMPLETE = "ACTION_COMPLETE"
    FAILED = "FAILED"


FAULTS = frozenset({Step.OBJECT_FILTERING_FAULT, Step.ACTION_ERROR, Step.ACTION_FAILED, Step.FAILED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history; `moment` as the Event Service prints it."""

    step: Step
    moment: str
    message: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """`trigger` is what the event was about, as XNAT shows it; empty as long as that is not known."""

    id: int
    subscription: int
    subscription_name: str
    event_type: str
    login: str
    project: str
    inputs: str
    trigger: Mapping[str, object]
    history: tuple[Entry, ...]

    @property
    def last(self) -> Entry:
        return self.history[-1]

    @property
    def filtered_out(self) -> bool:
        return self.last.step is Step.OBJECT_FILTER_MISMATCH_HALT


def open_(
    db: Database, *, subscription: int, name: str, event_type: str, login: str, project: str, inputs: str,
    triggered: datetime,
) -> int:  # fmt: skip
    """A new delivery of an event that was triggered at this moment, and is detected now; its id."""
    with db.transaction():
        number = db.insert(
            "INSERT INTO deliveries(subscription, name, event_type, login, project, inputs) VALUES (?, ?, ?, ?, ?, ?)",
            subscription, name, event_type, login, project, inputs,
        )  # fmt: skip
        add(db, number, Step.EVENT_TRIGGERED, "Event triggered.", triggered)
        add(db, number, Step.EVENT_DETECTED, "Event detected.")
    return number


def add(db: Database, number: int, step: Step, message: str, moment: datetime | None = None) -> None:
    """Add a line to the history."""
    db.run(
        "INSERT INTO delivery_history(delivery, step, moment, message) VALUES (?, ?, ?, ?)",
        number, step.value, f"{moment or now():%Y-%m-%d %H:%M:%S} UTC", message[:LONGEST],
    )  # fmt: skip


def set_trigger(db: Database, number: int, trigger: Mapping[str, object]) -> None:
    text = json.dumps(dict(trigger), ensure_ascii=False)
    db.run("UPDATE deliveries SET about = ? WHERE id = ?", text, number)


def find(db: Database, number: int) -> Delivery | None:
    row = db.row("SELECT * FROM deliveries WHERE id = ?", number)
    return _delivery(db, row) if row else None


def listed(
    db: Database, *, project: str | None, subscription: int | None, mismatches: bool
) -> list[Delivery]:
    """The newest first."""
    rows = db.rows("SELECT * FROM deliveries ORDER BY id DESC")
    return [
        one
        for one in (_delivery(db, row) for row in rows)
        if (project is None or one.project == project)
        and (subscription is None or one.subscription == subscription)
        and (mismatches or not one.filtered_out)
    ]


def _delivery(db: Database, row: sqlite3.Row) -> Delivery:
    lines = db.rows("SELECT * FROM delivery_history WHERE delivery = ? ORDER BY number", row["id"])
    history = tuple(Entry(Step(line["step"]), line["moment"], line["message"]) for line in lines)
    return Delivery(
        row["id"], row["subscription"], row["name"], row["event_type"], row["login"], row["project"], row["inputs"],
        json.loads(row["about"]), history,
    )  # fmt: skip
