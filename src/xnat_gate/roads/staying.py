"""The claims that are not at their end: those that wait for images, those put off after a failure, those whose study
another worker has in hand.

Laws: each is taken up again when its time is over; those that wait are also looked at whenever anything else has come
to its end, and once a minute, since images come by other doors, too; a wall clock that was set back puts nothing off
for longer than the pause that was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from xnat_gate.core.patience import LONGEST
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import Claim
from xnat_gate.edge.journal import Entry
from xnat_gate.roads.errands import Ended, Errand, Stays
from xnat_gate.roads.gate import Passage

LOOK_AGAIN = timedelta(minutes=1)
"""Between two looks at what waits, and at what another worker has in hand."""
LONGEST_PUT_OFF = timedelta(seconds=LONGEST)


@dataclass(kw_only=True)
class _Place:
    """`next`: when it is taken up again at the latest; `lines`: what is told of it meanwhile;
    `blocked`: another worker has its study in hand."""

    stays: Stays
    next: datetime
    lines: tuple[Passage, ...] = ()
    blocked: bool = False


@dataclass(kw_only=True)
class Staying:
    """By the id of the claim."""

    _places: dict[str, _Place] = field(default_factory=dict)
    _older: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)
    _failed: int = 0

    @property
    def ids(self) -> frozenset[str]:
        """Of all that stays."""
        return frozenset(self._places)

    def recovered(self, claim: Claim, known: Sequence[Entry], now: datetime) -> None:
        """A claim of an importer that died: at once, or when the journal says that it is to be tried again."""
        put_off = [one for one in known if one.tries and one.until and one.state is not State.WAITING]
        tries = max((one.tries for one in known), default=0)
        until = max((datetime.fromisoformat(one.until) for one in put_off), default=now)
        waiting = any(one.state is State.WAITING for one in known)
        if waiting:
            self._older.add(claim.id)
        self._places[claim.id] = _Place(
            stays=Stays(claim=claim, until=until, tries=tries, waiting=waiting), next=until
        )

    def heard(self, ended: Ended, now: datetime) -> None:
        """An errand has ended: what stays of it, and the chance that it brought what others wait for."""
        brought = any(one.state is not State.WAITING for one in ended.passages)
        for place in self._places.values():
            if (place.stays.waiting and brought) or (place.blocked and not ended.postponed):
                place.next = now
        if ended.postponed and ended.errand.claim is not None:
            errand = ended.errand
            stays = Stays(claim=ended.errand.claim, until=now, tries=errand.tries, waiting=errand.waiting)
            self._places[stays.claim.id] = _Place(stays=stays, next=now + LOOK_AGAIN, blocked=True)
        for stays in ended.stays:
            self._failed += 1 if stays.tries else 0
            looked = stays.waiting and not stays.tries
            after = min(stays.until, now + LOOK_AGAIN) if looked else stays.until
            lines = tuple(one for one in ended.passages if one.state is State.WAITING)
            self._places[stays.claim.id] = _Place(stays=stays, next=after, lines=lines)

    def is_news(self, ended: Ended) -> bool:
        """Whether this is the first time that something is heard to wait."""
        ids = {stays.claim.id for stays in ended.stays if stays.waiting}
        first = bool(ids - self._told)
        self._told |= ids
        return first

    def lines(self) -> Iterator[Passage]:
        """What is told of all that goes on waiting."""
        for place in self._places.values():
            yield from place.lines

    def ready(self, now: datetime, *, at_once: bool) -> bool:
        """Whether something would be taken up."""
        return any(self._is_due(place, now, at_once=at_once) for place in self._places.values())

    def due(self, now: datetime, *, at_once: bool, at_most: int) -> Iterator[Errand]:
        """Take up what is due. `at_once`: nobody will be there later, so what failed before is tried now."""
        found = [id for id, place in self._places.items() if self._is_due(place, now, at_once=at_once)]
        for id in found[:at_most]:
            stays = self._places.pop(id).stays
            yield Errand(claim=stays.claim, tries=stays.tries, waiting=stays.waiting)

    def last(self) -> Iterator[Errand]:
        """What began to wait in this run, for the last time."""
        for id in sorted(self.ids - self._older):
            stays = self._places.pop(id).stays
            yield Errand(claim=stays.claim, tries=stays.tries, final=True)

    def given_up(self) -> Iterator[Claim]:
        """What began to wait in this run, which ends before its time."""
        for id in sorted(self.ids - self._older):
            if self._places[id].stays.waiting:
                yield self._places.pop(id).stays.claim

    def facts(self) -> Mapping[str, object]:
        """For whoever asks how the importer is."""
        waiting = sum(1 for place in self._places.values() if place.stays.waiting)
        put_off = len(self._places) - waiting
        return {"waiting": waiting, "put_off": put_off, "tries_failed": self._failed}

    def _is_due(self, place: _Place, now: datetime, *, at_once: bool) -> bool:
        longest = LONGEST_PUT_OFF if place.stays.tries else LOOK_AGAIN
        failed = not (place.stays.waiting or place.blocked)
        return place.next <= now or place.next - now > longest or (at_once and failed)
