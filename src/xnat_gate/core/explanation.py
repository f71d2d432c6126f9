"""Which line of the protocol, or which check, decided about a study: with which value, and for which object.

Law: nothing is decided here; what is told is what judge has found, traced back to the objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from xnat_gate.core import admission, routing, rules
from xnat_gate.core.answers import deciding, met
from xnat_gate.core.finding import Effect
from xnat_gate.core.judge import Verdict
from xnat_gate.core.protocol.conditions import WHEN, is_met
from xnat_gate.core.protocol.matching import ListName
from xnat_gate.core.protocol.model import Level, Protocol, Rule
from xnat_gate.core.study import Instance, Study

VERSION = 1
"""Of the JSON; it changes only with a changelog entry."""


class By(StrEnum):
    """What decided."""

    LIST = "list"
    RULE = "rule"
    ROUTE = "route"
    CHECK = "check"


class Answered(StrEnum):
    """What came of a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLIED = "does not apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`id`: of the rule, the list or the check, or the project of a route; `effect` None: it chose the project;
    `words`: what was found, values included, for who may see the files; `files` that it is about; `applied`: why a rule
    concerns them."""

    by: By
    id: str
    title: str
    effect: Effect | None
    words: str
    files: tuple[str, ...]
    applied: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`decisions`: those that made the verdict what it is come first; `asked`: every rule with what came of it."""

    verdict: Verdict
    decisions: tuple[Decision, ...]
    asked: tuple[tuple[Rule, Answered], ...]


_WEIGHT = (Effect.REJECT, Effect.HOLD, Effect.QUARANTINE, None, Effect.NOTE)


def explain(verdict: Verdict, protocol: Protocol) -> Explanation:
    """All that had a say in this verdict, which was found under this protocol."""
    found = (
        *_lists(verdict.left, protocol),
        *_rules(verdict.left, protocol),
        *_routes(verdict, protocol),
        *_checks(verdict, protocol),
    )
    return Explanation(
        verdict=verdict,
        decisions=tuple(sorted(found, key=lambda one: _WEIGHT.index(one.effect))),
        asked=tuple((rule, _answered(rule, verdict.left)) for rule in protocol.rules),
    )


def document(one: Explanation) -> dict[str, Any]:
    """For a script."""
    return {
        "study_uid": one.verdict.study.uid,
        "outcome": one.verdict.outcome.value,
        "project": one.verdict.project,
        "decisions": [
            {
                "by": each.by.value,
                "id": each.id,
                "title": each.title,
                "effect": each.effect.value if each.effect else "route",
                "applied": each.applied,
                "words": each.words,
                "files": list(each.files),
            }
            for each in one.decisions
        ],
        "rules": {rule.id: answered.value for rule, answered in one.asked},
    }


def _lists(study: Study, protocol: Protocol) -> Iterator[Decision]:
    files: dict[admission.Refusal, list[str]] = defaultdict(list)
    for instance in study.instances:
        for refusal in dict.fromkeys(admission.forbids(protocol, instance)):
            files[refusal].append(instance.file)
    for refusal, concerned in files.items():
        yield Decision(
            by=By.LIST,
            id=f"{refusal.list_name}.{refusal.keyword}",
            title=admission.TITLES[refusal.list_name],
            effect=Effect.QUARANTINE,
            words=_refused(refusal),
            files=tuple(concerned),
        )


def _refused(refusal: admission.Refusal) -> str:
    if refusal.value is None:
        return f"{refusal.keyword} is missing or empty, and so on no list"
    if refusal.list_name is ListName.DENY:
        return f'{refusal.keyword} is "{refusal.value}", which meets "{refusal.pattern}"'
    return f'{refusal.keyword} is "{refusal.value}", which is not on the list'


def _rules(study: Study, protocol: Protocol) -> Iterator[Decision]:
    for rule in protocol.rules:
        ways: dict[tuple[str, str], list[str]] = defaultdict(list)
        for group in _groups(rule.level, study):
            headers = tuple(instance.header for instance in group)
            if rules.is_broken(rule, headers):
                applied = rules.reasons((met(rule.when, headers),), all_values=True) if rule.when else ""
                words = rules.reasons((deciding(rule, headers),), all_values=True)
                ways[applied, words] += [instance.file for instance in group]
        for (applied, words), files in ways.items():
            yield Decision(
                by=By.RULE,
                id=rule.id,
                title=rule.title,
                effect=rule.otherwise,
                words=words,
                files=tuple(files),
                applied=applied if rule.require is not None else "",
            )


def _groups(level: Level, study: Study) -> Iterable[Sequence[Instance]]:
    match level:
        case Level.INSTANCE:
            return ((instance,) for instance in study.instances)
        case Level.SERIES:
            return (series.instances for series in study.series)
        case Level.STUDY:
            return (study.instances,)


def _routes(verdict: Verdict, protocol: Protocol) -> Iterator[Decision]:
    for one in () if verdict.home else routing.taken(protocol, verdict.left):
        yield Decision(
            by=By.ROUTE,
            id=one.route.project,
            title="The hospital project of this study",
            effect=None,
            words=" and ".join(answer.words(all_values=True) for answer in one.answers),
            files=(),
        )


def _checks(verdict: Verdict, protocol: Protocol) -> Iterator[Decision]:
    ours = {*admission.ASKED, *(rule.id for rule in protocol.rules)}
    for finding in verdict.findings:
        if finding.id not in ours:
            yield Decision(
                by=By.CHECK,
                id=finding.id,
                title=finding.title,
                effect=finding.effect,
                words=finding.message,
                files=finding.files or _about(finding.about, verdict.study),
            )


def _about(uids: tuple[str, ...], study: Study) -> tuple[str, ...]:
    named = {*uids} - {"", study.uid}
    return tuple(one.file for one in study.instances if {one.sop_instance_uid, one.series_uid} & named)


def _answered(rule: Rule, study: Study) -> Answered:
    headers = [tuple(one.header for one in group) for group in _groups(rule.level, study)]
    if any(rules.is_broken(rule, each) for each in headers):
        return Answered.BROKEN
    applies = rule.when is None or any(is_met(rule.when, each, WHEN) for each in headers)
    return Answered.KEPT if applies else Answered.NOT_APPLIED
