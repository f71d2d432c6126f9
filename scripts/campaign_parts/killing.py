"""Who kills, and when: kill -9 at a random moment of a service's life, and the next life begins at once.

The moment is read from what the dead one left behind, so that the table tells where it really was.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from .services import Service

LOOK = 0.01


@dataclass(kw_only=True)
class Killer:
    """Kills one service `share` times, unless `until` (monotonic) comes before. `busy`: whether it is at work;
    `moment`: what the dead one was about; `pace`: 1, or less for shorter lives. Some die young, most in the middle of
    work, and some whenever it may be."""

    service: Service
    share: int
    seed: int
    until: float
    pace: float
    busy: Callable[[], bool]
    moment: Callable[[], str]
    kills: Counter[str] = field(default_factory=Counter)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    @property
    def done(self) -> bool:
        return self._thread is not None and not self._thread.is_alive()

    def _run(self) -> None:
        chance = random.Random(f"{self.seed}/kills of {self.service.name}")
        for _ in range(self.share):
            self._let_live(chance)
            if time.monotonic() > self.until:
                return
            was_ready = self.service.ready.is_set()
            if self.service.kill():
                self.kills[self.moment() if was_ready else "starting"] += 1
            self.service.start()

    def _let_live(self, chance: random.Random) -> None:
        kind = chance.choices(("young", "at work", "any"), (15, 60, 25))[0]
        if kind == "young":
            time.sleep(chance.uniform(0.05, 1.5) * self.pace)
            return
        self._wait(self.service.ready.is_set, 30)
        if kind == "at work":
            self._wait(self.busy, 5 * self.pace)
            time.sleep(min(chance.expovariate(4), 2) * self.pace)
        else:
            time.sleep(chance.uniform(0.2, 4) * self.pace)

    def _wait(self, holds: Callable[[], bool], seconds: float) -> None:
        end = min(time.monotonic() + seconds, self.until)
        while not holds() and self.service.alive and time.monotonic() < end:
            time.sleep(LOOK)


def receiving(drop: Path) -> bool:
    """An association is under way."""
    return any(path.is_dir() for path in drop.glob(".receiving/*/*"))


def moment_of_receiver(drop: Path) -> str:
    if any(drop.glob(".receiving/*/*/*")):
        return "within an object"
    return "between two objects" if receiving(drop) else "at rest"


def importing(drop: Path) -> bool:
    """Something is claimed."""
    return any(path.is_dir() for path in drop.glob(".xnat-gate/*/*"))


def moment_of_importer(drop: Path, journal: Path) -> str:
    """By the first that holds: with several at once it is the one nearest to the sender."""
    claims = {path.name for path in drop.glob(".xnat-gate/*/*") if path.is_dir()}
    if any(name.endswith(".taking") for name in claims):
        return "claiming"
    written = states(journal)
    claims -= {arrival for arrival, _, state in written if state == "waiting"}
    of_claims = [state for arrival, _, state in written if arrival in claims]
    if len({arrival for arrival, _, _ in written} & claims) < len(claims):
        return "reading"
    if "delivering" in of_claims:
        return "delivering"
    if of_claims:
        return "clearing away"
    return "in the prearchive" if any(state == "delivered" for _, _, state in written) else "at rest"


def states(journal: Path) -> list[tuple[str, str, str]]:
    """(arrival, study, state) of all entries; read in a copy, because a look at the journal of a dead process would
    mend what the next one has to mend."""
    with tempfile.TemporaryDirectory() as folder:
        for path in journal.parent.glob(f"{journal.name}*"):
            shutil.copy(path, folder)
        copy = Path(folder) / journal.name
        if not copy.exists():
            return []
        with closing(sqlite3.connect(copy)) as connection:
            try:
                rows = connection.execute("SELECT arrival, study_uid, state FROM entries").fetchall()
            except sqlite3.OperationalError:  # it died before there was a table
                return []
    return [(str(arrival), str(study), str(state)) for arrival, study, state in rows]
