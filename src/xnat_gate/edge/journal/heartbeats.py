"""Which services are at work: the last sign of life of each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from xnat_gate.edge.journal.entry import plain

BEAT = """
    INSERT INTO services (name, at, facts) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET at = excluded.at, facts = excluded.facts
"""
READ = "SELECT name, at, facts FROM services ORDER BY name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as it last told of itself. `at`: ISO 8601, UTC; `facts`: whatever it told, as JSON has it."""

    name: str
    at: str
    facts: Mapping[str, object]


@contextmanager
def unflushed(connection: sqlite3.Connection) -> Iterator[None]:
    """For what may be lost with the machine: a commit that waits for no disk. Not to be entered in a transaction."""
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous = FULL")


def beat(connection: sqlite3.Connection, service: str, at: str, facts: Mapping[str, object]) -> None:
    connection.execute(BEAT, (plain(service), at, json.dumps(dict(facts))))


def services(connection: sqlite3.Connection) -> tuple[Service, ...]:
    """In the order of their names."""
    return tuple(
        Service(name=name, at=at, facts=json.loads(facts))
        for name, at, facts in connection.execute(READ).fetchall()
    )
