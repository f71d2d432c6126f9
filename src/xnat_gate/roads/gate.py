"""The real parts that a road works with, and how it tells what became of a study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from xnat_gate.core import likeness
from xnat_gate.core.archive import Archive
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import Verdict
from xnat_gate.core.keeping import Shelf
from xnat_gate.core.launching import Launching
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.report import contents, why
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal, Reason
from xnat_gate.edge.keeping import Keeping
from xnat_gate.roads.in_force import Protocols
from xnat_gate.roads.protocol_sources import OfXnat


def _clock() -> datetime:
    return datetime.now(UTC)


def _silent(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What every road needs. `rejected`: where objects go that are taken out; an importer's lies on its own disk, and
    takes over the files themselves. `scratch`: folder for temporary files; `tell`: one line for whoever watches;
    `launching`: where a look can be taken as a container; None where it never is; `now`: the time, with a zone;
    `tries`: how often what is in hand has failed before; `protocols`: where the protocol in force is asked for anew;
    None where it stays as it is."""

    archive: Archive
    protocol: Protocol
    rejected: Shelf
    held: Keeping
    journal: Journal
    scratch: Path
    failed: Keeping
    tell: Callable[[str], None] = field(default=_silent)
    now: Callable[[], datetime] = field(default=_clock)
    tries: int = 0
    launching: Launching | None = None
    protocols: Protocols | None = None

    @property
    def judges_as_xnat(self) -> bool:
        """Whether a job in XNAT would judge by the same protocol: it knows of no file."""
        return self.protocols is None or isinstance(self.protocols.source, OfXnat)

    def up_to_date(self, *, age: float = 0.0, within: float | None = None) -> Gate:
        """The same with the protocol that is in force now: an errand asks once, so that it has one protocol from start
        to end. `age`, `within`: as Protocols.now. Raises ArchiveError, JournalError."""
        if self.protocols is None:
            return self
        now = self.protocols.now(self.archive, self.journal, self.tell, age=age, within=within)
        return replace(self, protocol=now)

    @property
    def wanted(self) -> frozenset[str]:
        """The keywords to read of every object."""
        return to_read(self.protocol)

    @property
    def own_shelf(self) -> Keeping:
        """`rejected` of an importer. Raises TypeError for a gate that keeps elsewhere, and so cannot import."""
        if not isinstance(self.rejected, Keeping):
            raise TypeError("an importer keeps what it rejects on its own disk")
        return self.rejected


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What became of one study, or of files that belong to none: a line of the table.

    `came_as` (the dropped folder), `what` (a file's name may stand in it) and `subject` are for people at a terminal
    and for no log.
    `where`: `PROJECT / session`, or the folder in which it lies; `uri`: its place in XNAT while it waits there;
    `manifest`: SHA-256 of the manifest that was left beside it there, for whoever looks at it next; `nameless`: the
    `why` for a log; `junk`: files that are no DICOM, and so say nothing about any study; `seconds`: how long its
    arrival was in hand.
    """

    what: str
    files: int
    state: State
    where: str
    subject: str = ""
    why: str = ""
    nameless: str = ""
    study_uid: str = ""
    uri: str = ""
    manifest: str = ""
    came_as: str = ""
    junk: bool = False
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """It is in the hospital project, whole, and nothing is left for a person to do."""
        return self.state is State.ARCHIVED or self.junk


def passage(verdict: Verdict, state: State, where: str, reason: str = "", uri: str = "") -> Passage:
    """The line for a judged study; without a `reason` the verdict's own."""
    return Passage(
        what=contents(verdict) or "study",
        files=len(verdict.study.instances),
        state=state,
        where=where,
        subject=verdict.labels.subject if verdict.labels else "",
        why=reason or why(verdict) or " ".join(f"{one.id}: {one.message}" for one in _copies(verdict)),
        nameless=reason or _nameless((*verdict.reasons, *_copies(verdict))),
        study_uid=verdict.study.uid,
        uri=uri,
    )


def _copies(verdict: Verdict) -> tuple[Finding, ...]:
    """That something is a copy is told also where nothing follows from it: nobody could find it later."""
    return tuple(one for one in verdict.findings if one.id in likeness.ASKED and one.effect is Effect.NOTE)


def _nameless(findings: Iterable[Finding]) -> str:
    return "; ".join(dict.fromkeys(f"{finding.id}: {finding.nameless}" for finding in findings))


def place(verdict: Verdict) -> str:
    """`PROJECT / session`, the place a verdict sends a study to."""
    return f"{verdict.project} / {verdict.labels.session if verdict.labels else '?'}"


def rejections(verdict: Verdict, where: str) -> tuple[Passage, ...]:
    """The line for objects that were taken out of a study that went on without them."""
    if not verdict.rejected:
        return ()
    counts = Counter(one.modality or "without modality" for one in verdict.rejected)
    reasons = [finding for finding in verdict.findings if finding.effect is Effect.REJECT]
    return (
        Passage(
            what=", ".join(f"{count} {modality}" for modality, count in counts.most_common()),
            files=len(verdict.rejected),
            state=State.REJECTED,
            where=where,
            why=" ".join(dict.fromkeys(f"{finding.id}: {finding.message}" for finding in reasons)),
            nameless=_nameless(reasons),
            study_uid=verdict.study.uid,
        ),
    )


def entry(
    arrival: str, verdict: Verdict, state: State, *, uri: str = "", also: Sequence[Finding] = ()
) -> Entry:
    """The journal's entry for a judged study: ids and UIDs, no names. `also`: what else stood against it."""
    return Entry(
        arrival=arrival,
        study_uid=verdict.study.uid,
        state=state,
        outcome=verdict.outcome.value,
        project=verdict.project,
        session=verdict.labels.session if verdict.labels else "",
        xnat_uri=uri,
        files=len(verdict.study.instances),
        rejected=len(verdict.rejected),
        reasons=tuple(
            Reason(id=finding.id, effect=finding.effect.value, message=finding.nameless)
            for finding in (*also, *verdict.reasons, *_copies(verdict))
        ),
    )


def recorded(gate: Gate, one: Entry, note: str = "") -> Entry:
    """Write it down, stamped with the protocol that decided."""
    return gate.journal.record(stamped(gate, one), note)


def stamped(gate: Gate, one: Entry) -> Entry:
    """With the protocol that decided, and with the tries that it has behind it as long as it is on its way."""
    tries = one.tries or (0 if one.state.finished else gate.tries)
    protocol = gate.protocol
    return replace(
        one,
        protocol_name=protocol.name,
        protocol_sha256=protocol.sha256,
        protocol_version=protocol.version,
        tries=tries,
    )


def objections(*messages: str) -> tuple[Finding, ...]:
    """What XNAT itself has against a study, in its own words; an empty message is none."""
    return tuple(
        Finding(
            id="XNAT",
            severity=Severity.ERROR,
            effect=Effect.HOLD,
            message=message,
            remedy="Look at the session in XNAT's prearchive; give it a new session ID or delete it there.",
        )
        for message in messages
        if message
    )
