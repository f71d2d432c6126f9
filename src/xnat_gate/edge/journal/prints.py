"""The fingerprints of all objects that came, and which of them are alike. PatientIDs lie here as digests only."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, fields

from xnat_gate.core.likeness import Print
from xnat_gate.edge.journal.entry import plain

CHUNK = 500
"""Values in one question: below the number that any SQLite takes."""

COLUMNS = ", ".join(field.name for field in fields(Print))
REMEMBER = f"INSERT INTO prints ({COLUMNS}, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608


def remember(connection: sqlite3.Connection, prints: Iterable[Print], at: str) -> None:
    rows = [(*(plain(text) for text in astuple(one)), at) for one in prints]
    connection.executemany(REMEMBER, rows)


def alike(connection: sqlite3.Connection, prints: Iterable[Print]) -> tuple[Print, ...]:
    """Those of other objects, and of the same ones under other patients, in the order of their UIDs; each once."""
    given = tuple(prints)
    found = {
        other
        for column in ("pixels", "content")
        for other in _sharing(connection, column, _owners(given, column))
    }
    found |= set(_of_others(connection, given))
    return tuple(sorted(found, key=lambda one: (one.sop_instance_uid, one.content)))


def _owners(given: Sequence[Print], column: str) -> dict[str, set[str]]:
    """Which objects have this digest; an empty digest is nobody's."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for one in given:
        if digest := plain(getattr(one, column)):
            owners[digest].add(plain(one.sop_instance_uid))
    return owners


def _of_others(connection: sqlite3.Connection, prints: Iterable[Print]) -> Iterator[Print]:
    """The same objects under other patients."""
    patients: defaultdict[str, set[str]] = defaultdict(set)
    for one in prints:
        patients[plain(one.sop_instance_uid)].add(plain(one.patient))
    uids = tuple(uid for uid in patients if uid)
    for start in range(0, len(uids), CHUNK):
        chunk = uids[start : start + CHUNK]
        for row in connection.execute(question("sop_instance_uid", len(chunk)), chunk).fetchall():
            remembered = Print(*row)
            if patients[remembered.sop_instance_uid] != {remembered.patient}:
                yield remembered


def _sharing(connection: sqlite3.Connection, column: str, owners: dict[str, set[str]]) -> Iterator[Print]:
    digests = tuple(owners)
    for start in range(0, len(digests), CHUNK):
        chunk = digests[start : start + CHUNK]
        for row in connection.execute(question(column, len(chunk)), chunk).fetchall():
            remembered = Print(*row)
            if owners[getattr(remembered, column)] - {remembered.sop_instance_uid}:
                yield remembered


def question(column: str, count: int) -> str:
    """For all that have one of `count` digests in this column: one look-up in its index for each."""
    return f"SELECT {COLUMNS} FROM prints WHERE {column} IN ({', '.join('?' * count)})"  # noqa: S608
