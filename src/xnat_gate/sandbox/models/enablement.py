"""Where a wrapper is enabled, and what the site or a project overrides in it.

Laws: a wrapper is disabled until somebody enables it; it works in a project when the site and the project have it
enabled; a configuration replaces the one before it as a whole; a project's value wins over the site's, and both over
the command's own; a stored null overrides nothing.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from xnat_gate.sandbox.models import commands
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.models.database import Database

SITE = ""
OVERRIDING = ("default-value", "matcher", "user-settable")


def site(db: Database, wrapper: int) -> bool:
    return _enabled(db, wrapper, SITE)


def project(db: Database, wrapper: int, project_: str) -> bool:
    return _enabled(db, wrapper, project_)


def effective(db: Database, wrapper: int, project_: str | None) -> bool:
    """Enabled for the site, and for the project when one is named."""
    return site(db, wrapper) and (project_ is None or project(db, wrapper, project_))


def set_site(db: Database, wrapper: int, enabled: bool) -> None:
    set_at(db, wrapper, SITE, enabled)


def set_project(db: Database, wrapper: int, project_: str, enabled: bool) -> None:
    set_at(db, wrapper, project_, enabled)


def set_at(db: Database, wrapper: int, place: str, enabled: bool) -> None:
    """For the site ('') or a project."""
    db.run(
        "INSERT OR REPLACE INTO enablement(wrapper, project, enabled) VALUES (?, ?, ?)",
        wrapper, place, int(enabled),
    )  # fmt: skip


def projects(db: Database, wrapper: int) -> list[str]:
    """The projects that have it enabled."""
    rows = db.rows(
        "SELECT project FROM enablement WHERE wrapper = ? AND enabled = 1 AND project <> ? ORDER BY project",
        wrapper, SITE,
    )  # fmt: skip
    return [row["project"] for row in rows]


def configuration(db: Database, wrapper: int, project_: str = SITE) -> Shape | None:
    """The stored body (`inputs`, `outputs`) of the site or of a project."""
    row = db.row("SELECT value FROM configurations WHERE wrapper = ? AND project = ?", wrapper, project_)
    found: Shape | None = json.loads(row["value"]) if row else None
    return found


def configure(db: Database, wrapper: int, project_: str, value: Mapping[str, Any]) -> None:
    """Store a body for the site ('') or a project, in place of the one before."""
    db.run(
        "INSERT OR REPLACE INTO configurations(wrapper, project, value) VALUES (?, ?, ?)",
        wrapper, project_, json.dumps(value, ensure_ascii=False),
    )  # fmt: skip


def forget_configuration(db: Database, wrapper: int, project_: str) -> None:
    db.run("DELETE FROM configurations WHERE wrapper = ? AND project = ?", wrapper, project_)


def merged(db: Database, wrapper: int, project_: str | None) -> Shape:
    """What is configured in the end: `{"inputs": {...}, "outputs": {...}}` without nulls."""
    result: Shape = {"inputs": {}, "outputs": {}}
    for place in [SITE] if project_ is None else [SITE, project_]:
        stored = configuration(db, wrapper, place) or {}
        for part in result:
            for name, values in (stored.get(part) or {}).items():
                told = {key: value for key, value in (values or {}).items() if value is not None}
                result[part].setdefault(name, {}).update(told)
    return result


def configured(db: Database, wrapper: int, project_: str | None) -> tuple[Shape, Shape] | None:
    """The command and the wrapper as they are launched: overridden by the site, then by the project.

    None for an unknown and for a detached wrapper.
    """
    found = commands.of_wrapper(db, wrapper)
    if found is None:
        return None
    command, own = copy.deepcopy(found[0].command), copy.deepcopy(found[1])
    own.pop("label", None)  # XNAT loses it on the way, too
    told = merged(db, wrapper, project_)
    inputs = [*own.get("external-inputs", []), *own.get("derived-inputs", [])]
    fed = {each.get("provides-value-for-command-input") for each in inputs}
    for each in [*inputs, *(each for each in command.get("inputs", []) if each["name"] not in fed)]:
        values = told["inputs"].get(each["name"], {})
        each.update({key: values[key] for key in OVERRIDING if key in values})
    for handler in own.get("output-handlers", []):
        if "label" in told["outputs"].get(handler["name"], {}):
            handler["label"] = told["outputs"][handler["name"]]["label"]
    return command, own


def _enabled(db: Database, wrapper: int, place: str) -> bool:
    row = db.row("SELECT enabled FROM enablement WHERE wrapper = ? AND project = ?", wrapper, place)
    return bool(row and row["enabled"])
