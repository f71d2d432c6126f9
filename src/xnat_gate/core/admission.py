"""The two lists of the protocol, asked of a study: what is off the allow list, what is on the deny list.

Laws: a missing or empty value never meets an allow list and never a deny list; one object speaks for the whole study;
a value that could identify a patient is not repeated in a finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xnat_gate.core.answers import TELLABLE
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.protocol.listed import Patterns
from xnat_gate.core.protocol.matching import ListName
from xnat_gate.core.protocol.model import Protocol
from xnat_gate.core.study import Instance, Series, Study

ASKED = tuple(name.upper() for name in ListName)
"""The ids of the findings of this module, asked of every study."""

TITLES = {
    ListName.ALLOW: "All values are on the protocol's allow lists",
    ListName.DENY: "No value is on the protocol's deny lists",
}
"""What holds when all is well."""

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one list speaks against an object. `value` is the one met, None when it is missing or empty.

    `pattern`: the pattern of the deny list that was met; empty for the allow list.
    """

    list_name: ListName
    keyword: str
    value: str | None
    pattern: str = ""


def forbids(protocol: Protocol, instance: Instance) -> tuple[Refusal, ...]:
    """Everything in the two lists that speaks against this object, allow list first."""
    return (*_off_the_allow_list(protocol, instance), *_on_the_deny_list(protocol, instance))


def findings(protocol: Protocol, study: Study) -> Iterator[Finding]:
    """`ALLOW` and `DENY`: one finding for each list, keyword and value, about all series that it concerns."""
    concerned: dict[Refusal, dict[str, Series]] = defaultdict(dict)
    for series in study.series:
        for instance in series.instances:
            for refusal in forbids(protocol, instance):
                concerned[_tellable(refusal)][series.uid] = series
    for refusal, found in concerned.items():
        yield _finding(refusal, protocol, tuple(found.values()), study)


def _off_the_allow_list(protocol: Protocol, instance: Instance) -> Iterator[Refusal]:
    for keyword, listed in protocol.allow.items():
        if isinstance(listed, Patterns):
            for value in instance.values(keyword) or ("",):
                if not listed.matches(value):
                    yield Refusal(ListName.ALLOW, keyword, value.strip() or None)


def _on_the_deny_list(protocol: Protocol, instance: Instance) -> Iterator[Refusal]:
    for keyword, listed in protocol.deny.items():
        if isinstance(listed, Patterns):
            for value in instance.values(keyword):
                if pattern := listed.match(value):
                    yield Refusal(ListName.DENY, keyword, value.strip(), pattern)


def _tellable(refusal: Refusal) -> Refusal:
    """The refusal without its value where that could name a person."""
    if refusal.value is None or refusal.keyword in TELLABLE:
        return refusal
    return Refusal(refusal.list_name, refusal.keyword, "")


def _finding(refusal: Refusal, protocol: Protocol, found: tuple[Series, ...], study: Study) -> Finding:
    return Finding(
        id=refusal.list_name.upper(),
        severity=Severity.WARNING,
        effect=Effect.QUARANTINE,
        title=TITLES[refusal.list_name],
        message=f"{series_names(found)}: {_what(refusal, protocol)}.",
        remedy="Ask the XNAT administrator to look at the pictures and, when they show nothing that could identify the "
        f"patient, to move the session out of {protocol.quarantine_project}.",
        about=tuple(series.uid for series in found if series.uid) or (study.uid,),
    )


def _what(refusal: Refusal, protocol: Protocol) -> str:
    hospitals = " and ".join(protocol.hospitals)
    if refusal.value is None:
        return f"{refusal.keyword} is missing, and only objects that have it are allowed into {hospitals}"
    value = f'"{refusal.value}"' if refusal.value else "a value (not repeated here)"
    if refusal.list_name is ListName.DENY:
        return f"{refusal.keyword} is {value}, which is kept out of {hospitals}"
    return f"{refusal.keyword} is {value}, which is not on the list of what is allowed into {hospitals}"


def series_names(found: Iterable[Series]) -> str:
    """The words of a radiographer for these series, cut with the count of what is left out."""
    names = [series.name or "a series without a name" for series in found]
    more = [f"and {len(names) - _MOST_NAMES} more series"] if len(names) > _MOST_NAMES else []
    return ", ".join(names[:_MOST_NAMES] + more)
