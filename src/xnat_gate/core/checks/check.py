"""What a check is: a built-in question with a stable id, asked of every study.

Laws: a check looks and speaks, it never acts; its docstring is its manual page; id and severity are stamped on
what it says by the engine, so no check decides its own rank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.geometry import Geometry
from xnat_gate.core.labels import Labels
from xnat_gate.core.linkage.ground import Ground, referred_series
from xnat_gate.core.linkage.presence import NOWHERE
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Study


@dataclass(frozen=True, kw_only=True)
class Companion:
    """Another study that arrived with this one, or waits beside it. What is not known of it stays empty."""

    study_uid: str
    labels: Labels | None
    series_uids: frozenset[str] = frozenset()
    instance_uids: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that a check may look at. `labels` is None when the study cannot be labelled; `elsewhere`: SOPInstanceUIDs
    that the archive holds of this patient, with the label of their session, empty for the one that the study joins."""

    study: Study
    protocol: Protocol
    links: tuple[RTLink, ...]
    labels: Labels | None
    companions: tuple[Companion, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=lambda: NOWHERE)

    @cached_property
    def come(self) -> frozenset[str]:
        """The SOPInstanceUIDs of all that has come: what is archived, or came in a file that cannot be read, has."""
        damaged = (one.sop_instance_uid for one in self.study.damaged)
        return frozenset((*self.study.by_uid, *damaged, *self.elsewhere))

    @cached_property
    def geometry(self) -> Geometry:
        """Where the images lie."""
        return Geometry(self.study)

    @cached_property
    def ground(self) -> Ground:
        """The images that the links end on."""
        return Ground(self.study, self.links)

    @cached_property
    def referred(self) -> frozenset[str]:
        """The series that RT objects refer to."""
        return referred_series(self.study)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a check says of a case; the engine makes a Finding of it. `severity` None: that of the check."""

    message: str
    effect: Effect = Effect.NOTE
    about: Iterable[str] = ()
    files: Iterable[str] = ()
    severity: Severity | None = None
    bars_delivery: bool = False


Question = Callable[[Case], Iterator[Remark]]


@dataclass(frozen=True)
class Check:
    """`id` is never reused; `title` says what holds when all is well; `remedy` what a person does when not."""

    id: str
    title: str
    severity: Severity
    remedy: str
    ask: Question

    @property
    def settable(self) -> tuple[Effect, ...]:
        """What the protocol's `checks` may make of it: an error is never made a note."""
        lenient = (Effect.NOTE,) if self.severity is not Severity.ERROR else ()
        return (Effect.HOLD, Effect.QUARANTINE, *lenient)

    @property
    def manual(self) -> str:
        """The manual page: what is asked, why it matters."""
        return (self.ask.__doc__ or "").strip()

    def findings(self, case: Case) -> Iterator[Finding]:
        for remark in self.ask(case):
            effect = self.effect_of(remark, case.protocol)
            yield Finding(
                id=self.id,
                severity=remark.severity or self.severity,
                effect=effect,
                message=remark.message,
                remedy=self.remedy,
                title=self.title,
                about=tuple(remark.about),
                files=tuple(remark.files),
                bars_delivery=remark.bars_delivery,
                natural=None if effect is remark.effect else remark.effect,
            )

    def effect_of(self, remark: Remark, protocol: Protocol) -> Effect:
        """What the protocol's `checks` say, but of what is told for information, or could not be kept whole."""
        instead = protocol.checks.get(self.id)
        lawful = remark.severity is Severity.INFO and self.severity is not Severity.INFO
        return remark.effect if instead is None or lawful or remark.bars_delivery else instead


def check(
    id: str,
    title: str,
    severity: Severity,
    remedy: str,
) -> Callable[[Question], Check]:
    """Declare the function below as the check of this id."""
    return lambda ask: Check(id, title, severity, remedy, ask)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `2 files`: a count in words."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def listed(words: Iterable[str], most: int = 5) -> str:
    """The words in a row, cut with the count of what is left out."""
    all_words = list(dict.fromkeys(words))
    shown = ", ".join(all_words[:most])
    return shown if len(all_words) <= most else f"{shown} and {len(all_words) - most} more"
