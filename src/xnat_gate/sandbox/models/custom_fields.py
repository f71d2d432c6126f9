"""Custom fields: a JSON object kept with an item, whatever project it is moved to. `owner` as in models.resources."""

from __future__ import annotations

import json
from collections.abc import Mapping

from xnat_gate.sandbox.models.database import Database


def read(db: Database, kind: str, owner: str) -> dict[str, object]:
    row = db.row("SELECT value FROM custom_fields WHERE kind = ? AND owner = ?", kind, owner)
    found: dict[str, object] = json.loads(row["value"]) if row else {}
    return found


def write(db: Database, kind: str, owner: str, value: Mapping[str, object]) -> None:
    db.run(
        "INSERT OR REPLACE INTO custom_fields(kind, owner, value) VALUES (?, ?, ?)",
        kind, owner, json.dumps(dict(value), ensure_ascii=False),
    )  # fmt: skip


def forget(db: Database, kind: str, owner: object) -> None:
    db.run("DELETE FROM custom_fields WHERE kind = ? AND owner = ?", kind, str(owner))
