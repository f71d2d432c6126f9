"""`xnat-gate status`: what is where and why, and what a person should do."""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import journal_at
from xnat_gate.cli.telling import printable
from xnat_gate.core.in_force import SHORT, XNAT, InForce, as_facts, from_facts, what_was_refused, which
from xnat_gate.core.overview import Line, Part, overview
from xnat_gate.core.shelves import Lying, belongs
from xnat_gate.core.signs import Heard, heard
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal, Service, Step
from xnat_gate.roads.restoring import lying

VERSION = 1
"""Of the JSON; it changes only with a changelog entry."""
SPOKEN_OF = (State.HELD, State.FAILED, State.WAITING)
"""States of which the last note may say more than the entry."""
_KEPT_AS = {"rejected": State.REJECTED, "held": State.HELD, "failed": State.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """All that is told; `protocol`: as the importer told it; `steps` by arrival and study when a story was asked for;
    `count`: how many are finished, also those that are not told of."""

    protocol: InForce | None
    services: tuple[Heard, ...]
    lines: tuple[Line[Entry], ...]
    steps: dict[tuple[str, str], tuple[Step, ...]]
    count: int

    def part(self, part: Part) -> tuple[Line[Entry], ...]:
        return tuple(line for line in self.lines if line.part is part)

    @property
    def clean(self) -> bool:
        refused = self.protocol is not None and self.protocol.refused is not None
        return not refused and all(one.clean for one in self.lines)


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "status",
        help="tell what is where and why, and what a person should do",
        description="Exit code 0: everything told of is archived, and nothing is under way; 1: something is not. "
        "A protocol that was refused is something, too. Services that are silent are told, and do not change it.",
    )
    verb.add_argument("--state", type=Path, default=Path(), metavar="DIR", help="default: the current folder")
    verb.add_argument(
        "--last", type=_count, default=50, metavar="N", help="how many finished studies at most; default: 50"
    )
    verb.add_argument(
        "--all", action="store_true", help="all finished ones, and earlier arrivals of a study, too"
    )
    verb.add_argument(
        "--study",
        metavar="UID",
        help="the whole story of one study: its UID, an arrival's id or a session ID",
    )
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    verb.set_defaults(run=run)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("a number of studies is no less than 0")
    return number


def run(options: argparse.Namespace) -> Exit:
    state = options.state.absolute()
    path = journal_at(state)
    if not path.is_file():
        raise Usage(f"there is no journal in {state}: name the state folder of the importer with --state")
    with Journal(path) as journal:
        told = _asked(options, state, journal)
    if options.format == "json":
        print(json.dumps(_document(told, state), indent=2))
    else:
        for line in _text(told, state):
            print(printable(line))
    return Exit.PASSED if told.clean else Exit.STOPPED


def _asked(options: argparse.Namespace, state: Path, journal: Journal) -> Asked:
    entries = journal.entries()
    kept = lying(state)
    if options.study:
        entries = tuple(one for one in entries if options.study in (one.study_uid, one.arrival, one.session))
        kept = tuple(one for one in kept if _is_of(one, options.study, entries))
        if not entries and not kept:
            raise Usage(f"the journal knows no study, arrival or session called {printable(options.study)}")
    spoken_of = _steps((one for one in entries if one.state in SPOKEN_OF), journal)
    notes = {name: steps[-1].note for name, steps in spoken_of.items() if steps}
    lines = overview(entries, kept, notes, older=options.all or bool(options.study))
    finished = [line for line in lines if line.part is Part.FINISHED]
    last = finished if options.all or options.study else finished[: options.last]
    now = datetime.now(UTC)
    services = journal.services()
    return Asked(
        protocol=_in_force(services),
        services=tuple(heard(one.name, one.at, one.facts, now) for one in services),
        lines=(*(line for line in lines if line.part is not Part.FINISHED), *last),
        steps=_steps(entries, journal) if options.study else {},
        count=len(finished),
    )


def _in_force(services: Iterable[Service]) -> InForce | None:
    """As whoever asked last has told it."""
    told = [one for one in services if "protocol" in one.facts]
    return from_facts(max(told, key=lambda one: one.at).facts["protocol"]) if told else None


def _is_of(one: Lying, name: str, entries: Iterable[Entry]) -> bool:
    return name in (one.study_uid, one.arrival, one.name) or any(belongs(one, entry) for entry in entries)


def _steps(entries: Iterable[Entry], journal: Journal) -> dict[tuple[str, str], tuple[Step, ...]]:
    return {(one.arrival, one.study_uid): journal.steps(one.arrival, one.study_uid) for one in entries}


# --- JSON -------------------------------------------------------------------------------------------------------


def _document(told: Asked, state: Path) -> dict[str, Any]:
    """Version 1 of a public contract; times are ISO 8601, UTC."""
    return {
        "version": VERSION,
        "protocol": as_facts(told.protocol) if told.protocol else None,
        "services": [asdict(one) for one in told.services],
        **{part.value: [_line_document(line, told, state) for line in told.part(part)] for part in Part},
    }


