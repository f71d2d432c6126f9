"""The one place where a study is archived, quarantined, rejected or held.

Laws: rules and checks speak, judge sums up, roads act. Any `quarantine` sends the whole study to QUARANTINE, never a
part of it; `reject` takes the objects it names out; the outcome is reject when no object is left, else hold when
anything holds, else quarantine or archive by destination.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum

from xnat_gate.core import admission, checks, routing, rules
from xnat_gate.core.checks.check import Case, Companion
from xnat_gate.core.finding import Effect, Finding
from xnat_gate.core.labels import Labels, common_label
from xnat_gate.core.linkage import link
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Instance, Study


class Outcome(StrEnum):
    """What becomes of a study."""

    ARCHIVE = "archive"
    QUARANTINE = "quarantine"
    REJECT = "reject"
    HOLD = "hold"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The sum for one study.

    `project` is the destination even when the study is held or cannot be labelled; `labels` None when it cannot.
    `asked` are the ids of all questions, those answered well included. `rejected` leaves the study before delivery.
    `deliverable`: what is left may go to the prearchive of its destination; else it waits beside the drop folder.
    `carried`: those of the findings that were not found in the study itself.
    """

    study: Study
    outcome: Outcome
    project: str
    labels: Labels | None
    findings: tuple[Finding, ...]
    asked: tuple[str, ...]
    links: tuple[RTLink, ...]
    rejected: tuple[Instance, ...]
    deliverable: bool
    carried: tuple[Finding, ...] = ()

    @property
    def accepted(self) -> tuple[Instance, ...]:
        """What is left of the study, one file per object: the second of two identical files is dropped."""
        gone = {id(instance) for instance in self.rejected}
        kept: dict[tuple[str, str | None], Instance] = {}
        for instance in self.study.instances:
            if id(instance) not in gone:
                twin = (instance.sop_instance_uid, instance.digest)
                kept.setdefault(twin if instance.digest else (instance.file, None), instance)
        return tuple(kept.values())

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """The findings that made the outcome what it is, the heaviest first."""
        weight = (Effect.REJECT, Effect.HOLD, Effect.QUARANTINE)
        return tuple(
            sorted((f for f in self.findings if f.effect in weight), key=lambda f: weight.index(f.effect))
        )


def judge(
    study: Study,
    protocol: Protocol,
    companions: Iterable[Companion] = (),
    *,
    session: str | None = None,
    home: str | None = None,
    carried: Iterable[Finding] = (),
    elsewhere: Set[str] = frozenset(),
    also_asked: Iterable[str] = (),
) -> Verdict:
    """Ask everything of one study. `companions` are judged by themselves; `session`: a label that a person chose;
    `home`: the hospital project in which it lies already, so that no route is asked;
    `carried`: what an earlier look found that this one cannot see; `elsewhere`: SOPInstanceUIDs that the archive holds
    of this patient, and that links may end in; `also_asked`: the ids of questions that were asked beforehand, whose
    answers are among those carried."""
    links, carried = link(study, elsewhere), tuple(carried)
    labels = labels_of(study, protocol, session, home)
    case = Case(
        study=study,
        protocol=protocol,
        links=links,
        labels=labels,
        companions=tuple(companions),
        elsewhere=elsewhere,
    )
    findings = (
        *carried,
        *admission.findings(protocol, study),
        *rules.findings(protocol, study),
        *(() if home else routing.findings(protocol, study)),
        *(f for c in checks.ALL for f in c.findings(case)),
    )
    rejected = _rejected(study, findings)
    weighing = tuple(finding for finding in findings if _weighs(finding, study, rejected))
    project = _destination(weighing, protocol, home or routing.hospital_of(protocol, study))
    return Verdict(
        study=study,
        outcome=_outcome(study, rejected, weighing),
        project=project,
        labels=replace(labels, project=project) if labels else None,
        findings=findings,
        asked=(*_asked(protocol), *also_asked),
        links=links,
        rejected=rejected,
        deliverable=labels is not None and not any(finding.bars_delivery for finding in weighing),
        carried=carried,
    )


def labels_of(
    study: Study, protocol: Protocol, session: str | None = None, home: str | None = None
) -> Labels | None:
    """The labels that the study gets in its hospital project, whatever becomes of it; None when it cannot be named.
    `session`, `home`: as for `judge`."""
    subject = common_label(protocol.subject_label, study.instances)
    chosen = session or common_label(protocol.session_label, study.instances)
    hospital = home or routing.hospital_of(protocol, study)
    return Labels(hospital, subject, chosen) if subject and chosen else None


def as_companion(study: Study, protocol: Protocol) -> Companion:
    """The study as the others of its arrival see it."""
    return Companion(
        study_uid=study.uid,
        labels=labels_of(study, protocol),
        series_uids=frozenset(series.uid for series in study.series),
        instance_uids=frozenset(study.by_uid),
    )


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What is known of a study beside its own files; as for `judge`."""

    carried: tuple[Finding, ...] = ()
    elsewhere: frozenset[str] = frozenset()
    also_asked: tuple[str, ...] = ()
    home: str | None = None


NOTHING = Beside()


def judge_together(
    studies: Sequence[Study], protocol: Protocol, beside: Callable[[Study], Beside] = lambda _: NOTHING
) -> tuple[Verdict, ...]:
    """Judge the studies of one arrival, each in the company of the others."""
    seen = [as_companion(study, protocol) for study in studies]

    def judged(study: Study) -> Verdict:
        known = beside(study)
        others = (other for other in seen if other.study_uid != study.uid)
        return judge(
            study,
            protocol,
            others,
            carried=known.carried,
            elsewhere=known.elsewhere,
            also_asked=known.also_asked,
            home=known.home,
        )

    return tuple(judged(study) for study in studies)


def _rejected(study: Study, findings: Iterable[Finding]) -> tuple[Instance, ...]:
    """The objects named by UID. The empty UID names nobody: an object without one cannot be told from another."""
    named = {uid for finding in findings if finding.effect is Effect.REJECT for uid in finding.about} - {""}
    return tuple(instance for instance in study.instances if instance.sop_instance_uid in named)


def _weighs(finding: Finding, study: Study, rejected: tuple[Instance, ...]) -> bool:
    """A finding about nothing but objects that leave the study no longer speaks about what is left of it."""
    if finding.effect is Effect.REJECT or not rejected:
        return True
    gone = {instance.sop_instance_uid for instance in rejected}
    about = {
        instance.sop_instance_uid
        for instance in study.instances
        if instance.sop_instance_uid in finding.about or instance.series_uid in finding.about
    }
    return not about or not about <= gone


def _asked(protocol: Protocol) -> Iterator[str]:
    yield from admission.ASKED
    yield from (rule.id for rule in protocol.rules)
    if protocol.routes:
        yield routing.ID
    yield from (one.id for one in checks.ALL)


def _destination(findings: Iterable[Finding], protocol: Protocol, hospital: str) -> str:
    quarantined = any(finding.effect is Effect.QUARANTINE for finding in findings)
    return protocol.quarantine_project if quarantined else hospital


def _outcome(study: Study, rejected: tuple[Instance, ...], findings: tuple[Finding, ...]) -> Outcome:
    effects = {finding.effect for finding in findings}
    if len(rejected) == len(study.instances):
        return Outcome.REJECT
    if Effect.HOLD in effects:
        return Outcome.HOLD
    return Outcome.QUARANTINE if Effect.QUARANTINE in effects else Outcome.ARCHIVE
