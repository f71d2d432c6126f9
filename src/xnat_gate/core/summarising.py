"""From a verdict to the summary that is remembered of it.

Law: of what the summary does not hold the protocol's own questions are answered once and for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from xnat_gate.core import admission, checks, likeness, media, rules
from xnat_gate.core.finding import Finding
from xnat_gate.core.judge import Verdict
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.profiles import headers_of
from xnat_gate.core.protocol import ListName, NoList, Protocol
from xnat_gate.core.study import Study
from xnat_gate.core.summary import (
    NO_UNIT,
    NONE_BELOW,
    Link,
    Remembered,
    Summary,
    list_digest,
    question_digest,
    routing_digest,
    rule_digest,
    sight_digest,
)
from xnat_gate.core.weighing import spoken_of

ASKED_AGAIN = frozenset(one.id for one in checks.OF_LINKS)
"""The checks whose answer follows from the links and from the protocol alone."""

_CHECKS = frozenset(one.id for one in checks.ALL)
_OF_ARRIVALS = frozenset({*likeness.ASKED, media.ID})


@dataclass(frozen=True)
class _Told:
    """One study while its summary is made. `left`: without what is rejected. `units`: number by SOPInstanceUID."""

    study: Study
    left: Study
    protocol: Protocol
    units: Mapping[str, int]

    def about(self, finding: Finding) -> tuple[int, ...]:
        """The units that it is about, none where it is about anything else or about nothing."""
        named = spoken_of(finding, self.study.instances)
        return tuple(sorted(self.units[uid] for uid in named)) if named <= self.units.keys() else ()


def summarise(verdict: Verdict, protocol: Protocol, names: Set[str], *, archived: bool = False) -> Summary:
    """`names`: the elements that may be remembered, all of which have been read; `archived`: it was judged in the
    archive."""
    units = _numbered(
        uid for one in verdict.links if (uid := one.instance.sop_instance_uid) in verdict.study.by_uid
    )
    told = _Told(study=verdict.study, left=verdict.left, protocol=protocol, units=units)
    headers = headers_of(verdict.study, names, units, protocol)
    return Summary(
        protocol=protocol.sha256,
        templates=(protocol.subject_label, protocol.session_label),
        routing=routing_digest(protocol),
        outcome=verdict.outcome,
        project=verdict.project,
        gone=tuple(sorted({units[one.sop_instance_uid] for one in verdict.rejected})),
        labelled=verdict.labels is not None,
        rivalled=verdict.rivalled,
        home=verdict.home if protocol.routes or archived else "",
        archived=archived,
        asked=headers.asked,
        series=headers.series,
        profiles=headers.profiles,
        links=_links(verdict.links, told),
        sight=sight_digest(protocol),
        findings=tuple(_remembered(verdict, told)),
        answers=dict(_answers(headers.asked, told)),
        routes=headers.routes,
    )


def _numbered(uids: Iterable[str]) -> dict[str, int]:
    return {uid: number for number, uid in enumerate(dict.fromkeys(filter(None, uids)))}


# --- what was found ---------------------------------------------------------------------------------------------


def _links(links: Sequence[RTLink], told: _Told) -> tuple[Link, ...]:
    numbers = {id(link): number for number, link in enumerate(links)}
    return tuple(
        Link(
            unit=told.units.get(one.instance.sop_instance_uid, NO_UNIT),
            kind=one.kind,
            own=one.own,
            reason=one.reason,
            effective=one.effective,
            referenced=one.referenced,
            present=one.present,
            lost_contours=bool(one.missing_contoured),
            below=NONE_BELOW if one.inherited_from is None else numbers[id(one.inherited_from)],
            verification=one.verification,
            other_series=one.other_series,
        )
        for one in links
    )


def _remembered(verdict: Verdict, told: _Told) -> Iterator[Remembered]:
    """The findings that cannot be found anew; what another piece of the study brought, only where this one did not."""
    carried = {id(one) for one in verdict.carried}
    found = {(one.id, told.about(one)) for one in verdict.findings if id(one) not in carried}
    for one in verdict.findings:
        if id(one) not in carried:
            if one.id in _CHECKS - ASKED_AGAIN:
                yield _finding(one, told)
        elif one.id not in _CHECKS | _OF_ARRIVALS:
            if (one.id, told.about(one)) not in found:
                yield _finding(one, told, question_digest(one.id, told.protocol))
        else:
            overruled = one.natural is None and one.id in told.protocol.checks
            yield _finding(one, told, question_digest(one.id, told.protocol) if overruled else "")


def _finding(one: Finding, told: _Told, question: str = "") -> Remembered:
    return Remembered(
        id=one.id,
        effect=one.natural or one.effect,
        severity=one.severity,
        units=told.about(one),
        bars_delivery=one.bars_delivery,
        question=question,
    )


# --- the protocol's own questions -------------------------------------------------------------------------------


def _answers(asked: Set[str], told: _Told) -> Iterator[tuple[str, tuple[int, ...] | None]]:
    """What lists and rules found that ask for more than is remembered."""
    protocol, study = told.protocol, told.study
    nothing = replace(protocol, allow={}, deny={}, rules=())
    for keyword, listed in protocol.allow.items():
        if keyword not in asked and not isinstance(listed, NoList):
            found = admission.findings(replace(nothing, allow={keyword: listed}), study)
            yield list_digest(ListName.ALLOW, keyword, listed), _units(found, told)
    for keyword, listed in protocol.deny.items():
        if keyword not in asked and not isinstance(listed, NoList):
            found = admission.findings(replace(nothing, deny={keyword: listed}), study)
            yield list_digest(ListName.DENY, keyword, listed), _units(found, told)
    for rule in protocol.rules:
        if not asked >= set(rule.elements):
            broken = any(True for _ in rules.broken((rule,), told.left))
            yield rule_digest(rule), () if broken else None


def _units(findings: Iterable[Finding], told: _Told) -> tuple[int, ...] | None:
    every = [told.about(one) for one in findings]
    if not every:
        return None
    return tuple(sorted({unit for units in every for unit in units})) if all(every) else ()
