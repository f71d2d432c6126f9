"""What a protocol asks for and a summary does not hold: answered where it was answered then, else told as a doubt.

Law: a question counts as answered only when it asks word for word what the judging protocol asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from xnat_gate.core import admission, routing, rules
from xnat_gate.core.doubt import may_break, may_meet
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.protocol import Level, ListName, NoList, Protocol, Rule
from xnat_gate.core.revival import STUDY, Revived, uid_of
from xnat_gate.core.rules import Alike
from xnat_gate.core.study import Instance
from xnat_gate.core.summary import Summary, list_digest, route_digest, rule_digest

_UNSEEN = "what it asks for is not remembered, but the answer is"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that may have been found, or not. `effect` None: that the hospital project may be another one;
    `elements`: what would have to be known, none where it is another piece of the study."""

    effect: Effect | None
    elements: frozenset[str] = frozenset()

    @property
    def finding(self) -> Finding:
        """As if it had been found."""
        return _found("", self.effect or Effect.NOTE, "")


@dataclass(frozen=True, slots=True)
class Unheld:
    """What is certain, and what is not."""

    findings: tuple[Finding, ...]
    doubts: tuple[Doubt, ...]


def unheld(summary: Summary, left: Revived, protocol: Protocol, *, as_then: bool) -> Unheld:
    """The lists and rules that ask for more than is remembered. `left`: without what is rejected now; `as_then`: that
    is what was rejected then."""
    every = (*_lists(summary, protocol), *_rules(summary, left, protocol, as_then=as_then))
    return Unheld(
        findings=tuple(one for one in every if isinstance(one, Finding)),
        doubts=tuple(one for one in every if isinstance(one, Doubt)),
    )


def _lists(summary: Summary, protocol: Protocol) -> Iterator[Finding | Doubt]:
    for name, lists in ((ListName.ALLOW, protocol.allow), (ListName.DENY, protocol.deny)):
        for keyword, listed in lists.items():
            if keyword in summary.asked or isinstance(listed, NoList):
                continue
            digest = list_digest(name, keyword, listed)
            if digest not in summary.answers:
                yield Doubt(Effect.QUARANTINE, frozenset({keyword}))
            elif (units := summary.answers[digest]) is not None:
                title = f"{admission.TITLES[name]} ({keyword})"
                yield _found(name.upper(), Effect.QUARANTINE, title, units)


def _rules(
    summary: Summary, left: Revived, protocol: Protocol, *, as_then: bool
) -> Iterator[Finding | Doubt]:
    for rule in protocol.rules:
        if summary.asked.issuperset(rule.elements):
            continue
        digest = rule_digest(rule)
        if digest not in summary.answers or not as_then:
            yield from _weighed(rule, left, summary.asked)
        elif (units := summary.answers[digest]) is not None:
            yield _found(rule.id, rule.otherwise, rule.title, units)


def _weighed(rule: Rule, study: Revived, known: Set[str]) -> Iterator[Finding | Doubt]:
    """Sometimes what is known answers by itself."""
    answers = [
        (group, may_break(rule, [one.header for one in group], known))
        for group in rules.asked_together(rule, study.study)
    ]
    surely = [group for group, may in answers if may == {True}]
    if surely:
        yield _about(rule, surely)
    if any(len(may) > 1 for _, may in answers):
        yield Doubt(rule.otherwise, frozenset(rule.elements) - known)


def _about(rule: Rule, groups: Sequence[tuple[Alike, ...]]) -> Finding:
    series = {uid for group in groups for one in group for uid in one.series if uid}
    about = tuple(sorted(series)) if rule.level is not Level.STUDY else ()
    return Finding(
        id=rule.id,
        severity=Severity.WARNING,
        effect=rule.otherwise,
        message=f"the rule {rule.id} is broken ({rule.title})",
        about=about or (STUDY,),
    )


def _found(id: str, effect: Effect, title: str, units: tuple[int, ...] = ()) -> Finding:
    return Finding(
        id=id,
        severity=Severity.WARNING,
        effect=effect,
        message=f"expected: {title} ({_UNSEEN})",
        title=title,
        about=tuple(map(uid_of, units)),
    )


# --- routes -----------------------------------------------------------------------------------------------------


def routed(
    summary: Summary, study: Revived, protocol: Protocol
) -> tuple[str, Sequence[Finding], Sequence[Doubt]]:
    """The hospital project, by routes that ask for more than is remembered."""
    projects: set[str] = set()
    unknown: set[str] = set()
    for one in study.study.instances:
        may, elements = _projects(one, study, protocol, summary)
        projects |= may - {""}
        unknown |= elements if len(may) > 1 else set()
    if unknown:
        names = frozenset(unknown)
        return protocol.hospital, (), (Doubt(None, names), Doubt(Effect.HOLD, names))
    if len(projects) > 1:
        title = "All objects of a study belong into one hospital project"
        return protocol.hospital, (_found(routing.ID, Effect.HOLD, title),), ()
    return (projects or {protocol.hospital}).pop(), (), ()


def _projects(
    one: Instance, study: Revived, protocol: Protocol, summary: Summary
) -> tuple[set[str], set[str]]:
    """Where this object may belong, "" for nowhere, and what would tell."""
    projects: set[str] = set()
    elements: set[str] = set()
    for route in protocol.routes:
        digest = route_digest(route)
        if digest in summary.routes:
            may = frozenset({digest in study.profiles[one.file].met})
        else:
            may = may_meet(route.when, [one.header], summary.asked)
        if len(may) > 1:
            elements |= set(route.elements) - summary.asked
        if True in may:
            projects.add(route.project)
        if False not in may:
            return projects, elements
    return projects | {""}, elements
