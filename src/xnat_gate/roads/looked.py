"""A waiting session that has been looked at, and its line in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xnat_gate.core.archive import Busy, PrearchiveRow
from xnat_gate.core.finding import Effect, Finding
from xnat_gate.core.judge import Verdict
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry
from xnat_gate.roads.contents import Contents
from xnat_gate.roads.gate import Gate, Passage, entry, recorded


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The row, the verdict on it, and what XNAT held of it when it was judged; `chosen`: a person chose its label."""

    row: PrearchiveRow
    verdict: Verdict
    held: Contents
    chosen: bool = False


def untouched(row: PrearchiveRow, gate: Gate) -> None:
    """Raises Busy when the row is no longer as it was: what came since has been judged by nobody."""
    if gate.archive.row(row.uri) != row:
        raise Busy(f"{row.uri} changed while it was looked at; it is looked at again next time")


def journalled(row: PrearchiveRow, gate: Gate) -> Entry:
    """The entry that this row already has, or a new one for a session that came by another door."""
    known = [one for one in gate.journal.of_study(row.study_uid) if one.xnat_uri == row.uri]
    return (
        known[0]
        if known
        else Entry(
            arrival=f"prearchive-{row.timestamp}",
            study_uid=row.study_uid,
            state=State.DELIVERED,
            project=row.project,
            session=row.session,
            xnat_uri=row.uri,
        )
    )


def record(
    seen: Looked, state: State, gate: Gate, *, uri: str | None = None, also: Sequence[Finding] = ()
) -> None:
    """Write down what became of it; `uri`: where it is now, when that is not its row."""
    before = journalled(seen.row, gate)
    one = entry(
        before.arrival,
        seen.verdict,
        state,
        uri=seen.row.uri if uri is None else uri,
        also=also,
    )
    noted = tuple(one for one in before.reasons if one.effect == Effect.NOTE)  # what an arrival alone can see
    one = replace(one, reasons=(*one.reasons, *noted))
    recorded(gate, one)


def waiting(row: PrearchiveRow) -> str:
    """Where a session waits, in words."""
    return f"prearchive of {row.project} / {row.session}"


def unjudged(row: PrearchiveRow, state: State, why: str) -> Passage:
    """The line for a session that stays where it is without a verdict."""
    return Passage(
        what="session",
        files=0,
        state=state,
        where=waiting(row),
        why=why,
        nameless=why,
        study_uid=row.study_uid,
        uri=row.uri,
    )
