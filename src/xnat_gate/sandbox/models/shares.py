"""What is shared into another project, and under which label there. `kind` is `subject` or `experiment`."""

from __future__ import annotations

from xnat_gate.sandbox.models.database import Database


def into(db: Database, kind: str, item: str, project: str) -> str | None:
    """The label of the share ('' when it keeps its own); None when it is not shared there."""
    row = db.row("SELECT label FROM shares WHERE kind = ? AND item = ? AND project = ?", kind, item, project)
    return str(row["label"]) if row else None


def of(db: Database, kind: str, item: str) -> list[tuple[str, str]]:
    """Project and label of every share of an item."""
    rows = db.rows(
        "SELECT project, label FROM shares WHERE kind = ? AND item = ? ORDER BY project", kind, item
    )
    return [(row["project"], row["label"]) for row in rows]


def put(db: Database, kind: str, item: str, project: str, label: str) -> None:
    db.run(
        "INSERT OR REPLACE INTO shares(kind, item, project, label) VALUES (?, ?, ?, ?)",
        kind,
        item,
        project,
        label,
    )


def remove(db: Database, kind: str, item: str, project: str) -> None:
    db.run("DELETE FROM shares WHERE kind = ? AND item = ? AND project = ?", kind, item, project)
