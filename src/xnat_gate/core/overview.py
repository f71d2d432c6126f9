"""What is where, why, and what a person should do: the journal, the shelves and the services, summed up.

Laws: of a study that came several times the latest arrival decides; what lies on a shelf is told by the shelf and not
by the journal, so that what was put back, or taken out by hand, does not show as lying there; what waits on held/ or
failed/ needs a person even when the study came again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from xnat_gate.core.shelves import (
    FAILED,
    HELD,
    REJECTED,
    Known,
    Lying,
    belongs,
    give_back,
    gone,
    places,
    put_back_from,
)
from xnat_gate.core.states import State

GIVEN_BACK = "given back to the drop folder"
"""Stands in the note on an arrival that the importer itself put back, to take it again."""
NEW_ID = "NEW-ID"
"""Stands in a command for what a person has to choose."""


E = TypeVar("E", bound=Known)


class Part(StrEnum):
    """Who has to do something about it: a person, the machinery, nobody."""

    NEEDS = "needs"
    UNDER_WAY = "under_way"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Generic[E]):
    """One study, or files of none; `entry` is None for what lies on a shelf and is not in the journal.

    `commands`: what a person may call, as words behind `xnat-gate`; without the folders, which a core does not know.
    `clean`: archived in the hospital project, or nothing that anybody has to know of. `older`: the study came again.
    """

    entry: E | None
    part: Part
    where: str
    why: str
    kept: tuple[Lying, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    clean: bool = False
    older: bool = False


def overview(
    entries: Iterable[E],
    lying: Iterable[Lying],
    notes: Mapping[tuple[str, str], str] | None = None,
    *,
    older: bool = False,
) -> tuple[Line[E], ...]:
    """A line for every study, in the order of the entries, which must be the latest first; then what lies on the
    shelves alone. `notes`: the last note on an entry, by arrival and study; `older`: earlier arrivals, too."""
    on_shelves, said = tuple(lying), notes or {}
    by_arrival, by_study = _index(on_shelves)
    lines: list[Line[E]] = []
    told: set[str] = set()
    for entry in entries:
        near = dict.fromkeys([*by_arrival.get(entry.arrival, ()), *by_study.get(entry.study_uid, ())])
        kept = tuple(one for one in near if belongs(one, entry))
        is_older = bool(entry.study_uid) and entry.study_uid in told
        told.add(entry.study_uid)
        waits = is_older and any(one.shelf in {HELD, FAILED} for one in kept)
        if not is_older or older or waits:
            line = _line(entry, kept, said.get((entry.arrival, entry.study_uid), ""))
            lines.append(_as_older(line) if is_older and not waits else line)
    asked_for = {one for line in lines if line.part is Part.NEEDS for one in line.kept}
    return (*lines, *(_alone(one) for one in on_shelves if one not in asked_for and _waits(one)))


def _waits(one: Lying) -> bool:
    """For a person. What was rejected lies there as long as it shall, when nothing is odd about it."""
    return one.shelf != REJECTED or not one.explained or not one.whole


def _index(lying: Iterable[Lying]) -> tuple[Mapping[str, list[Lying]], Mapping[str, list[Lying]]]:
    """By arrival and by study."""
    by_arrival: dict[str, list[Lying]] = defaultdict(list)
    by_study: dict[str, list[Lying]] = defaultdict(list)
    for one in lying:
        by_arrival[one.arrival].append(one)
        if one.study_uid:
            by_study[one.study_uid].append(one)
    return by_arrival, by_study


# --- one entry --------------------------------------------------------------------------------------------------

_DOING = {
    State.SETTLING: "arriving",
    State.CLAIMED: "being read",
    State.JUDGED: "judged",
    State.WAITING: "waiting for its images",
    State.DELIVERING: "on its way to XNAT",
    State.DELIVERED: "waiting for the second look",
}


def _line(entry: E, kept: tuple[Lying, ...], note: str) -> Line[E]:
    shelf = put_back_from(entry)
    if shelf:
        return _put_back(entry, tuple(one for one in kept if one.shelf == shelf))
    why = _why(entry, note)
    if entry.state in _DOING:
        return _under_way(entry, _with(_DOING[entry.state], why))
    return {State.FAILED: _failed, State.HELD: _held, State.REJECTED: _rejected}.get(
        entry.state, _in_the_end
    )(entry, kept, why)


def _put_back(entry: E, left: tuple[Lying, ...]) -> Line[E]:
    """Its next arrival is another entry; of what belongs to no study nobody can tell which."""
    if left:
        return _waiting(
            entry, left, places(left), "on its way back to the drop folder: the same command completes it"
        )
    part = Part.UNDER_WAY if entry.study_uid else Part.FINISHED
    why = "; ".join(f"{reason.id}: {reason.message}" for reason in entry.reasons)
    return Line(entry=entry, part=part, where="drop folder", why=why, clean=not entry.study_uid)


def _under_way(entry: E, why: str) -> Line[E]:
    there = entry.state in {State.DELIVERING, State.DELIVERED}
    if entry.tries and entry.until:
        why = f"put off after {entry.tries} failed {'try' if entry.tries == 1 else 'tries'}: {why}"
    return Line(
        entry=entry, part=Part.UNDER_WAY, where=_in_xnat(entry) if there else "with the importer", why=why
    )


def _failed(entry: E, kept: tuple[Lying, ...], why: str) -> Line[E]:
    """A dead letter; given back by the machinery; or a study whose trace was lost in XNAT."""
    dead = tuple(one for one in kept if one.shelf == FAILED)
    if dead:
        return _waiting(entry, dead, places(dead), why)
    if GIVEN_BACK in why:
        part = Part.UNDER_WAY if entry.study_uid else Part.FINISHED
        return Line(entry=entry, part=part, where="drop folder", why=why, clean=not entry.study_uid)
    if entry.tries:
        return Line(entry=entry, part=Part.FINISHED, where=gone(FAILED), why=why)
    return _waiting(entry, (), _in_xnat(entry) or "with the importer", _with("failed", why))


def _held(entry: E, kept: tuple[Lying, ...], why: str) -> Line[E]:
    here = tuple(one for one in kept if one.shelf == HELD)
    where = [_in_xnat(entry)] if _in_prearchive(entry) else []
    where += [places(here)] if here else []
    if not where:
        return Line(entry=entry, part=Part.FINISHED, where=gone(HELD), why=why)
    return _waiting(entry, here, " and ".join(where), why)


def _rejected(entry: E, kept: tuple[Lying, ...], why: str) -> Line[E]:
    where = places(kept) or gone(REJECTED)
    if not entry.study_uid and not entry.reasons:
        return Line(
            entry=entry, part=Part.FINISHED, where=where, why=why or "no DICOM", kept=kept, clean=True
        )
    return Line(
        entry=entry,
        part=Part.FINISHED,
        where=where,
        why=why,
        kept=kept,
        commands=tuple(map(give_back, kept)),
    )


def _in_the_end(entry: E, kept: tuple[Lying, ...], why: str) -> Line[E]:
    """Archived or quarantined; some of its objects may have been rejected on the way."""
    if entry.state is State.QUARANTINED and _in_prearchive(entry):
        return _waiting(entry, kept, _in_xnat(entry), _with("quarantined, and kept out of the archive", why))
    also = f"some of its objects lie in {places(kept)}" if kept else ""
    return Line(
        entry=entry,
        part=Part.FINISHED,
        where=_in_xnat(entry),
        why="; ".join(filter(None, (why, also))),
        kept=kept,
        commands=tuple(map(give_back, kept)),
        clean=entry.state is State.ARCHIVED,
    )


def _waiting(entry: E, kept: tuple[Lying, ...], where: str, why: str) -> Line[E]:
    """For a person, in the prearchive or on a shelf or both."""
    commands = [give_back(one) for one in kept]
    if _in_prearchive(entry):
        resolve = ("prearchive", entry.project, "--resolve", entry.xnat_uri)
        commands += [(*resolve, "--session", NEW_ID), (*resolve, "--delete")]
    return Line(entry=entry, part=Part.NEEDS, where=where, why=why, kept=kept, commands=tuple(commands))


def _as_older(line: Line[E]) -> Line[E]:
    return Line(
        entry=line.entry,
        part=Part.FINISHED,
        where=line.where,
        why=line.why,
        kept=line.kept,
        clean=True,
        older=True,
    )


# --- what lies on a shelf ---------------------------------------------------------------------------------------


def _alone(one: Lying) -> Line[E]:
    why = one.why
    if not one.whole:
        why = "no longer whole: its way back was cut short, which this call completes, or some was taken out by hand"
    elif not one.explained:
        why = "without a reason: the importer was killed while it put this away"
    return Line(
        entry=None, part=Part.NEEDS, where=places([one]), why=why, kept=(one,), commands=(give_back(one),)
    )


def _in_xnat(entry: Known) -> str:
    """The project and session where XNAT has it or is to have it; '' as long as nobody knows."""
    place = f"{entry.project} / {entry.session}" if entry.project else ""
    return f"prearchive of {place}" if _in_prearchive(entry) else place


def _in_prearchive(entry: Known) -> bool:
    return entry.xnat_uri.startswith("/prearchive/")


def _why(entry: Known, note: str) -> str:
    said = [f"{reason.id}: {reason.message}" for reason in entry.reasons]
    return "; ".join([*said, note] if note and not any(note in one for one in said) else said)


def _with(start: str, why: str) -> str:
    return f"{start}: {why}" if why else start
