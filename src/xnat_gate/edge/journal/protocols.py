"""The protocols that were in force: their texts, so that the last good one outlives a file that was broken or lost;
and the audit lines that tell when one came into force, and what was refused in its place.

Law: the audit record tells each change once, however many processes see it.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import astuple, dataclass, fields

from xnat_gate.core.audit import Facts, canonical
from xnat_gate.core.in_force import InForce
from xnat_gate.edge.journal import chain
from xnat_gate.edge.journal.entry import plain

CHANGED, REFUSED = "protocol", "protocol refused"
"""The events of the audit record; they stand in the index of it as well (schema.THIRD)."""

RECENT = """
    SELECT event, facts FROM audit WHERE event IN ('protocol', 'protocol refused') ORDER BY number DESC LIMIT 100
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptProtocol:
    """A protocol that was in force. `source`: XNAT, or the path of a file; `version`: its number in XNAT, else empty;
    `at`: since when (ISO 8601, UTC)."""

    sha256: str
    source: str
    name: str
    version: str
    text: str
    at: str


COLUMNS = ", ".join(field.name for field in fields(KeptProtocol))
KEEP = f"INSERT OR REPLACE INTO protocols ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
# by the order in which they were written: a clock may have been set back
LAST = f"SELECT {COLUMNS} FROM protocols WHERE source = ? ORDER BY rowid DESC LIMIT 1"  # noqa: S608


def last(connection: sqlite3.Connection, source: str) -> KeptProtocol | None:
    """The newest of this source that was in force."""
    row = connection.execute(LAST, (plain(source),)).fetchone()
    return KeptProtocol(**dict(row)) if row else None


def text_of(connection: sqlite3.Connection, sha256: str) -> str | None:
    """Whatever it came from: the digest is that of the text."""
    row = connection.execute("SELECT text FROM protocols WHERE sha256 = ? LIMIT 1", (sha256,)).fetchone()
    return str(row[0]) if row else None


def keep(connection: sqlite3.Connection, at: str, actor: str, one: InForce, text: str) -> KeptProtocol:
    """Inside a transaction that has the right to write: the protocol as it is now kept."""
    now = KeptProtocol(
        sha256=one.sha256,
        source=plain(one.source),
        name=plain(one.name),
        version=plain(one.version),
        text=plain(text),
        at=at,
    )
    kept = last(connection, one.source)
    if kept is None or (kept.sha256, kept.version) != (now.sha256, now.version):
        connection.execute(KEEP, astuple(now))
        kept = now
    for event, facts in _news(connection, one):
        chain.append(connection, at, actor, event, facts)
    return kept


def _news(connection: sqlite3.Connection, one: InForce) -> list[tuple[str, Facts]]:
    """What the audit record does not say yet: that this one came into force, or is alone again after something was
    refused; and what is refused now."""
    lines = [(row["event"], row["facts"]) for row in connection.execute(RECENT)]
    told = [line for line in lines if json.loads(line[1]).get("source") == plain(one.source)]
    changes = [number for number, (event, _) in enumerate(told) if event == CHANGED]
    here = told[: changes[0] + 1] if changes else told
    changed: Facts = {
        "name": one.name,
        "version": one.version,
        "sha256": one.sha256,
        "source": plain(one.source),
    }
    news: list[tuple[str, Facts]] = []
    mended = one.refused is None and bool(here) and here[0][0] == REFUSED
    if mended or (CHANGED, canonical(changed)) not in here:
        news.append((CHANGED, changed))
        here = []
    if one.refused is not None:
        refused: Facts = {
            "source": plain(one.source),
            "version": one.refused.version,
            "sha256": one.refused.sha256,
            "faults": len(one.refused.faults),
            "first": one.refused.faults[0],
        }
        if (REFUSED, canonical(refused)) not in here:
            news.append((REFUSED, refused))
    return news
