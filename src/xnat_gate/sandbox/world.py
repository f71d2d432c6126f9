"""The parts of a running sandbox, wired once; everything that answers or works is handed this."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from xnat_gate.sandbox.claim import Claim
from xnat_gate.sandbox.faults.register import Faults
from xnat_gate.sandbox.jobs.queue import Queue
from xnat_gate.sandbox.jobs.turnstiles import Turnstiles
from xnat_gate.sandbox.models.database import Database
from xnat_gate.sandbox.models.folders import Folders
from xnat_gate.sandbox.models.logins import Logins
from xnat_gate.sandbox.models.seed import seed
from xnat_gate.sandbox.settings import Settings


class RowLocks:
    """One lock per prearchive row, held for the moments in which its files and its record must agree."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: defaultdict[object, threading.RLock] = defaultdict(threading.RLock)

    def of(self, key: object) -> threading.RLock:
        with self._guard:
            return self._locks[key]


@dataclass(slots=True)
class World:
    """`url` is known once the sandbox listens."""

    claim: Claim
    db: Database
    folders: Folders
    settings: Settings
    logins: Logins
    queue: Queue
    turnstiles: Turnstiles
    faults: Faults
    row_locks: RowLocks = field(default_factory=RowLocks)
    url: str = ""

    @classmethod
    def open(cls, state: Path, settings: Settings, protocol: str | None) -> World:
        """Open or make the state folder, and seed what is new. Raises StateInUse."""
        state.mkdir(parents=True, exist_ok=True)
        claim = Claim(state)
        try:
            return cls._furnished(claim, state, settings, protocol)
        except BaseException:
            claim.release()
            raise

    @classmethod
    def _furnished(cls, claim: Claim, state: Path, settings: Settings, protocol: str | None) -> World:
        db = Database(state / "sandbox.sqlite3")
        seed(db, protocol)
        turnstiles = Turnstiles()
        queue = Queue(turnstiles)
        logins = Logins(settings.session_timeout)
        return cls(claim, db, Folders(state), settings, logins, queue, turnstiles, Faults(turnstiles))

    def close(self) -> None:
        self.turnstiles.open_all()
        self.queue.close()
        self.db.close()
        self.claim.release()
