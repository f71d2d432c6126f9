"""A remembered study, judged anew under another protocol.

Laws: under the very protocol that judged it the answer is the recorded one; lists, rules and routes are asked again of
the remembered headers, links by the new `rt` and `links`, other findings by the new `checks`; what cannot be told is
told as such where it could matter, and never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from xnat_gate.core import admission, checks, likeness, routing, rules
from xnat_gate.core.checks.check import Case
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.labels import source_keywords
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.revival import Revived, effect_of, finding_of, revived
from xnat_gate.core.summary import Summary, question_digest, routing_digest, sight_digest
from xnat_gate.core.unheld import Doubt, routed, unheld
from xnat_gate.core.weighing import Outcome, Sum, left_of, rejected_by, sum_up

OF_LABELS = frozenset({"RT002", "RT004", "RT007", "RT011"})
"""Checks whose answer depends on what the labels are made of."""
OF_XNAT = "XNAT"
"""The id of what XNAT itself had against a study."""
VOLUMES = frozenset({"CT", "MR", "PT"})
_WEIGHT = (Effect.REJECT, Effect.HOLD, Effect.QUARANTINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`rejected`: how many files would have left the study; `reasons` as in a verdict. `unknown`: elements that the
    protocol asks for, that are not remembered, and that could make another answer; `torn`: so could other pieces of the
    study, which came by themselves, another study that came with it, or what is not known of its images."""

    outcome: Outcome
    project: str
    rejected: int
    reasons: tuple[Finding, ...]
    unknown: frozenset[str] = frozenset()
    torn: bool = False

    @property
    def told(self) -> bool:
        """Whether this is the answer, and not one of several."""
        return not self.unknown and not self.torn


def replay(summary: Summary, protocol: Protocol) -> Replayed:
    """What becomes of the study under this protocol."""
    study = revived(summary)
    found = (*_remembered(summary, protocol), *_of_links(study, protocol))
    rejected = rejected_by(found, study.study.instances)
    left = replace(study, study=left_of(study.study, rejected))
    hospital, routing_findings, doubts = _hospital(summary, left, protocol)
    beyond = unheld(summary, left, protocol, as_then=study.units(rejected) == set(summary.gone))
    known = _within(summary, protocol)
    findings = (
        *found,
        *admission.findings(known, study.study),
        *rules.findings(known, left.study),
        *beyond.findings,
        *routing_findings,
    )
    labelled = summary.labelled or _templates(protocol) != summary.templates

    def summed(*more: Finding) -> Sum:
        return sum_up(
            study.study.instances,
            (*findings, *more),
            hospital=hospital,
            quarantine=protocol.quarantine_project,
            labelled=labelled,
        )

    least = summed()
    doubts = (*doubts, *beyond.doubts, *_doubts(summary, protocol))
    matter = tuple(one for one in doubts if _matters(one, least, hospital, summed))
    return Replayed(
        outcome=least.outcome,
        project=least.project,
        rejected=study.files(least.rejected),
        reasons=_reasons(findings),
        unknown=frozenset(name for one in matter for name in one.elements),
        torn=any(not one.elements for one in matter) or _seen_otherwise(summary, protocol),
    )


def _matters(doubt: Doubt, least: Sum, hospital: str, summed: Callable[[Finding], Sum]) -> bool:
    """Findings only ever make it worse, so that what is the same with and without each of them is certain."""
    if least.outcome is Outcome.REJECT:
        return False  # nothing is left that could go anywhere
    if doubt.effect is None:
        return least.project == hospital
    more = summed(doubt.finding)
    return (more.outcome, more.project) != (least.outcome, least.project)


