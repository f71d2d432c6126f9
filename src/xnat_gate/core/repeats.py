"""Many remembered studies under one protocol: those that differ in nothing that it asks for are judged once.

Law: the answer is that of `replay`, word for word.
"""

from __future__ import annotations

from collections.abc import Hashable

from xnat_gate.core.impersonal import SERIES
from xnat_gate.core.linkage.verdicts import Linkage
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.replay import Replayed, replay
from xnat_gate.core.summary import NO_UNIT, Link, Summary

_IN_WORDS = ("Modality", "SeriesDescription", "SeriesNumber")
"""What findings call a series by."""


class Replays:
    """`replay` under this protocol, with a memory."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._names = tuple(sorted({*protocol.keywords, *_IN_WORDS}))
        self._known: dict[Hashable, Replayed] = {}

    def __call__(self, summary: Summary) -> Replayed:
        key = self._key(summary)
        if key not in self._known:
            self._known[key] = replay(summary, self._protocol)
        return self._known[key]

    def _key(self, summary: Summary) -> Hashable:
        """All of it that this protocol can ask for."""
        names = self._names
        profiles: dict[Hashable, set[tuple[int, int, int]]] = {}
        for profile in summary.profiles:
            header = profile.header
            alike = profiles.setdefault((profile.met, *[header.get(name) for name in names]), set())
            for place in profile.at:
                alike.add((place.series, place.unit, 0 if place.unit == NO_UNIT else place.files))
        named = SERIES in self._protocol.keywords
        return (
            tuple((alike, frozenset(places)) for alike, places in profiles.items()),
            summary.series if named else tuple(map(bool, summary.series)),
            summary.asked.intersection(names),
            tuple(map(_asked_of, summary.links)),
            summary.findings,
            tuple(summary.answers.items()),
            (summary.routes, summary.templates, summary.routing, summary.home, summary.archived),
            (summary.gone, summary.labelled, summary.rivalled, summary.sight),
        )


def _asked_of(link: Link) -> Hashable:
    """How many objects are named is told only of links that are open."""
    if link.own is not Linkage.LINKED:
        return link
    return link.unit, link.kind, link.reason, link.effective, link.below, link.verification, link.other_series
