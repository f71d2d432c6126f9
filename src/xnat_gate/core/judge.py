"""The one place where a study is archived, quarantined, rejected or held.

Laws: rules and checks speak, their findings are summed up (weighing), roads act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xnat_gate.core import admission, checks, routing, rules
from xnat_gate.core.checks.check import Case, Companion
from xnat_gate.core.finding import Effect, Finding
from xnat_gate.core.labels import Labels, common_label
from xnat_gate.core.linkage import link
from xnat_gate.core.linkage.presence import NOWHERE
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Instance, Study
from xnat_gate.core.weighing import Outcome, left_of, rejected_by, sum_up

__all__ = ["NOTHING", "Beside", "Outcome", "Verdict", "as_companion", "judge", "judge_together", "labels_of"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The sum for one study.

    `project` is the destination even when the study is held or cannot be labelled; `labels` None when it cannot.
    `asked` are the ids of all questions, those answered well included. `rejected` leaves the study before delivery.
    `deliverable`: what is left may go to the prearchive of its destination; else it waits beside the drop folder.
    `carried`: those of the findings that were not found in the study itself. `home`: the hospital project in which it
    lies already, so that no route was asked; empty where there is none. `rivalled`: another study that came with it has
    its subject and session label, in whatever project.
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
    home: str = ""
    rivalled: bool = False

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
    def left(self) -> Study:
        """The study without what is rejected: of this its rules and routes were asked."""
        return left_of(self.study, self.rejected)

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
    elsewhere: Mapping[str, str] = NOWHERE,
    also_asked: Iterable[str] = (),
) -> Verdict:
    """Ask everything of one study. `companions` are judged by themselves; `session`: a label that a person chose;
    `home`: the hospital project in which it lies already, so that no route is asked;
    `carried`: what an earlier look found that this one cannot see; `elsewhere`: SOPInstanceUIDs that the archive holds
    of this patient, with the label of their session, and that links may end in; `also_asked`: the ids of questions that
    were asked beforehand, whose answers are among those carried."""
    links = link(study, elsewhere, protocol.phantom_uid_prefixes)
    carried = tuple(carried)
    labels = labels_of(study, protocol, session, home)
    case = Case(
        study=study,
        protocol=protocol,
        links=links,
        labels=labels,
        companions=tuple(companions),
        elsewhere=elsewhere,
    )
    findings, left = _asked_of(case, carried, routed=not home)
    sum_ = sum_up(
        study.instances,
        findings,
        hospital=home or routing.hospital_of(protocol, left),
        quarantine=protocol.quarantine_project,
        labelled=labels is not None,
    )
    return Verdict(
        study=study,
        outcome=sum_.outcome,
        project=sum_.project,
        labels=replace(labels, project=sum_.project) if labels else None,
        findings=findings,
        asked=(*_asked(protocol), *also_asked),
        links=links,
        rejected=sum_.rejected,
        deliverable=sum_.deliverable,
        carried=carried,
        home=home or "",
        rivalled=any(_rivals(labels, other.labels) for other in case.companions),
    )


def _asked_of(case: Case, carried: Iterable[Finding], *, routed: bool) -> tuple[tuple[Finding, ...], Study]:
    """All findings, and the study without what is rejected: only of that are rules and routes asked."""
    study, protocol = case.study, case.protocol
    found = tuple(finding for check in checks.ALL for finding in check.findings(case))
    left = left_of(study, rejected_by((*carried, *found), study.instances))
    findings = (
        *carried,
        *admission.findings(protocol, study),
        *rules.findings(protocol, left),
        *(routing.findings(protocol, left) if routed else ()),
        *found,
    )
    return findings, left


def _rivals(one: Labels | None, other: Labels | None) -> bool:
    """Whether only their projects keep them from being one session."""
    return one is not None and other is not None and one == replace(other, project=one.project)


def labels_of(
    study: Study, protocol: Protocol, session: str | None = None, home: str | None = None
) -> Labels | None:
    """The labels that the study gets in its hospital project, whatever becomes of it; None when it cannot be named.
    `session`, `home`: as for `judge`."""
    subject = common_label(protocol.subject_label, study.instances)
    chosen = session or common_label(protocol.session_label, study.instances)
    hospital = home or routing.hospital_of(protocol, study)
    return Labels(hospital, subject, chosen) if subject and chosen else None


def as_companion(study: Study, protocol: Protocol, home: str | None = None) -> Companion:
    """The study as the others of its arrival see it. `home`: as for `judge`."""
    return Companion(
        study_uid=study.uid,
        labels=labels_of(study, protocol, home=home),
        series_uids=frozenset(series.uid for series in study.series),
        instance_uids=frozenset(study.by_uid),
    )


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What is known of a study beside its own files; as for `judge`."""

    carried: tuple[Finding, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=lambda: NOWHERE)
    also_asked: tuple[str, ...] = ()
    home: str | None = None


NOTHING = Beside()


def judge_together(
    studies: Sequence[Study], protocol: Protocol, beside: Callable[[Study], Beside] = lambda _: NOTHING
) -> tuple[Verdict, ...]:
    """Judge the studies of one arrival, each in the company of the others."""
    every = [(study, beside(study)) for study in studies]
    seen = [as_companion(study, protocol, known.home) for study, known in every]

    def judged(study: Study, known: Beside) -> Verdict:
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

    return tuple(judged(study, known) for study, known in every)


def _asked(protocol: Protocol) -> Iterator[str]:
    yield from admission.ASKED
    yield from (rule.id for rule in protocol.rules)
    if protocol.routes:
        yield routing.ID
    yield from (one.id for one in checks.ALL)