def _reasons(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    deciding = (one for one in findings if one.effect in _WEIGHT)
    return tuple(sorted(deciding, key=lambda one: _WEIGHT.index(one.effect)))


# --- what is found anew -----------------------------------------------------------------------------------------


def _of_links(study: Revived, protocol: Protocol) -> Iterator[Finding]:
    if study.links:
        case = Case(study=study.study, protocol=protocol, links=study.links, labels=None)
        for check in checks.OF_LINKS:
            yield from check.findings(case)


def _within(summary: Summary, protocol: Protocol) -> Protocol:
    """The protocol as far as it asks for what is remembered."""
    return replace(
        protocol,
        allow={name: listed for name, listed in protocol.allow.items() if name in summary.asked},
        deny={name: listed for name, listed in protocol.deny.items() if name in summary.asked},
        rules=tuple(rule for rule in protocol.rules if summary.asked.issuperset(rule.elements)),
    )


def _hospital(
    summary: Summary, study: Revived, protocol: Protocol
) -> tuple[str, Sequence[Finding], Sequence[Doubt]]:
    """Where it goes when nothing stands against it. What lay somewhere already when it was judged takes no route; under
    other routes it might have lain elsewhere."""
    if summary.home:
        stays = summary.archived or routing_digest(protocol) == summary.routing
        doubts = () if stays and summary.home in protocol.hospitals else (Doubt(None), Doubt(Effect.HOLD))
        return summary.home, (), doubts
    if all(summary.asked.issuperset(route.elements) for route in protocol.routes):
        found = tuple(routing.findings(protocol, study.study))
        return routing.hospital_of(protocol, study.study), found, ()
    return routed(summary, study, protocol)


# --- what was found then ----------------------------------------------------------------------------------------


def _remembered(summary: Summary, protocol: Protocol) -> Iterator[Finding]:
    same_labels = _templates(protocol) == summary.templates
    for one in summary.findings:
        if one.id == OF_XNAT and _led_elsewhere(summary, protocol):
            continue
        if one.question and question_digest(one.id, protocol) != one.question:
            continue
        if one.id == "RT007" and one.severity is Severity.ERROR and _may_part(summary, protocol):
            continue
        of_uids = one.id == "RT002" and one.bars_delivery
        if same_labels or of_uids or one.id not in OF_LABELS:
            yield finding_of(one, effect_of(one, protocol))


def _doubts(summary: Summary, protocol: Protocol) -> Iterator[Doubt]:
    if any(one.question and question_digest(one.id, protocol) != one.question for one in summary.findings):
        yield from _of_anything(frozenset())
    if _may_part(summary, protocol):
        yield from _of_anything(frozenset())
    if _led_elsewhere(summary, protocol) and (
        _leans_on_others(summary) or any(one.id == OF_XNAT for one in summary.findings)
    ):
        yield from (Doubt(None), Doubt(Effect.HOLD))
    if _templates(protocol) != summary.templates:
        words = (word for template in _templates(protocol) for word in source_keywords(template))
        yield from _of_anything(frozenset(words))


def _of_anything(elements: frozenset[str]) -> tuple[Doubt, Doubt]:
    return Doubt(Effect.QUARANTINE, elements), Doubt(Effect.HOLD, elements)


def _seen_otherwise(summary: Summary, protocol: Protocol) -> bool:
    """Whether the checks would have seen something else of its links, or of what came before under another patient:
    what they found then may not be found now, so that it may be better as well as worse."""
    compared = any(one.id in likeness.ASKED for one in summary.findings)
    return sight_digest(protocol) != summary.sight and (bool(summary.links) or compared)


def _may_part(summary: Summary, protocol: Protocol) -> bool:
    """Whether other routes may keep it from becoming one session with a study that came with it, or may not."""
    return summary.rivalled and routing_digest(protocol) != summary.routing


def _led_elsewhere(summary: Summary, protocol: Protocol) -> bool:
    """Other projects, or other ways to them, so that other parts of the patient may lie, or be seen, elsewhere."""
    return routing_digest(protocol) != summary.routing or summary.project not in protocol.projects


def _leans_on_others(summary: Summary) -> bool:
    """RT objects without images: where they are linked, the images came in another piece."""
    modalities = {value for profile in summary.profiles for value in profile.header.get("Modality", ())}
    return bool(summary.links) and not modalities & VOLUMES


def _templates(protocol: Protocol) -> tuple[str, str]:
    return protocol.subject_label, protocol.session_label
