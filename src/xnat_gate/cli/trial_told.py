"""How a trial is told: in words for whoever writes the protocol, and as JSON for other programs.

Law: the JSON shape changes only with a changelog entry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from xnat_gate.cli.status import local
from xnat_gate.core.finding import Finding
from xnat_gate.core.impersonal import keepable
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.report import protocol_stamp
from xnat_gate.core.sightings import Sighting
from xnat_gate.core.trial import Changed, Fate, Past, Trial, Untold
from xnat_gate.edge.dicom_files import ASKABLE, TAGS
from xnat_gate.edge.dicom_files.dictionary import uid_name
from xnat_gate.roads.trying import Memory

VERSION = 1
MOST = 20
"""Studies, and new values, that the text names."""

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came of it. `new_since`: from when on values count as new; `session`: the label of a study."""

    protocol: Protocol
    trial: Trial
    memory: Memory
    new_since: datetime | None
    session: Callable[[Past], str]

    @property
    def new(self) -> tuple[Sighting, ...]:
        return self.memory.sightings.never_before(self.new_since)


# --- JSON -------------------------------------------------------------------------------------------------------


def document(told: Told) -> Json:
    """Version 1 of a public contract; times are ISO 8601, UTC."""
    begun = told.memory.sightings.begun(told.new_since)
    return {
        "version": VERSION,
        "protocol": protocol_stamp(told.protocol),
        "studies": told.trial.studies,
        "from": _utc(told.memory.first),
        "to": _utc(told.memory.last),
        "unchanged": told.trial.same,
        "changed": [_changed(one, told) for one in told.trial.changed],
        "untold": [
            {**_past(one.past, told), "why": _why(one), "elements": sorted(one.elements)}
            for one in told.trial.untold
        ],
        "not_remembered": {gap.name.lower(): number for gap, number in sorted(told.memory.gaps.items())},
        "never_before": {
            "since": begun.astimezone(UTC).isoformat() if begun else "",
            "values": [_sighting(one) for one in told.new],
        },
    }


def _changed(one: Changed, told: Told) -> Json:
    return {
        **_past(one.past, told),
        "then": _fate(one.then),
        "now": _fate(one.now),
        "gained": [_finding(each) for each in one.gained],
        "lost": [_finding(each) for each in one.lost],
    }


def _past(past: Past, told: Told) -> Json:
    names = {"study_uid": past.study_uid, "arrival": past.arrival, "session": told.session(past)}
    return {"at": _utc(past.at), **names}


def _fate(fate: Fate) -> Json:
    return {"outcome": fate.outcome.value, "project": fate.project, "rejected": fate.rejected}


def _finding(one: Finding) -> Json:
    return {"id": one.id, "effect": one.effect.value, "message": one.message}


def _sighting(one: Sighting) -> Json:
    return {
        "element": one.element,
        "value": one.value,
        "name": _name(one),
        "first": one.first.astimezone(UTC).isoformat(),
        "studies": one.studies,
        "went": [{**_fate(fate), "studies": number} for fate, number in one.went.most_common()],
    }


def _why(one: Untold) -> str:
    if one.unlike:
        return "unlike"
    return "elements" if one.elements else "piece"


def _utc(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(UTC).isoformat() if at else ""


# --- text -------------------------------------------------------------------------------------------------------


def text(told: Told, name: str) -> Iterator[str]:
    """For a person at a terminal."""
    trial, memory = told.trial, told.memory
    if not trial.studies:
        yield "no study is remembered that could be tried; every study that is judged from now on is"
    else:
        yield f"{_counted(trial.studies)} from {local(memory.first)} to {local(memory.last)}, tried on {name}"
        doubt = f"; of {len(trial.untold)} it cannot be told" if trial.untold else ""
        yield f"{len(trial.changed)} would have gone elsewhere, {trial.same} would not{doubt}"
    yield from _cut((_line(one, told) for one in trial.changed), len(trial.changed))
    yield from _untold(told)
    yield from (f"nothing is known of ({number}): {gap}" for gap, number in sorted(memory.gaps.items()))
    yield from _new(told)


def short(trial: Trial, most: int = 5) -> Iterator[str]:
    """The counts, and the first few."""
    yield f"of the last {_counted(trial.studies)} {len(trial.changed)} would have gone elsewhere" + (
        f"; of {len(trial.untold)} it cannot be told" if trial.untold else ""
    )
    for one in trial.changed[:most]:
        called = one.past.study_uid or "a study without UID"
        yield f"  {local(one.past.at)}  {called}  {one.then} -> {one.now}: {_reason(one)}"
    if len(trial.changed) > most:
        yield f"  and {len(trial.changed) - most} more: see xnat-gate try"


def _line(one: Changed, told: Told) -> Iterator[str]:
    called = told.session(one.past) or one.past.study_uid or "a study without UID"
    yield f"  {local(one.past.at)}  {called}  {one.then} -> {one.now}"
    yield f"      {_reason(one)}"


def _reason(one: Changed) -> str:
    """The heaviest one, and how many more there are."""
    for findings, before in ((one.gained, ""), (one.lost, "no longer ")):
        if findings:
            more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
            return f"{before}{findings[0].id}: {findings[0].message}{more}"
    return (
        "by the routes of the protocol"
        if one.then.outcome is one.now.outcome
        else "what stood against it, no more does"
    )


def _untold(told: Told) -> Iterator[str]:
    untold = told.trial.untold
    if not untold:
        return
    yield from ("", f"Cannot be told ({len(untold)})")
    by_elements = Counter(one.elements for one in untold if one.elements)
    for elements, number in by_elements.most_common():
        yield f"  {_counted(number)}: {_remembering(elements)}"
    unlike = sum(1 for one in untold if one.unlike)
    if unlike:
        yield f"  {_counted(unlike)}: what is remembered of them does not lead to what was decided then"
    pieces = sum(1 for one in untold if not one.unlike and not one.elements)
    if pieces:
        yield f"  {_counted(pieces)}: they hang on what came with them, or on a project that is no longer named"


def _remembering(elements: frozenset[str]) -> str:
    kept = sorted(elements & keepable(elements, ASKABLE, TAGS))
    never = sorted(elements - frozenset(kept))
    words = []
    if kept:
        words.append(
            f"{', '.join(kept)} {_is_not(kept)} in their summaries, and will be kept from now on once the protocol asks"
        )
    if never:
        words.append(f"{', '.join(never)} {_is_not(never)} ever kept, since a patient could be known by it")
    return "; ".join(words)


def _is_not(names: Sequence[str]) -> str:
    return "is not" if len(names) == 1 else "are not"


def _new(told: Told) -> Iterator[str]:
    begun, new = told.memory.sightings.begun(told.new_since), told.new
    if begun is None:
        return
    yield from ("", f"Never seen before {local(begun.isoformat())} ({len(new)})")
    yield from _cut((_sighted(one) for one in new), len(new))


def _sighted(one: Sighting) -> Iterator[str]:
    went = ", ".join(f"{fate} ({number})" for fate, number in one.went.most_common())
    first = local(one.first.isoformat())
    yield f"  {one.element} {_name(one) or one.value}: first {first}, {_counted(one.studies)}: {went}"


def _name(one: Sighting) -> str:
    return uid_name(one.value) if one.element == "SOPClassUID" else ""


def _cut(lines: Iterable[Iterator[str]], count: int) -> Iterator[str]:
    for number, each in enumerate(lines):
        if number == MOST:
            yield f"  and {count - MOST} more: --format json tells all"
            return
        yield from each


def _counted(number: int) -> str:
    return f"{number} stud{'y' if number == 1 else 'ies'}"
