"""A summary as text, and back: JSON, small, since what all profiles have in common is written once.

Laws: the same summary makes the same text; what is read back equals what was written; a text that is no summary of this
version is refused and never half believed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason
from xnat_gate.core.study import Header
from xnat_gate.core.summary import NO_UNIT, NONE_BELOW, Link, Place, Profile, Remembered, Summary
from xnat_gate.core.weighing import Outcome

VERSION = 1

Json = dict[str, Any]


class SummaryUnreadable(ValueError):
    """The text is no summary, or one of another version; `str()` says which."""


def write(summary: Summary) -> str:
    """One line of JSON."""
    return json.dumps(document(summary), ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> Summary:
    """Raises SummaryUnreadable."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SummaryUnreadable("it is not written as a summary is") from error
    return summary_of(told)


def document(summary: Summary) -> Json:
    """The summary as JSON holds it."""
    common = _common(summary)
    return {
        "version": VERSION,
        "protocol": summary.protocol,
        "templates": list(summary.templates),
        "routing": summary.routing,
        "outcome": summary.outcome.value,
        "project": summary.project,
        "gone": list(summary.gone),
        "labelled": summary.labelled,
        "rivalled": summary.rivalled,
        "home": summary.home,
        "archived": summary.archived,
        "asked": sorted(summary.asked),
        "series": list(summary.series),
        "common": {name: list(values) for name, values in common.items()},
        "profiles": [_profile(one, common) for one in summary.profiles],
        "links": [_link(one) for one in summary.links],
        "findings": [_finding(one) for one in summary.findings],
        "answers": {
            digest: None if found is None else list(found) for digest, found in summary.answers.items()
        },
        "routes": sorted(summary.routes),
        "sight": summary.sight,
    }


def summary_of(told: Any) -> Summary:
    """From what JSON held. Raises SummaryUnreadable."""
    try:
        if told["version"] != VERSION:
            raise SummaryUnreadable(
                f"it is of version {int(told['version'])}, and version {VERSION} is known"
            )
        return _whole(_read(told))
    except SummaryUnreadable:
        raise
    except (ArithmeticError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise SummaryUnreadable("it is not written as a summary is") from error


# --- writing ----------------------------------------------------------------------------------------------------


def _common(summary: Summary) -> Header:
    first = summary.profiles[0].header if summary.profiles else {}
    return {
        name: values
        for name, values in first.items()
        if all(one.header.get(name) == values for one in summary.profiles)
    }


def _profile(one: Profile, common: Header) -> Json:
    own = {name: list(values) for name, values in one.header.items() if name not in common}
    return {
        "own": own,
        "met": sorted(one.met),
        "at": [[place.series, place.unit, place.files] for place in one.at],
    }


def _link(one: Link) -> list[str | int | bool]:
    return [
        *(one.unit, one.kind.value, one.own.value, one.reason.value, one.effective.value),
        *(one.referenced, one.present, one.lost_contours, one.below, one.verification, one.other_series),
    ]


def _finding(one: Remembered) -> Json:
    told: Json = {"id": one.id, "effect": one.effect.value, "severity": one.severity.value}
    told |= {"units": list(one.units)} if one.units else {}
    told |= {"bars_delivery": True} if one.bars_delivery else {}
    return told | ({"question": one.question} if one.question else {})


# --- reading ----------------------------------------------------------------------------------------------------


def _read(told: Json) -> Summary:
    common = _header(told["common"])
    subject, session = map(str, told["templates"])
    return Summary(
        protocol=str(told["protocol"]),
        templates=(subject, session),
        routing=str(told["routing"]),
        outcome=Outcome(told["outcome"]),
        project=str(told["project"]),
        gone=tuple(map(int, told["gone"])),
        labelled=told["labelled"] is True,
        rivalled=told["rivalled"] is True,
        home=str(told["home"]),
        archived=told["archived"] is True,
        asked=frozenset(map(str, told["asked"])),
        series=tuple(map(str, told["series"])),
        profiles=tuple(
            Profile(
                {**common, **_header(one["own"])},
                frozenset(map(str, one["met"])),
                tuple(Place(int(series), int(unit), int(files)) for series, unit, files in one["at"]),
            )
            for one in told["profiles"]
        ),
        links=tuple(_link_of(*one) for one in told["links"]),
        findings=tuple(_finding_of(one) for one in told["findings"]),
        answers={
            str(digest): None if found is None else tuple(map(int, found))
            for digest, found in told["answers"].items()
        },
        routes=frozenset(map(str, told["routes"])),
        sight=str(told.get("sight", "")),
    )


def _header(told: Json) -> dict[str, tuple[str, ...]]:
    return {str(name): tuple(map(str, values)) for name, values in told.items()}


def _link_of(
    unit: int,
    kind: str,
    own: str,
    reason: str,
    effective: str,
    referenced: int,
    present: int,
    lost_contours: bool,
    below: int,
    verification: bool = False,
    other_series: bool = False,
) -> Link:
    return Link(
        unit=int(unit),
        kind=RTKind(kind),
        own=Linkage(own),
        reason=Reason(reason),
        effective=Linkage(effective),
        referenced=int(referenced),
        present=int(present),
        lost_contours=lost_contours is True,
        below=int(below),
        verification=verification is True,
        other_series=other_series is True,
    )


def _finding_of(told: Json) -> Remembered:
    return Remembered(
        id=str(told["id"]),
        effect=Effect(told["effect"]),
        severity=Severity(told["severity"]),
        units=tuple(map(int, told.get("units", ()))),
        bars_delivery=told.get("bars_delivery") is True,
        question=str(told.get("question", "")),
    )


def _whole(summary: Summary) -> Summary:
    """Every number in it names something. Raises ValueError."""
    places = [place for profile in summary.profiles for place in profile.at]
    if any(not 0 <= place.series < len(summary.series) or place.files < 1 for place in places):
        raise ValueError("a place in no series")
    if not _end([link.below for link in summary.links]):
        raise ValueError("a link that stands on nothing")
    units = {place.unit for place in places} - {NO_UNIT}
    if not {link.unit for link in summary.links} - {NO_UNIT} <= units:
        raise ValueError("a link of no object")
    return summary


def _end(below: Sequence[int]) -> bool:
    """Whether the chain from every link downwards has an end, and no step of it leads to a link that is not there."""
    known: set[int] = {NONE_BELOW}
    for start in range(len(below)):
        chain: dict[int, None] = {}
        here = start
        while here not in known:
            if here in chain or not 0 <= here < len(below):
                return False
            chain[here] = None
            here = below[here]
        known |= chain.keys()
    return True
