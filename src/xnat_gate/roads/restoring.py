"""The way back: what lies in rejected/, held/ or failed/ goes into the drop folder again, and is a new arrival there.

Order: the journal's entry is told first, because the importer that takes the new arrival reads from it whether XNAT may
already have the study; then the files move; then the audit record is told that they have. A kill between leaves the
kept folder, or the rest of it, where the same command finds it and completes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

from xnat_gate.core.shelves import FAILED, HELD, PUT_BACK, REJECTED, RESTORED, Lying, belongs
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal, Reason
from xnat_gate.edge.keeping import HalfWay, Keeping, KeepingFailed, Kept

SHELVES = (REJECTED, HELD, FAILED)
_STATES = {REJECTED: State.REJECTED, HELD: State.HELD, FAILED: State.FAILED}
"""What an entry of the journal says of the files that lie on a shelf."""


class NoSuchName(Exception):
    """Nothing of that name is kept; `str()` says what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """What one call moved; `folder` is None when nothing but the reason was left of it."""

    lying: Lying
    folder: Path | None


def lying(state: Path, shelves: Iterable[str] = SHELVES) -> tuple[Lying, ...]:
    """All that is kept in this state folder, shelf by shelf, the earliest first. Raises KeepingFailed."""
    return tuple(_lying(shelf, one) for shelf in shelves for one in Keeping(state / shelf).kept())


def named(names: Sequence[str], there: Sequence[Lying]) -> tuple[Lying, ...]:
    """Each once, in the order of the names: a kept folder of this name (also as SHELF/NAME), or else all of this
    arrival. Raises NoSuchName before anything is moved."""
    found: dict[tuple[str, str], Lying] = {}
    for name in names:
        meant = [one for one in there if name in {one.name, f"{one.shelf}/{one.name}"}]
        meant = meant or [one for one in there if one.arrival == name]
        if not meant:
            choice = ", ".join(f"{one.shelf}/{one.name}" for one in there) or "nothing"
            raise NoSuchName(f"nothing called {name} is kept; there is: {choice}")
        found |= {(one.shelf, one.name): one for one in meant}
    return tuple(found.values())


def put_back(
    things: Iterable[Lying], drop: Path, state: Path, journal: Journal, event: str
) -> Iterator[PutBack]:
    """Move each into the drop folder, telling of it when it is there. `event`: 'restored' or 'retried'. Raises
    KeepingFailed; those told of before are done."""
    for one in things:
        yield PutBack(lying=one, folder=_put_back(one, drop, state, journal, event))


def _put_back(one: Lying, drop: Path, state: Path, journal: Journal, event: str) -> Path | None:
    before = tuple(_entries(one, journal))
    for entry in before:
        journal.record(_left(entry, one.shelf), f"{event} from {one.shelf}/")
    try:
        folder = Keeping(state / one.shelf).give(one.name, drop)
    except HalfWay:
        raise
    except KeepingFailed:
        for entry in before:
            journal.record(entry, f"it could not be put back and stays in {one.shelf}/")
        raise
    facts: dict[str, str | int] = {"shelf": one.shelf, "files": one.files}
    journal.note(event, arrival=one.arrival, study_uid=one.study_uid, facts=facts)
    return folder


def _entries(one: Lying, journal: Journal) -> Iterator[Entry]:
    """Those that say that their files lie there."""
    known = journal.of_study(one.study_uid) if one.study_uid else journal.entries()
    for entry in known:
        if belongs(one, entry) and entry.state is _STATES[one.shelf]:
            yield entry


def _left(entry: Entry, shelf: str) -> Entry:
    """FAILED is what the journal calls an arrival that went back into the drop folder: whoever takes it again asks XNAT
    for it first. Its tries count anew."""
    reason = Reason(id=RESTORED, effect="note", message=PUT_BACK[shelf])
    kept = tuple(old for old in entry.reasons if old.id != RESTORED)
    return replace(entry, state=State.FAILED, reasons=(reason, *kept), tries=0, until="")


def _lying(shelf: str, one: Kept) -> Lying:
    reason = one.reason or {}
    uid = reason.get("study_uid")
    return Lying(
        shelf=shelf,
        name=one.name,
        arrival=one.arrival,
        study_uid=uid if isinstance(uid, str) else "",
        at=one.at.astimezone(UTC).isoformat() if one.at else "",
        files=one.files,
        size=one.size,
        explained=one.reason is not None and not one.unexplained,
        whole=not one.missing,
        why=_why(reason),
    )


def _why(reason: Mapping[str, object]) -> str:
    """The ids alone: messages may hold names of files."""
    findings = reason.get("findings")
    told = [reason, *(findings if isinstance(findings, list) else [])]
    decisive = (one for one in told if isinstance(one, dict) and one.get("effect") != "note")
    return ", ".join(dict.fromkeys(one["id"] for one in decisive if isinstance(one.get("id"), str)))
