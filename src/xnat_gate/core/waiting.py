"""The waiting room: which objects wait for what they refer to, and what is judged without them meanwhile.

Laws: only that waits which would otherwise be taken out, or take its study to QUARANTINE, for nothing but an object
that has not come yet; what stands against the whole study stands against the part of it that goes ahead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from xnat_gate.core import checks
from xnat_gate.core.checks.consequence import effect, own_effect, weighing
from xnat_gate.core.checks.plans import for_patients
from xnat_gate.core.finding import Effect, Finding
from xnat_gate.core.judge import Verdict
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Instance, Study

_COSTS = (Effect.REJECT, Effect.QUARANTINE)


def awaiting(verdict: Verdict, protocol: Protocol) -> tuple[Instance, ...]:
    """The objects of the study that time can help. None of a study that cannot be delivered: it is held whole."""
    if not verdict.deliverable:
        return ()
    changing = checks.CHANGING
    spoken_of = _about(verdict, _COSTS, changing) - _about(verdict, (Effect.HOLD,), changing)
    by_intent = _about(verdict, _COSTS, {for_patients.id})  # whatever comes
    return tuple(
        link.instance
        for link in verdict.links
        if link.instance.sop_instance_uid not in by_intent
        and _helped(link, protocol, by_check=link.instance.sop_instance_uid in spoken_of)
    )


def _about(verdict: Verdict, effects: Collection[Effect], ids: Collection[str]) -> frozenset[str]:
    """What the findings of these ids that have one of these effects speak of."""
    return frozenset(
        uid
        for finding in verdict.findings
        if finding.effect in effects and finding.id in ids
        for uid in finding.about
    )


def _helped(link: RTLink, protocol: Protocol, *, by_check: bool) -> bool:
    """Whether nothing of its links costs it its place but that something is missing. `by_check`: a check does, which
    the protocol has made to, and none has it held, so that a person would see it with its study."""
    follows = effect(link, protocol)
    if follows in _COSTS:
        return all(one.missing for one in weighing(link, protocol) if own_effect(one, protocol) in _COSTS)
    return by_check and any(one.missing for one in link.line)


def missing(verdict: Verdict, waiting: Collection[Instance]) -> int:
    """How many objects they wait for: what they do not have, and what those do not have that made their verdicts
    worse."""
    ids = {id(one) for one in waiting}
    ahead = [link for link in verdict.links if id(link.instance) in ids]
    seen: dict[int, RTLink] = {}
    while ahead:
        link = ahead.pop()
        if id(link) not in seen:
            seen[id(link)] = link
            ahead += [] if link.inherited_from is None else [link.inherited_from]
    return len({uid for link in seen.values() for uid in link.missing})


def without(study: Study, waiting: Collection[Instance]) -> Study:
    """The study as far as it need not wait."""
    gone = {id(one) for one in waiting}
    return replace(study, instances=tuple(one for one in study.instances if id(one) not in gone))


def standing(verdict: Verdict, waiting: Collection[Instance]) -> Iterator[Finding]:
    """The findings that stand against the study as a whole, whatever part of it they were seen in: its parts stay
    together. Links that are open while something waits are not among them, nor what holds nothing but objects that
    wait."""
    alone = {one.sop_instance_uid for one in waiting}
    for finding in verdict.findings:
        its_own = finding.effect is Effect.HOLD and finding.about and set(finding.about) <= alone
        if stands(finding.effect, finding.id) and not its_own:
            yield finding


LASTING = (Effect.QUARANTINE, Effect.HOLD)
"""What one part of a study brings upon all of it."""


def stands(effect: str, id: str) -> bool:
    """Whether a finding that was written down so stands against the study still, when a part of it is read again."""
    return effect in LASTING and id not in checks.CHANGING
