"""The headers of a study as they are remembered: objects that are alike are counted, not listed.

Laws: what is told of an element is told of every object; one of which a value names the patient, or that would need
more than `MOST` profiles, is left out, and so unknown.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from xnat_gate.core.impersonal import PERSONAL, SERIES, Privacy
from xnat_gate.core.protocol import Protocol, Route
from xnat_gate.core.protocol.conditions import WHEN, is_met
from xnat_gate.core.study import Instance, Study
from xnat_gate.core.summary import NO_UNIT, Place, Profile, route_digest

MOST = 200
"""Profiles of one summary."""

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2,}")


@dataclass(frozen=True, slots=True)
class Headers:
    """`asked`, `series`, `profiles` and `routes` of a summary."""

    asked: frozenset[str]
    series: tuple[str, ...]
    profiles: tuple[Profile, ...]
    routes: frozenset[str]


def headers_of(study: Study, names: Set[str], units: Mapping[str, int], protocol: Protocol) -> Headers:
    """`names`: the elements that may be told; `units`: number by SOPInstanceUID of the objects that are told each by
    itself."""
    privacy = Privacy(study.instances)
    told, alike = _alike(_impersonal(study, sorted(names - PERSONAL), privacy), study)
    series = tuple(_series(study, privacy))
    plain = series == tuple(one.uid for one in study.series) and all(
        one.header.get(SERIES) == (one.series_uid,) for one in study.instances
    )
    asked = frozenset({*told, SERIES} if plain else told)
    routes = tuple(route for route in protocol.routes if not asked.issuperset(route.elements))
    return Headers(
        asked=asked,
        series=series,
        profiles=tuple(_profiles(alike, told, routes, _Numbers(study, units))),
        routes=frozenset(map(route_digest, routes)),
    )


def _series(study: Study, privacy: Privacy) -> Iterator[str]:
    """Their UIDs; what is no UID, or holds a word of the patient's, is called by its number."""
    for number, one in enumerate(study.series):
        sound = not one.uid or (_UID.fullmatch(one.uid) and not privacy.forbids(one.uid))
        yield one.uid if sound else f"?{number}"


def _impersonal(study: Study, names: Iterable[str], privacy: Privacy) -> Iterator[str]:
    """Those of which no value names the patient."""
    for name in names:
        different = {one.header.get(name) for one in study.instances}
        if not any(privacy.forbids(value, name) for values in different for value in values or ()):
            yield name


_Alike = Mapping[tuple[object, ...], list[Instance]]


def _alike(names: Iterable[str], study: Study) -> tuple[tuple[str, ...], _Alike]:
    """The elements that can be told, and the objects by their values; what varies most is left out first."""
    kept = list(names)
    while True:
        found: dict[tuple[object, ...], list[Instance]] = defaultdict(list)
        for instance in study.instances:
            found[tuple([instance.header.get(name) for name in kept])].append(instance)
        if len(found) <= MOST:
            return tuple(kept), found
        kept.remove(max(kept, key=lambda name: _variety(name, study)))


def _variety(name: str, study: Study) -> tuple[int, str]:
    return len({instance.header.get(name) for instance in study.instances}), name


class _Numbers:
    """Where an object is: its series, and itself where it is told by itself."""

    def __init__(self, study: Study, units: Mapping[str, int]) -> None:
        self._series = {series.uid: number for number, series in enumerate(study.series)}
        self._units = units

    def places(self, members: Iterable[Instance]) -> tuple[Place, ...]:
        counts = Counter(
            (self._series[one.series_uid], self._units.get(one.sop_instance_uid, NO_UNIT)) for one in members
        )
        return tuple(Place(series, unit, files) for (series, unit), files in sorted(counts.items()))


def _profiles(
    alike: _Alike, told: Sequence[str], routes: Sequence[Route], numbers: _Numbers
) -> Iterator[Profile]:
    conditions = [(route_digest(route), route.when) for route in routes]
    for members in alike.values():
        by_route: dict[frozenset[str], list[Instance]] = defaultdict(list)
        for one in members:
            met = frozenset(digest for digest, when in conditions if is_met(when, (one.header,), WHEN))
            by_route[met].append(one)
        header = members[0].header
        kept = {name: header[name] for name in told if name in header}
        for met, some in by_route.items():
            yield Profile(kept, met, numbers.places(some))
