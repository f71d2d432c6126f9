"""The import road: watch the drop folder, take what has settled, have it passed, and see to it that it comes to an end.

Laws: one arrival in trouble, or a huge one, never holds up another; what cannot go on is tried again later, less and
less often; nothing here sleeps to wait for an event, it looks again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from xnat_gate.core.archive import ArchiveError, ArchiveUnavailable
from xnat_gate.core.patience import Patience
from xnat_gate.core.settling import Look
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import Claim, ClaimRefused, DropFolder
from xnat_gate.edge.journal import Entry
from xnat_gate.edge.keeping import KeepingFailed
from xnat_gate.roads.chores import Chores
from xnat_gate.roads.crew import Alone, Crew, OpenGate, Workers
from xnat_gate.roads.errands import Ended, Errand, SecondLook, Ways, left_in_drop, set_back
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.launched import Launched
from xnat_gate.roads.setbacks import give_back
from xnat_gate.roads.staying import Staying
from xnat_gate.roads.watching import Watching

RECOVER = 60.0
"""Seconds between two looks for the claims of importers that died."""


def _nobody(_: Mapping[str, object]) -> None:
    """Nobody asks how the importer is."""


@dataclass(kw_only=True)
class Importing:
    """One importer at one drop folder. `quiet_period` in seconds; `stop` ends the watching between two arrivals;
    `look`: how the second look is taken, here or as a container; `workers`: how many arrivals at one time, each with a
    gate that `open_gate` makes; without it the one `gate` does all. `tries`: after so many an arrival is laid aside.
    `observe` hears every few seconds how the importer is.
    """

    drop: DropFolder
    gate: Gate
    quiet_period: float
    stop: threading.Event = field(default_factory=threading.Event)
    look: SecondLook = field(default_factory=Launched)
    observe: Callable[[Mapping[str, object]], None] = field(default=_nobody)
    workers: int = 1
    open_gate: OpenGate | None = None
    tries: int = 12
    watching: Watching = field(init=False)
    _ways: Ways = field(init=False)
    _staying: Staying = field(default_factory=Staying)
    _patience: Patience = field(default_factory=Patience)
    _in_hand: set[str] = field(default_factory=set)
    _once: bool = False

    def __post_init__(self) -> None:
        self.watching = Watching(drop=self.drop, quiet_period=self.quiet_period, tell=self.gate.tell)

    def once(self) -> Iterator[Passage]:
        """Import what is settled or settles, trying each arrival once; ends when nothing is left that could. Raises
        ArchiveError."""
        with ExitStack() as until_done:
            crew = self._crew(until_done, returns=True)
            self._recover()
            before = {entry.arrival for entry in self._delivered()}
            while not self.stop.is_set():
                seen = self.watching.look()
                ready = [one for one in self.watching.settled() if not self._patience.has_failed(one[0])]
                yield from self._take(ready, crew)
                self._send_due(crew, at_once=True)
                yield from self._told(crew)
                again = [one for one in self._delivered_before() if one.arrival in before]
                for entry in again:
                    yield from self._room(crew)
                    self._send(Errand(delivered=entry), crew)
                if ready or again or crew.busy or self._staying.ready(self.gate.now(), at_once=True):
                    if crew.busy:
                        crew.rest(self.watching.pause, self.stop)
                    continue
                stuck = self.watching.stuck(seen)
                failed = {one.name for one in seen.entries if self._patience.has_failed(one.name)}
                if len(failed.union(one.name for one in stuck)) == len(seen.entries):
                    alone = (one for one in stuck if one.name not in failed)
                    yield from (left_in_drop(one.name, one.files, one.why) for one in alone)
                    yield from self._in_the_end(crew)
                    return
                self.stop.wait(self.watching.pause)

    def forever(self) -> Iterator[Passage]:
        """Import until stopped. Raises ArchiveError, after which it may be called again by a new importer."""
        with ExitStack() as until_done:
            crew = self._crew(until_done, returns=False)
            chores = Chores(gate=self.gate, observe=self.observe)
            recovered = -RECOVER
            while not self.stop.is_set():
                if time.monotonic() - recovered >= RECOVER:
                    recovered = time.monotonic()
                    self._recover()
                seen = self.watching.look()
                for one in self.watching.stuck(seen):
                    self.watching.tell_once(f"left alone: a folder with {one.files} file(s): {one.why}")
                now = self.gate.now().timestamp()
                ready = [one for one in self.watching.settled() if self._patience.may_try(one[0], now)]
                yield from self._take(ready, crew)
                self._send_due(crew)
                for entry in self._delivered_before()[: crew.idle]:
                    self._send(Errand(delivered=entry), crew)
                yield from self._told(crew)
                chores.do(
                    {**self.watching.facts(seen), **self._staying.facts(), "in_hand": len(self._in_hand)}
                )
                self.gate = chores.gate
                crew.rest(self.watching.pause, self.stop)
        yield from self._told(crew)
        chores.last({"waiting": len(self._staying.ids)})

    # --- sending out --------------------------------------------------------------------------------------------

    def _crew(self, until_done: ExitStack, *, returns: bool) -> Crew:
        self._once = returns
        self._ways = ways = Ways(look=self.look, tries=self.tries, returns=returns)
        if self.open_gate is None:
            return Alone(self.gate, ways)
        return until_done.enter_context(Workers(self.workers, self.open_gate, ways))

    def _recover(self) -> None:
        """What importers that died had claimed is taken up where the journal says they were."""
        for shelf in (self.gate.own_shelf, self.gate.held, self.gate.failed):
            with contextlib.suppress(KeepingFailed):  # a help to whoever looks there
                shelf.tidy()
        for claim in self.drop.recover():
            self.gate.tell(f"going on with arrival {claim.id}, which an importer that died had claimed")
            known = [one for one in self.gate.journal.unfinished() if one.arrival == claim.id]
            self._staying.recovered(claim, known, self.gate.now())

    def _take(self, ready: list[tuple[str, Look]], crew: Crew) -> Iterator[Passage]:
        """Claim no more than can be begun: another importer may be free."""
        for name, expected in ready:
            if not crew.idle or self.stop.is_set():
                return
            self.watching.forget(name)
            try:
                claim = self.drop.claim(name, expected)
            except ClaimRefused as error:
                self._patience = self._patience.after_failure(name, self.gate.now().timestamp())
                yield left_in_drop(name, len(expected.files), str(error))
                continue
            if claim is not None:
                self._claimed(claim)
                self._send(Errand(claim=claim), crew)
                yield from self._told(crew)

    def _claimed(self, claim: Claim) -> None:
        entry = Entry(arrival=claim.id, state=State.SETTLING, files=len(claim.content.files))
        self.gate.journal.record(entry, f"nothing changed for {self.quiet_period:g} s")
        self.gate.journal.record(Entry(arrival=claim.id, state=State.CLAIMED, files=entry.files))
        self.gate.tell(f"importing arrival {claim.id} with {entry.files} files")

    def _send_due(self, crew: Crew, *, at_once: bool = False) -> None:
        """What has been put off, or waits, and whose time may have come."""
        for errand in self._staying.due(self.gate.now(), at_once=at_once, at_most=crew.idle):
            self._send(errand, crew)

    def _delivered_before(self) -> list[Entry]:
        """What was delivered, by this importer or one that died, and is not through the prearchive yet."""
        now, elsewhere = self.gate.now().timestamp(), self._in_hand | self._staying.ids
        return [
            entry
            for entry in self._delivered()
            if entry.arrival not in elsewhere and self._patience.may_try(entry.xnat_uri, now)
        ]

    def _delivered(self) -> Iterator[Entry]:
        for entry in self.gate.journal.unfinished():
            if entry.state is State.DELIVERED and entry.xnat_uri.startswith("/prearchive/"):
                yield entry

    def _room(self, crew: Crew) -> Iterator[Passage]:
        """Hear of what ends until somebody is free."""
        yield from self._told(crew)
        while not crew.idle and not self.stop.is_set():
            crew.rest(self.watching.pause, self.stop)
            yield from self._told(crew)

    def _send(self, errand: Errand, crew: Crew) -> None:
        self._in_hand.add(_arrival(errand))
        crew.send(errand)

    # --- hearing of it ------------------------------------------------------------------------------------------

    def _told(self, crew: Crew) -> Iterator[Passage]:
        errors: list[ArchiveError] = []
        for ended in crew.ended():
            self._in_hand.discard(_arrival(ended.errand))
            self._staying.heard(ended, self.gate.now())
            news = self._staying.is_news(ended) and not self._once
            if ended.errand.delivered is not None:
                self._went_on(ended, ended.errand.delivered)
            for passage in ended.passages:
                if passage.state is State.FAILED and passage.where.startswith("still"):
                    now = self.gate.now().timestamp()
                    self._patience = self._patience.after_failure(passage.came_as, now)
                if passage.state is not State.WAITING or news:
                    yield replace(passage, seconds=ended.seconds)
            if ended.error is not None and self._answers_about_others(ended.error):
                yield from self._set_back(ended, ended.error)
            elif ended.error is not None:
                self._give_back(ended)
                errors.append(ended.error)
        if errors:
            yield from self._given_up()
            raise errors[0]

    def _answers_about_others(self, error: ArchiveError) -> bool:
        """Then an arrival about which XNAT does not answer is in trouble by itself. One run does not ask: it ends."""
        if self._once or not isinstance(error, ArchiveUnavailable):
            return False
        try:
            self.gate.archive.rows(self.gate.protocol.hospital)
        except ArchiveError:
            return False
        return True

    def _set_back(self, ended: Ended, error: ArchiveError) -> Iterator[Passage]:
        """It is tried again later, or laid aside."""
        if ended.unfinished is not None and ended.unfinished.path.exists():
            again = set_back(ended.errand, ended.unfinished, self.gate, self._ways, error)
            self._staying.heard(again, self.gate.now())
            yield from again.passages

    def _give_back(self, ended: Ended) -> None:
        """Nobody will look again, so what was not delivered lies where it was dropped."""
        claim = ended.unfinished if self._once else None
        if claim is not None and claim.path.exists():
            give_back(claim, self.gate, str(ended.error))

    def _given_up(self) -> Iterator[Passage]:
        """XNAT is away and nobody will look again: what only began to wait lies where it was dropped."""
        why = "what it refers to did not come with it, and XNAT could not be asked"
        for claim in self._staying.given_up() if self._once else ():
            yield left_in_drop(give_back(claim, self.gate, why), len(claim.content.files), why)

    def _went_on(self, ended: Ended, entry: Entry) -> None:
        uri, now = entry.xnat_uri, self.gate.now().timestamp()
        done = any(one.state.finished for one in ended.passages)
        self._patience = self._patience.without(uri) if done else self._patience.after_failure(uri, now)

    def _in_the_end(self, crew: Crew) -> Iterator[Passage]:
        """Everything that came has been taken: what waits for something that did not come, and began to wait only now,
        waits no longer; what began before keeps its time."""
        while not self.stop.is_set() and ((last := list(self._staying.last())) or crew.busy):
            for errand in last:
                yield from self._room(crew)
                self._send(errand, crew)
            crew.rest(self.watching.pause, self.stop)
            yield from self._told(crew)
        yield from self._staying.lines()


def _arrival(errand: Errand) -> str:
    if errand.claim is not None:
        return errand.claim.id
    return errand.delivered.arrival if errand.delivered is not None else ""
