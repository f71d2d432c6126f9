"""Registered commands and their wrappers, as the Container Service keeps them.

Laws: a command keeps its id, and a wrapper keeps its own as long as the command has one of its name; what an update
adds stands behind what was there, for XNAT reads in the order of its ids; a wrapper that an update leaves out is
detached only, with all that was set for it; ids are never given twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xnat_gate.sandbox.models.database import Database

Shape = dict[str, Any]
"""A JSON object: a command, a wrapper, an input."""
NESTED = ("external-inputs", "derived-inputs", "output-handlers")
OWN = ("mounts", "inputs", "outputs")


@dataclass(frozen=True, slots=True)
class Registered:
    """`command` is the body with what the server adds; each wrapper in `command["xnat"]` has its `id`."""

    id: int
    command: Shape


def add(db: Database, command: Shape) -> int:
    """Register a shaped command; its id."""
    with db.transaction():
        number = db.insert("INSERT INTO commands(command) VALUES (?)", _dumped(_bare(command)))
        for wrapper in command.get("xnat", []):
            add_wrapper(db, number, wrapper)
        return number


def update(db: Database, number: int, command: Shape) -> None:
    """Replace the definition; parts of the same name keep their place, wrappers of the same name their ids."""
    with db.transaction():
        old = by_id(db, number)
        if old is None:
            raise LookupError(f"no command {number}")
        bare = _bare(command)
        for part in OWN:
            bare[part] = in_order(old.command.get(part, []), bare.get(part, []))
        db.run("UPDATE commands SET command = ? WHERE id = ?", _dumped(bare), number)
        _update_wrappers(db, number, old.command["xnat"], command.get("xnat", []))


def by_id(db: Database, number: int) -> Registered | None:
    row = db.row("SELECT * FROM commands WHERE id = ?", number)
    return _registered(db, row) if row else None


def all(db: Database) -> list[Registered]:
    return [_registered(db, row) for row in db.rows("SELECT * FROM commands ORDER BY id")]


def delete(db: Database, number: int) -> None:
    """Forget the command and its wrappers; nothing happens when there is none."""
    with db.transaction():
        db.run("DELETE FROM wrappers WHERE command = ?", number)
        db.run("DELETE FROM commands WHERE id = ?", number)


def of_wrapper(db: Database, wrapper: int) -> tuple[Registered, Shape] | None:
    """The command that has this wrapper, and the wrapper; None for an unknown and for a detached one."""
    row = db.row("SELECT command FROM wrappers WHERE id = ?", wrapper)
    found = by_id(db, row["command"]) if row and row["command"] is not None else None
    for own in found.command["xnat"] if found else []:
        if found and own["id"] == wrapper:
            return found, own
    return None


def duplicated(db: Database, command: Shape, but: int = 0) -> bool:
    """Whether another command has the same name, image and version; without a version never."""
    same = ("name", "image", "version")
    wanted = [command.get(key) for key in same]
    return command.get("version") is not None and any(
        found.id != but and [found.command.get(key) for key in same] == wanted for found in all(db)
    )


def is_detached(db: Database, wrapper: int) -> bool:
    """Whether an update has left this wrapper out."""
    return db.row("SELECT 1 FROM wrappers WHERE id = ? AND command IS NULL", wrapper) is not None


def add_wrapper(db: Database, command: int, wrapper: Shape) -> int:
    """Add one wrapper to a command; its id."""
    text = _dumped({name: value for name, value in wrapper.items() if name != "id"})
    return db.insert("INSERT INTO wrappers(command, wrapper) VALUES (?, ?)", command, text)


def update_wrapper(db: Database, number: int, old: Shape, new: Shape) -> None:
    """Replace the definition of a wrapper; its inputs and handlers of the same name keep their place."""
    kept = {name: value for name, value in new.items() if name != "id"}
    for part in NESTED:
        kept[part] = in_order(old.get(part, []), kept.get(part, []))
    db.run("UPDATE wrappers SET wrapper = ? WHERE id = ?", _dumped(kept), number)


def delete_wrapper(db: Database, number: int) -> None:
    db.run("DELETE FROM wrappers WHERE id = ?", number)


def in_order(old: Sequence[Shape], new: Sequence[Shape]) -> list[Shape]:
    """The new parts in the order of their ids: those whose name was there, then the others."""
    by_name = {part["name"]: part for part in new}
    known = [part["name"] for part in old if part["name"] in by_name]
    return [by_name[name] for name in [*known, *(name for name in by_name if name not in known)]]


def _update_wrappers(db: Database, number: int, old: Sequence[Shape], new: Sequence[Shape]) -> None:
    before = {wrapper["name"]: wrapper for wrapper in old}
    named = {wrapper["name"]: wrapper for wrapper in new}
    for name, wrapper in named.items():
        if name in before:
            update_wrapper(db, before[name]["id"], before[name], wrapper)
        else:
            add_wrapper(db, number, wrapper)
    for name, wrapper in before.items():
        if name not in named:
            db.run("UPDATE wrappers SET command = NULL WHERE id = ?", wrapper["id"])


def _registered(db: Database, row: sqlite3.Row) -> Registered:
    rows = db.rows("SELECT * FROM wrappers WHERE command = ? ORDER BY id", row["id"])
    wrappers = [{"id": each["id"], **json.loads(each["wrapper"])} for each in rows]
    return Registered(row["id"], {"id": row["id"], **json.loads(row["command"]), "xnat": wrappers})


def _bare(command: Shape) -> Shape:
    return {name: value for name, value in command.items() if name not in {"id", "xnat"}}


def _dumped(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
