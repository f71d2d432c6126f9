"""The load: studies pushed over several associations at a time, interleaved, and folders copied in beside them.

The senders hold back while the drop folder is full, as the importer is killed all the time; what they began they send
until they are told Success.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path

from .plan import Door, StudyPlan, Thing
from .senders import Told, push

BATCH = 4
"""Studies that are interleaved."""
FULL = 12
"""Folders in the drop folder at which nothing more is begun."""
BLOCK = 65536


@dataclass(kw_only=True)
class Traffic:
    """`port`: where the receiver listens; `enough`: nothing new is begun once it is set. `dropped`: files that were
    copied in to their end; `begun`: all studies of which something may have been sent."""

    plans: Iterator[StudyPlan]
    drop: Path
    port: Callable[[], int]
    seed: int
    until: float
    senders: int = 4
    enough: threading.Event = field(default_factory=threading.Event)
    told: Told = field(default_factory=Told)
    begun: list[StudyPlan] = field(default_factory=list)
    dropped: list[Thing] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    _jobs: queue.Queue[list[Thing] | None] = field(default_factory=lambda: queue.Queue(maxsize=4))
    _folders: queue.Queue[StudyPlan | None] = field(default_factory=queue.Queue)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [
            threading.Thread(target=self._feed, daemon=True),
            threading.Thread(target=self._copy_all, daemon=True),
            *(
                threading.Thread(target=self._send_all, args=(number,), daemon=True)
                for number in range(self.senders)
            ),
        ]
        for thread in self._threads:
            thread.start()

    def finish(self) -> bool:
        """Begin nothing more; wait until what was begun is sent. False when that takes too long."""
        self.enough.set()
        for thread in self._threads:
            thread.join(max(0.0, self.until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def over(self) -> bool:
        return time.monotonic() > self.until

    def _feed(self) -> None:
        chance = random.Random(f"{self.seed}/feed")
        while not self.enough.is_set() and not self.over:
            if _folders_in(self.drop) >= FULL:
                self.enough.wait(0.1)
                continue
            batch = list(islice(self.plans, BATCH))
            if not batch:
                break
            self.begun += batch
            self.kinds.update(plan.kind for plan in batch)
            for plan in batch:
                if plan.by(Door.DROPPED):
                    self._folders.put(plan)
            for job in _dealt([plan.by(Door.PUSHED) for plan in batch], chance.choice((1, 2, 4))):
                self._jobs.put(job)
        for _ in range(self.senders):
            self._jobs.put(None)
        self._folders.put(None)

    def _send_all(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/sender {number}")
        while (job := self._jobs.get()) is not None:
            left = job
            while left and not self.over:
                push(left, self.port(), self.told, chance)
                left = [thing for thing in left if not self.told.success[thing.key]]
                if left:
                    time.sleep(chance.uniform(0.1, 0.6))

    def _copy_all(self) -> None:
        chance = random.Random(f"{self.seed}/copies")
        while (plan := self._folders.get()) is not None:
            for thing in plan.by(Door.DROPPED):
                target = self.drop / f"folder {plan.number}" / "DICOM" / chance.choice("AB") / thing.path.name
                copy(thing.path, target, self.drop, by_rename=chance.random() < 0.5)
                self.dropped.append(thing)
                time.sleep(chance.uniform(0, 0.05))


def copy(source: Path, target: Path, drop: Path, *, by_rename: bool) -> None:
    """As copying programs do; once more from the start when the folder was taken from under it, without what it had
    begun there."""
    while True:
        target.parent.mkdir(parents=True, exist_ok=True)
        written = target.with_name(f"{target.name}.partial") if by_rename else target
        try:
            with source.open("rb") as read, written.open("wb", buffering=0) as write:
                while block := read.read(BLOCK):
                    write.write(block)
            if by_rename:
                written.rename(target)
        except FileNotFoundError:
            for left in drop.rglob(f"{target.name}.partial"):
                left.unlink(missing_ok=True)
            continue
        return


def _dealt(studies: list[tuple[Thing, ...]], associations: int) -> list[list[Thing]]:
    """The studies' objects by turns, dealt to so many associations."""
    mixed = [thing for together in zip_longest(*studies) for thing in together if thing is not None]
    return [share for at in range(associations) if (share := mixed[at::associations])]


def _folders_in(drop: Path) -> int:
    return sum(1 for path in drop.iterdir() if not path.name.startswith("."))
