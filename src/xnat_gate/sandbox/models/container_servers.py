"""The server on which the Container Service starts its containers, as an administrator has set it.

Laws: a new setting stands in place of the one before as a whole; what it leaves out is off, whatever it was before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from xnat_gate.sandbox.models.database import Database

DEFAULT: Mapping[str, Any] = {
    "id": 1, "name": "Local socket", "host": "unix:///var/run/docker.sock", "backend": "docker",
    "pull-images-on-xnat-init": False, "auto-cleanup": True, "status-email-enabled": True,
}  # fmt: skip
"""What the plugin writes at its first start."""


def current(db: Database) -> dict[str, Any]:
    row = db.row("SELECT * FROM container_servers ORDER BY id DESC")
    return {**json.loads(row["value"]), "id": row["id"] + 1} if row else dict(DEFAULT)


def put(db: Database, value: Mapping[str, Any]) -> None:
    """Set it; the keys are those of the REST body."""
    db.run("INSERT INTO container_servers(value) VALUES (?)", json.dumps(dict(value), ensure_ascii=False))