def _line_document(line: Line[Entry], told: Asked, state: Path) -> dict[str, Any]:
    entry = _entry(line)
    document = asdict(entry) | {
        "where": line.where,
        "why": line.why,
        "next": _commands(line, state),
        "kept": [{"shelf": one.shelf, "name": one.name} for one in line.kept],
        "older": line.older,
    }
    steps = told.steps.get((entry.arrival, entry.study_uid))
    if steps is not None:
        document["steps"] = [{"state": one.state, "at": one.at, "note": one.note} for one in steps]
    return document


def _entry(line: Line[Entry]) -> Entry:
    """What lies on a shelf and is not in the journal gets an entry of the same shape."""
    if line.entry is not None:
        return line.entry
    (one,) = line.kept
    known = Entry(arrival=one.arrival, study_uid=one.study_uid, state=_KEPT_AS[one.shelf], files=one.files)
    return replace(known, created=one.at, updated=one.at)


def _commands(line: Line[Entry], state: Path) -> list[str]:
    """DROP and NEW-ID are for a person to fill in."""
    commands = []
    for verb, *words in line.commands:
        drop = [] if verb == "prearchive" else ["--drop", "DROP"]
        commands.append(shlex.join(["xnat-gate", verb, *words, *drop, "--state", str(state)]))
    return commands


# --- text -------------------------------------------------------------------------------------------------------


def local(at: str) -> str:
    """A time of the journal as a person reads it, with the zone of this machine; '?' for none."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S %Z}" if at else "?"


def _text(told: Asked, state: Path) -> Iterator[str]:
    if told.protocol is not None:
        yield from _protocol(told.protocol)
    for service in told.services:
        yield _service(service)
    for part, title in ((Part.NEEDS, "Needs a person"), (Part.UNDER_WAY, "Under way")):
        lines = told.part(part)
        if lines:
            yield from ("", f"{title} ({len(lines)})")
        for line in lines:
            yield from _told(line, told, state)
    finished = told.part(Part.FINISHED)
    if finished:
        yield from ("", f"Finished (the last {len(finished)} of {told.count})")
    for line in finished:
        yield from _told(line, told, state)
    if not told.lines and not told.count:
        yield "nothing was imported yet"


def _protocol(one: InForce) -> Iterator[str]:
    since = f", since {local(one.since)}" if one.since else ""
    yield f"protocol: {which(one)}{since}"
    if one.refused is None:
        return
    yield f"PROTOCOL REFUSED: {what_was_refused(one)}"
    if one.refused.sha256:
        stored = f", stored {_stored(one.refused.since)}" if one.refused.since else ""
        yield f"      refused: sha256 {one.refused.sha256[:SHORT]}{stored}"
    if one.source == XNAT:
        yield "      next: xnat-gate protocol check --in-force, mend it with xnat-gate protocol edit"
    else:
        yield f"      next: {shlex.join(['xnat-gate', 'protocol', 'check', one.source])}, and mend the file"


def _stored(at: str) -> str:
    """In the words of the source, where they have no zone."""
    with contextlib.suppress(ValueError):
        if datetime.fromisoformat(at).tzinfo is not None:
            return local(at)
    return at


def _service(one: Heard) -> str:
    if one.ended:
        return f"{one.name}: ended at {local(one.at)}"
    if one.silent:
        return f"{one.name}: not heard of since {local(one.at)} - is it running?"
    did = "looked" if one.name == "importer" else "at work"
    return f"{one.name}: " + ", ".join([f"{did} {one.age:.0f} s ago", *_facts(one)])


def _facts(one: Heard) -> Iterator[str]:
    """Counts that are not 0, as words: 1 arrival settling, 2 waiting."""
    for name, value in one.facts.items():
        words = name.replace("_", " ")
        if name == "settling":
            words = "arrival settling" if value == 1 else "arrivals settling"
        if isinstance(value, int) and value and not isinstance(value, bool):
            yield f"{value} {words}"


def _told(line: Line[Entry], told: Asked, state: Path) -> Iterator[str]:
    entry = _entry(line)
    earlier = ", an earlier arrival" if line.older else ""
    files = f"{entry.files} file{'' if entry.files == 1 else 's'}"
    what = f"study {entry.study_uid}" if entry.study_uid else "files of no study"
    yield f"  {local(entry.updated)}  {entry.state.value}  {line.where or 'nowhere yet'}  {what} ({files}{earlier})"
    until = f", until {local(entry.until)}" if entry.until and line.part is Part.UNDER_WAY else ""
    if line.why:
        yield f"      {line.why}{until}"
    if told.steps or line.part is Part.NEEDS:
        yield f"      arrival {entry.arrival}"
        yield from (f"      next: {command}" for command in _commands(line, state))
    yield from _story(told.steps.get((entry.arrival, entry.study_uid), ()))


def _story(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        yield f"        {local(step.at)}  {step.state.value}" + (f"  {step.note}" if step.note else "")
