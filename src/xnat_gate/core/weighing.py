"""What all findings on a study come to together: its outcome, its project, and what leaves it.

Laws: any `quarantine` sends the whole study to QUARANTINE, never a part of it; `reject` takes the objects it names out;
what speaks of nothing but objects that leave does not weigh; the outcome is reject when no object is left, else hold
when anything holds or no project could take it in, else quarantine or archive by destination.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from xnat_gate.core.finding import Effect, Finding
from xnat_gate.core.study import Instance, Study


class Outcome(StrEnum):
    """What becomes of a study."""

    ARCHIVE = "archive"
    QUARANTINE = "quarantine"
    REJECT = "reject"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Sum:
    """`project`: the destination, also of what is held; `rejected` leaves the study; `weighing`: the findings that
    speak about what is left of it; `deliverable`: that may go to the prearchive."""

    outcome: Outcome
    project: str
    rejected: tuple[Instance, ...]
    weighing: tuple[Finding, ...]
    deliverable: bool


def sum_up(
    instances: Sequence[Instance],
    findings: Sequence[Finding],
    *,
    hospital: str,
    quarantine: str,
    labelled: bool,
) -> Sum:
    """Of a study of these objects. `hospital`, `quarantine`: the two projects between which is decided; `labelled`: it
    has labels there."""
    rejected = rejected_by(findings, instances)
    weighing = tuple(finding for finding in findings if _weighs(finding, instances, rejected))
    effects = {finding.effect for finding in weighing}
    deliverable = labelled and not any(finding.bars_delivery for finding in weighing)
    return Sum(
        outcome=Outcome.REJECT
        if len(rejected) == len(instances)
        else _outcome(effects, deliverable=deliverable),
        project=quarantine if Effect.QUARANTINE in effects else hospital,
        rejected=rejected,
        weighing=weighing,
        deliverable=deliverable,
    )


def spoken_of(finding: Finding, instances: Iterable[Instance]) -> frozenset[str]:
    """The SOPInstanceUIDs of the objects that it is about; none where it is about the study."""
    return frozenset(
        instance.sop_instance_uid
        for instance in instances
        if instance.sop_instance_uid in finding.about or instance.series_uid in finding.about
    )


def rejected_by(findings: Iterable[Finding], instances: Iterable[Instance]) -> tuple[Instance, ...]:
    """The objects named by UID. The empty UID names nobody: an object without one cannot be told from another."""
    named = {uid for finding in findings if finding.effect is Effect.REJECT for uid in finding.about} - {""}
    return tuple(instance for instance in instances if instance.sop_instance_uid in named)


def left_of(study: Study, rejected: Iterable[Instance]) -> Study:
    """The study without the objects that leave it."""
    gone = {id(instance) for instance in rejected}
    if not gone:
        return study
    return replace(study, instances=tuple(one for one in study.instances if id(one) not in gone))


def _weighs(finding: Finding, instances: Iterable[Instance], rejected: tuple[Instance, ...]) -> bool:
    """A finding about nothing but objects that leave the study no longer speaks about what is left of it."""
    if finding.effect is Effect.REJECT or not rejected:
        return True
    about = spoken_of(finding, instances)
    return not about or not about <= {instance.sop_instance_uid for instance in rejected}


def _outcome(effects: set[Effect], *, deliverable: bool) -> Outcome:
    """What no project can take in is held, whatever else was said of it."""
    if Effect.HOLD in effects or not deliverable:
        return Outcome.HOLD
    return Outcome.QUARANTINE if Effect.QUARANTINE in effects else Outcome.ARCHIVE
