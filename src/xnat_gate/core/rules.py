"""The protocol's rules, asked of a study.

Laws: a rule of level instance asks every object, of level series every series, of level study the study; objects that
answer alike are asked once; what breaks a rule is told by series, in words, without values that could name a patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from xnat_gate.core.admission import series_names
from xnat_gate.core.answers import Answer, deciding, in_a_row
from xnat_gate.core.columns import Columns
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.protocol.conditions import REQUIRE, WHEN, is_met
from xnat_gate.core.protocol.model import Level, Protocol, Route, Rule
from xnat_gate.core.study import Header, Study

_MOST = 5
"""Reasons that one message names."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Objects whose headers answer alike: one of the headers, and how many there are in each series, by its UID."""

    header: Header
    series: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Broken:
    """Where one rule is broken: UIDs of the series, how many objects, and what decided."""

    rule: Rule
    series: tuple[str, ...]
    objects: int
    answers: tuple[tuple[Answer, ...], ...]


def is_broken(rule: Rule, headers: Sequence[Header]) -> bool:
    """Whether it applies to these headers, and they do not keep it."""
    if rule.when is not None and not is_met(rule.when, headers, WHEN):
        return False
    return rule.require is None or not is_met(rule.require, headers, REQUIRE)


def broken(rules: Sequence[Rule], study: Study) -> Iterator[Broken]:
    """Those of the rules that the study breaks."""
    every = alike(rules, study)
    columns = Columns(_headers(every))
    together: dict[tuple[Level, tuple[str, ...]], tuple[tuple[Alike, ...], ...]] = {}
    for rule in rules:
        if rule.level is Level.INSTANCE:
            found: list[tuple[Alike, ...]] = [
                (one,) for one in _joined(_breaking(rule, every, columns), rule.elements)
            ]
        else:
            key = rule.level, rule.elements
            if key not in together:
                together[key] = tuple(_groups(rule.level, _joined(every, rule.elements)))
            found = [group for group in together[key] if is_broken(rule, _headers(group))]
        if found:
            yield _broken(rule, found)


def _breaking(rule: Rule, every: Sequence[Alike], columns: Columns) -> Iterator[Alike]:
    """Those that break it, each by itself."""
    applies, kept = columns.meeting(rule.when, WHEN), 0
    if applies and rule.require is not None:
        kept = columns.meeting(rule.require, REQUIRE)
    return (every[number] for number in columns.numbers(applies & ~kept))


def findings(protocol: Protocol, study: Study) -> Iterator[Finding]:
    """One for each rule that is broken."""
    for one in broken(protocol.rules, study):
        yield _finding(one, study, protocol)


def asked_together(rule: Rule, study: Study) -> Iterator[tuple[Alike, ...]]:
    """The objects, series or study of which it asks, each by itself."""
    return _groups(rule.level, alike((rule,), study))


def alike(lines: Iterable[Rule | Route], study: Study) -> tuple[Alike, ...]:
    """The objects of the study, in as many groups as these lines of the protocol could tell apart."""
    names = tuple(dict.fromkeys(name for line in lines for name in line.elements))
    return _joined((Alike(one.header, {one.series_uid: 1}) for one in study.instances), names)


def _joined(every: Iterable[Alike], names: tuple[str, ...]) -> tuple[Alike, ...]:
    """Those together that these elements cannot tell apart."""
    found: dict[tuple[tuple[str, ...] | None, ...], tuple[Header, dict[str, int]]] = {}
    for one in every:
        header = one.header
        answer = tuple([header.get(name) for name in names])
        group = found.get(answer)
        if group is None:
            found[answer] = header, dict(one.series)
            continue
        counts = group[1]
        for uid, count in one.series.items():
            counts[uid] = counts.get(uid, 0) + count
    return tuple(Alike(header, series) for header, series in found.values())


def _groups(level: Level, every: tuple[Alike, ...]) -> Iterator[tuple[Alike, ...]]:
    """What is asked together."""
    match level:
        case Level.INSTANCE:
            yield from ((one,) for one in every)
        case Level.STUDY:
            if every:
                yield every
        case Level.SERIES:
            series: dict[str, list[Alike]] = {}
            for one in every:
                for uid, count in one.series.items():
                    series.setdefault(uid, []).append(Alike(one.header, {uid: count}))
            yield from map(tuple, series.values())


def _headers(group: Iterable[Alike]) -> tuple[Header, ...]:
    return tuple(one.header for one in group)


def _broken(rule: Rule, groups: Sequence[tuple[Alike, ...]]) -> Broken:
    return Broken(
        rule=rule,
        series=tuple(dict.fromkeys(uid for group in groups for one in group for uid in one.series)),
        objects=sum(count for group in groups for one in group for count in one.series.values()),
        answers=tuple(dict.fromkeys(deciding(rule, _headers(group)) for group in groups)),
    )


def _finding(one: Broken, study: Study, protocol: Protocol) -> Finding:
    rule = one.rule
    about = tuple(uid for uid in one.series if uid) if rule.level is not Level.STUDY else ()
    return Finding(
        id=rule.id,
        severity=Severity.INFO if rule.otherwise is Effect.NOTE else Severity.WARNING,
        effect=rule.otherwise,
        title=f"the protocol's rule {rule.id} is kept ({rule.title})",
        message=f"{_where(one, study)}: {reasons(one.answers)}. {_sentence(rule.why or rule.title)}",
        remedy=_remedy(rule, protocol),
        about=about or (study.uid,),
    )


def reasons(answers: Sequence[tuple[Answer, ...]], *, all_values: bool = False) -> str:
    """What decided, each way of breaking the rule once."""
    told = list(dict.fromkeys(in_a_row(ones, all_values=all_values) for ones in answers))
    more = f" (and {len(told) - _MOST} more)" if len(told) > _MOST else ""
    return "; ".join(told[:_MOST]) + more


def _where(one: Broken, study: Study) -> str:
    if one.rule.level is Level.STUDY:
        return "The study"
    return series_names(series for series in study.series if series.uid in one.series)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _remedy(rule: Rule, protocol: Protocol) -> str:
    match rule.otherwise:
        case Effect.QUARANTINE:
            return (
                "Ask the XNAT administrator to look at it and, when nothing stands against it, to move the session out "
                f"of {protocol.quarantine_project}."
            )
        case Effect.HOLD:
            return "Mend it where it comes from and send it again, or ask the XNAT administrator to decide."
        case _:
            return ""
