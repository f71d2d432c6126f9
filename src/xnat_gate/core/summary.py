"""What is remembered of a judged study, so that another protocol can be tried on it later (`core.replay`).

Laws: it holds no name, id or date of a patient (`core.impersonal`); what it says of an element it says of every object
of the study; what is not in it is unknown, and never taken for absent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields

from xnat_gate.core import routing
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason
from xnat_gate.core.protocol import Listed, ListName, Protocol, Requirement, Route, Rule
from xnat_gate.core.study import Header
from xnat_gate.core.weighing import Outcome

NO_UNIT = -1
"""Of an object that no finding can take out of its study."""
NONE_BELOW = -1


@dataclass(frozen=True, slots=True)
class Place:
    """So many files in one series; `unit`: the RT object that they are, by its number in the summary."""

    series: int
    unit: int
    files: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Objects that are alike in all elements that are remembered. `met`: the digests of the routes that they meet,
    among those that ask for more than is remembered."""

    header: Header
    met: frozenset[str]
    at: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The verdict on an RT object, as `RTLink`. `below`: the number of the link that it inherited from."""

    unit: int
    kind: RTKind
    own: Linkage
    reason: Reason
    effective: Linkage
    referenced: int
    present: int
    lost_contours: bool
    below: int = NONE_BELOW
    verification: bool = False
    other_series: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A finding that a protocol cannot change, but for what follows from it. `effect`: by itself; `units`: what it is
    about, where that is nothing but RT objects that may be taken out; `question`: for what the protocol found in
    another piece of the study, the digest of what it asked."""

    id: str
    effect: Effect
    severity: Severity
    units: tuple[int, ...] = ()
    bars_delivery: bool = False
    question: str = ""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """`protocol`: the digest of the one that judged; `templates`: its labels; `routing`: the digest of its routes.

    `asked`: the elements that are remembered of every object; `series`: their SeriesInstanceUIDs. `home`: as in the
    verdict; `archived`: the study was judged in the archive, where no route is asked. `gone`: the units that left the
    study; `labelled`, `rivalled`: it had labels, and another study had the same.
    `answers`: of lists and rules that ask for more than is remembered, by their digest: None when nothing was found,
    else the `units` of what was; `routes`: the digests of routes of that kind. `sight`: the digest of what
    the checks saw by the protocol.
    """

    protocol: str
    templates: tuple[str, str]
    routing: str
    outcome: Outcome
    project: str
    gone: tuple[int, ...]
    labelled: bool
    rivalled: bool
    home: str
    archived: bool
    asked: frozenset[str]
    series: tuple[str, ...]
    profiles: tuple[Profile, ...]
    links: tuple[Link, ...]
    findings: tuple[Remembered, ...]
    answers: Mapping[str, tuple[int, ...] | None]
    routes: frozenset[str]
    sight: str = ""

    @property
    def rejected(self) -> int:
        """How many files left the study."""
        return sum(
            place.files for profile in self.profiles for place in profile.at if place.unit in self.gone
        )

    @property
    def files(self) -> int:
        return sum(place.files for profile in self.profiles for place in profile.at)


def rule_digest(rule: Rule) -> str:
    """Of what it asks, whatever it is called and whatever follows."""
    return _digest("rule", rule.level, rule.when, rule.require)


def list_digest(name: ListName, keyword: str, listed: Listed) -> str:
    return _digest(name, keyword, listed)


def route_digest(route: Route) -> str:
    """Of its condition."""
    return _digest("route", route.when)


def routing_digest(protocol: Protocol) -> str:
    """Of all that decides between the hospital projects; empty where there is only one."""
    return "" if not protocol.routes else _digest("routing", protocol.hospital, protocol.routes)


def sight_digest(protocol: Protocol) -> str:
    """Of what the checks of RT objects see by the protocol: which images are a phantom's, and which links they do not
    look at. Empty where no images are, and they look at all."""
    links = protocol.links
    unseen = tuple(field.name for field in fields(links) if getattr(links, field.name) is Requirement.IGNORE)
    phantoms = protocol.phantom_uid_prefixes
    return _digest("sight", phantoms, unseen) if phantoms or unseen else ""


def question_digest(id: str, protocol: Protocol) -> str:
    """Of what the protocol asks under this id of a finding; empty where it asks nothing of its own."""
    for name, lists in ((ListName.ALLOW, protocol.allow), (ListName.DENY, protocol.deny)):
        if id == name.upper():
            return _digest(name, sorted(lists.items()))
    if id == routing.ID:
        return routing_digest(protocol)
    rule = next((rule for rule in protocol.rules if rule.id == id), None)
    if rule is not None:
        return rule_digest(rule)
    return _digest("check", protocol.checks[id]) if id in protocol.checks else ""


def _digest(*question: object) -> str:
    """Values of the protocol say of themselves all that they mean."""
    return hashlib.sha256(repr(question).encode("utf-8", "backslashreplace")).hexdigest()[:16]
