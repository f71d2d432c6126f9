"""What another protocol would have done to the studies of the past.

Laws: a study that does not come out as recorded under its own protocol cannot be told; what cannot be told is counted,
with what would have to be known, and is neither changed nor unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from xnat_gate.core.finding import Finding
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.repeats import Replays
from xnat_gate.core.replay import Replayed
from xnat_gate.core.summary import Summary
from xnat_gate.core.weighing import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A study that was judged, and what is remembered of it. `at`: when (ISO 8601, with a zone); `arrival`: empty for a
    session that was found in the archive; `session`: its label, where that is known."""

    at: str
    arrival: str
    study_uid: str
    session: str
    summary: Summary


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a study. `rejected`: how many files leave it; `project` is empty when all do."""

    outcome: Outcome
    project: str
    rejected: int

    def __str__(self) -> str:
        if self.outcome is Outcome.REJECT:
            return "rejected"
        where = f"held for {self.project}" if self.outcome is Outcome.HOLD else self.project
        if not self.rejected:
            return where
        return f"{where} without {self.rejected} file{'' if self.rejected == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Changed:
    """`gained`: what would have spoken against it; `lost`: what would not have any more, as far as that is known."""

    past: Past
    then: Fate
    now: Fate
    gained: tuple[Finding, ...]
    lost: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Untold:
    """`elements`: what would have to be known of it; `unlike`: it does not come out as recorded under the protocol that
    judged it; neither: it hangs on another piece of the study, or on another study."""

    past: Past
    elements: frozenset[str]
    unlike: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """In the order in which the studies were given."""

    studies: int
    changed: tuple[Changed, ...]
    untold: tuple[Untold, ...]

    @property
    def same(self) -> int:
        return self.studies - len(self.changed) - len(self.untold)


def fate_of(one: Summary | Replayed) -> Fate:
    gone = one.outcome is Outcome.REJECT
    return Fate(one.outcome, "" if gone else one.project, one.rejected)


def tried(
    pasts: Iterable[Past],
    protocol: Protocol,
    known: Callable[[str], Protocol | None] = lambda _: None,
    before: Protocol | None = None,
) -> Trial:
    """`known`: the protocol of this digest, where that is known; `before`: compare with what this one would have done,
    in place of what was done."""
    judges = _Judges(Replays(protocol), Replays(before) if before is not None else None, known)
    told = [_tried(past, judges) for past in pasts]
    return Trial(
        studies=len(told),
        changed=tuple(one for one in told if isinstance(one, Changed)),
        untold=tuple(one for one in told if isinstance(one, Untold)),
    )


@dataclass
class _Judges:
    """`now`, `before`: the protocols that are compared; the others judged once."""

    now: Replays
    before: Replays | None
    known: Callable[[str], Protocol | None]
    _own: dict[str, Replays | None] = field(default_factory=dict)

    def own(self, sha256: str) -> Replays | None:
        if sha256 not in self._own:
            protocol = self.known(sha256)
            self._own[sha256] = Replays(protocol) if protocol is not None else None
        return self._own[sha256]


def _tried(past: Past, judges: _Judges) -> Changed | Untold | None:
    """None where nothing would have been otherwise."""
    summary = past.summary
    own = judges.own(summary.protocol)
    then = own(summary) if own is not None else None
    if then is not None and not _as_recorded(then, summary):
        return Untold(past, frozenset(), unlike=True)
    was = fate_of(summary)
    if judges.before is not None:
        then = judges.before(summary)
        if not then.told:
            return Untold(past, then.unknown, unlike=False)
        was = fate_of(then)
    now = judges.now(summary)
    if not now.told:
        return Untold(past, now.unknown, unlike=False)
    if fate_of(now) == was:
        return None
    reasons = then.reasons if then is not None else ()
    gained, lost = _but(now.reasons, reasons), _but(reasons, now.reasons)
    return Changed(past=past, then=was, now=fate_of(now), gained=gained, lost=lost)


def _as_recorded(then: Replayed, summary: Summary) -> bool:
    return then.told and (then.outcome, then.project, then.rejected) == (
        summary.outcome,
        summary.project,
        summary.rejected,
    )


def _but(some: Sequence[Finding], others: Iterable[Finding]) -> tuple[Finding, ...]:
    known = {(one.id, one.effect, one.message) for one in others}
    return tuple(one for one in some if (one.id, one.effect, one.message) not in known)
