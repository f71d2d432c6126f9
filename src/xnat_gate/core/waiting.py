"""The waiting room: which objects wait for what they refer to, and what is judged without them meanwhile.

Laws: only that waits which would otherwise be taken out, or take its study to QUARANTINE, for nothing but an object
that has not come yet; what stands against the whole study stands against the part of it that goes ahead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from xnat_gate.core.checks.consequence import effect
from xnat_gate.core.finding import Effect, Finding
from xnat_gate.core.judge import Verdict
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Instance, Study

_COSTS = (Effect.REJECT, Effect.QUARANTINE)


def awaiting(verdict: Verdict, protocol: Protocol) -> tuple[Instance, ...]:
    """The objects of the study that time can help. None of a study that cannot be delivered: it is held whole."""
    if not verdict.deliverable:
        return ()
    return tuple(
        link.instance for link in verdict.links if link.root.missing and effect(link, protocol) in _COSTS
    )


def missing(verdict: Verdict, waiting: Collection[Instance]) -> int:
    """How many objects they wait for."""
    ids = {id(one) for one in waiting}
    return len({uid for link in verdict.links if id(link.instance) in ids for uid in link.root.missing})


def without(study: Study, waiting: Collection[Instance]) -> Study:
    """The study as far as it need not wait."""
    gone = {id(one) for one in waiting}
    return replace(study, instances=tuple(one for one in study.instances if id(one) not in gone))


def standing(verdict: Verdict, waiting: Collection[Instance]) -> Iterator[Finding]:
    """The findings on the whole study that send it to QUARANTINE, whatever they are about: its parts stay together.
    Those that speak of nothing but the links of what waits are not among them."""
    uids = {one.sop_instance_uid for one in waiting}
    for finding in verdict.findings:
        if finding.effect is Effect.QUARANTINE and not (finding.about and set(finding.about) <= uids):
            yield finding
