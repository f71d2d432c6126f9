"""Preferences that are changed over REST: one value per tool and name."""

from __future__ import annotations

import json

from xnat_gate.sandbox.models.database import Database

EVENT_SERVICE = "eventService"


def read(db: Database, tool: str) -> dict[str, object]:
    """What has been set so far."""
    rows = db.rows("SELECT name, value FROM preferences WHERE tool = ? ORDER BY name", tool)
    return {row["name"]: json.loads(row["value"]) for row in rows}


def write(db: Database, tool: str, name: str, value: object) -> None:
    db.run(
        "INSERT OR REPLACE INTO preferences(tool, name, value) VALUES (?, ?, ?)",
        tool, name, json.dumps(value, ensure_ascii=False),
    )  # fmt: skip


def events_enabled(db: Database) -> bool:
    """Whether the Event Service is on; a fresh site has it off."""
    row = db.row("SELECT value FROM preferences WHERE tool = ? AND name = 'enabled'", EVENT_SERVICE)
    return row is not None and json.loads(row["value"]) is True
