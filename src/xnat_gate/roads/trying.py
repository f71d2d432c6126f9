"""The road of a protocol that is only tried: over what the journal remembers, and the archive's own reports.

Laws: nothing is changed; what cannot be read is counted, and never taken for a study against which nothing stands.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from typing import Protocol as Port

from xnat_gate.core.protocol import Protocol, ProtocolInvalid
from xnat_gate.core.sessions import Stored
from xnat_gate.core.sightings import Sightings
from xnat_gate.core.states import State
from xnat_gate.core.summary import Summary
from xnat_gate.core.summary_text import SummaryUnreadable, read, summary_of
from xnat_gate.core.trial import Past
from xnat_gate.core.weighing import Outcome
from xnat_gate.edge.journal import Entry, Journal
from xnat_gate.roads.session import JSON_NAME

MANY = 20_000
"""Of so many studies it is asked which values they have, so that a new one is known as such."""


class Reports(Port):
    """What is asked of XNAT. Every verb may raise any ArchiveError."""

    def stored_in(self, project: str) -> Sequence[Stored]: ...

    def text_beside(self, session_id: str, name: str) -> str: ...


class Gap(StrEnum):
    """Why nothing is known of a study that is there."""

    NO_REPORT = "sessions in XNAT that no job has checked"
    NO_SUMMARY = "sessions in XNAT that were checked before summaries were kept"
    UNREADABLE = "studies with a summary that this xnat-gate cannot read"


@dataclass(frozen=True, kw_only=True)
class Range:
    """Which studies are tried: no more than `last` of the journal, and of each project of the archive; those since
    then."""

    last: int
    since: datetime | None = None

    def holds(self, number: int, at: datetime) -> bool:
        """`number`: how many are newer."""
        return number < self.last and (self.since is None or at >= self.since)


@dataclass(kw_only=True)
class Memory:
    """The studies that are known, in passing: what was seen of them so far, and what could not be. `many`: of so many
    at least of the journal."""

    chosen: Range
    many: int = MANY
    sightings: Sightings = field(default_factory=Sightings)
    gaps: Counter[Gap] = field(default_factory=Counter)
    first: str = ""
    last: str = ""
    _known: set[str] = field(default_factory=set)

    def of_journal(self, journal: Journal) -> Iterator[Past]:
        """Those that are to be tried, the newest first."""
        number = 0
        for one in journal.summaries(limit=max(self.many, self.chosen.last)):
            self._known.add(one.study_uid)
            try:
                summary = read(one.summary)
            except SummaryUnreadable:
                self.gaps[Gap.UNREADABLE] += 1
                continue
            summary = _as_it_ended(summary, journal.entry(one.arrival, one.study_uid))
            past = Past(at=one.at, arrival=one.arrival, study_uid=one.study_uid, session="", summary=summary)
            self.sightings.add(past)
            if self.chosen.holds(number, datetime.fromisoformat(one.at)):
                yield self._counted(past)
            number += 1

    def of_archive(self, project: str, xnat: Reports, done: Callable[[int, int], None]) -> Iterator[Past]:
        """Those that the journal does not know. `done`: told how many of how many sessions have been asked."""
        stored = xnat.stored_in(project)[: self.chosen.last]
        for number, session in enumerate(stored):
            for past in self._reported(session, xnat.text_beside(session.id, JSON_NAME)):
                self.sightings.add(past)
                if past.study_uid not in self._known and self.chosen.holds(
                    0, datetime.fromisoformat(past.at)
                ):
                    yield self._counted(past)
            done(number + 1, len(stored))

    def _reported(self, session: Stored, text: str) -> Iterator[Past]:
        """One for each study of the session."""
        try:
            told = json.loads(text) if text else None
            if not isinstance(told, dict) or not told.get("summary"):
                self.gaps[Gap.NO_SUMMARY if text else Gap.NO_REPORT] += 1
                return
            yield from _pasts(session, told)
        except (SummaryUnreadable, LookupError, ValueError, TypeError, OverflowError, RecursionError):
            self.gaps[Gap.UNREADABLE] += 1

    def _counted(self, past: Past) -> Past:
        times = [datetime.fromisoformat(one) for one in (self.first, self.last, past.at) if one]
        self.first, self.last = (one.isoformat() for one in (min(times), max(times)))
        return past


def _as_it_ended(summary: Summary, entry: Entry | None) -> Summary:
    """A later look may have sent it elsewhere than was meant on arrival."""
    if entry is None or entry.project in ("", summary.project):
        return summary
    if entry.state is State.QUARANTINED:
        return replace(summary, outcome=Outcome.QUARANTINE, project=entry.project)
    if entry.state is State.ARCHIVED:
        return replace(summary, outcome=Outcome.ARCHIVE, project=entry.project)
    return summary


def _pasts(session: Stored, told: dict[str, Any]) -> list[Past]:
    """Raises what a report of no known shape raises."""
    at = datetime.fromisoformat(told["asked_at"])
    at.astimezone(UTC)  # raises for a time of no possible year
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return [
        Past(
            at=at.isoformat(),
            arrival="",
            study_uid=str(study["study_uid"]),
            session=session.label,
            summary=summary_of(summary),
        )
        for study, summary in zip(told["studies"], told["summary"], strict=True)
    ]


class Texts:
    """The protocols that once judged, by their digest. `read`: what makes a protocol of a text, or raises
    ProtocolInvalid; `find`: each of these may know the text."""

    def __init__(self, read: Callable[[str], Protocol], *find: Callable[[str], str | None]) -> None:
        self._read = read
        self._find = find
        self._known: dict[str, Protocol | None] = {}

    def __call__(self, sha256: str) -> Protocol | None:
        if sha256 not in self._known:
            self._known[sha256] = self._asked(sha256)
        return self._known[sha256]

    def _asked(self, sha256: str) -> Protocol | None:
        """A text of another digest is another protocol; one that this program does not understand is none."""
        for find in self._find:
            text = find(sha256)
            try:
                protocol = self._read(text) if text is not None else None
            except ProtocolInvalid:
                continue
            if protocol is not None and protocol.sha256 == sha256:
                return protocol
        return None


def session_of(past: Past, journal: Journal | None) -> str:
    """Its label, where anybody knows it."""
    if past.session or journal is None or not past.arrival:
        return past.session
    entry = journal.entry(past.arrival, past.study_uid)
    return entry.session if entry is not None else ""
