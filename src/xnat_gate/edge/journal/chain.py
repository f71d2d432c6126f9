"""The audit record in its table: one line more, and all lines as they stand there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import fields

from xnat_gate.core.audit import START, Facts, Line, canonical, sealed, unlabelled
from xnat_gate.edge.journal.entry import Entry, plain

STATE = "state"
"""The event of every `record`."""
BEGUN = "begun"
"""The first event of a journal that is older than its audit record."""
BEFORE_ALL = -(2**63)
PAGE = 1000

COLUMNS = tuple(field.name for field in fields(Line))
TEXTS = tuple(name for name in COLUMNS if name != "number")
LAST = "SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1"
APPEND = f"INSERT INTO audit ({', '.join(COLUMNS)}) VALUES ({', '.join('?' for _ in COLUMNS)})"  # noqa: S608
READ = (
    f"SELECT number, {', '.join(f'CAST({name} AS BLOB)' for name in TEXTS)} FROM audit"  # noqa: S608
    " WHERE number > ? ORDER BY number LIMIT ?"
)


def append(
    connection: sqlite3.Connection,
    at: str,
    actor: str,
    event: str,
    facts: Facts,
    *,
    arrival: str = "",
    study_uid: str = "",
) -> None:
    """Add a line, inside a transaction that has the right to write: nobody else can then add one between."""
    last = connection.execute(LAST).fetchone()
    number, previous = (last[0] + 1, str(last[1])) if last else (1, START)
    line = sealed(
        Line(
            number=number,
            at=at,
            actor=plain(actor),
            event=plain(event),
            arrival=plain(arrival),
            study_uid=plain(study_uid),
            facts=canonical(dict(facts)),
            previous=previous,
        )
    )
    connection.execute(APPEND, tuple(getattr(line, name) for name in COLUMNS))


def facts_of(entry: Entry, note: str) -> Facts:
    """What the audit record tells of an entry: why and where, by ids; the reasons' messages stay in the entry."""
    return {
        "state": entry.state.value,
        "outcome": entry.outcome,
        "project": entry.project,
        "files": entry.files,
        "rejected": entry.rejected,
        "reasons": [reason.id for reason in entry.reasons],
        "protocol_sha256": entry.protocol_sha256,
        "protocol_version": entry.protocol_version,
        "tries": entry.tries,
        "until": entry.until,
        "uri": unlabelled(entry.xnat_uri, entry.session),
        "note": unlabelled(note, entry.session),
    }


def page(connection: sqlite3.Connection, after: int) -> tuple[Line, ...]:
    """The next lines behind this number. A page is read at once, so that no reading holds up a writing."""
    return tuple(_line(*row) for row in connection.execute(READ, (after, PAGE)).fetchall())


def _line(number: int, *texts: bytes) -> Line:
    """Bytes that are no text any more show as half letters, which no text has: the digest tells the change."""
    values = (text.decode(errors="surrogateescape") for text in texts)
    return Line(number=number, **dict(zip(TEXTS, values, strict=True)))


def lines(connection: sqlite3.Connection, after: int) -> Iterator[Line]:
    """All behind this number, in order."""
    while found := page(connection, after):
        yield from found
        after = found[-1].number
