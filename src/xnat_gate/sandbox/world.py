"""The parts of a running sandbox, wired once; everything that answers or works is handed this."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from xnat_gate.sandbox.claim import Claim
from xnat_gate.sandbox.containers.choice import Choice
from xnat_gate.sandbox.containers.engine import Engine
from xnat_gate.sandbox.faults.register import Faults
from xnat_gate.sandbox.jobs.queue import Backlog, Queue
from xnat_gate.sandbox.jobs.turnstiles import Turnstiles
from xnat_gate.sandbox.models.database import Database
from xnat_gate.sandbox.models.folders import Folders
from xnat_gate.sandbox.models.logins import Logins
from xnat_gate.sandbox.models.seed import seed
from xnat_gate.sandbox.settings import Settings

CONTAINER_WORKERS = 20
"""As many launches and deliveries at once as XNAT's staging queue has consumers at most."""


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
    """`url` is known once the sandbox listens; launches and event deliveries are queued apart from the rest.

    Whoever changes a subscription sets `schedules_changed`.
    """

    claim: Claim
    db: Database
    folders: Folders
    settings: Settings
    logins: Logins
    backlog: Backlog
    queue: Queue
    container_queue: Queue
    engines: Choice
    turnstiles: Turnstiles
    faults: Faults
    row_locks: RowLocks = field(default_factory=RowLocks)
    schedules_changed: threading.Event = field(default_factory=threading.Event)
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
        turnstiles, backlog = Turnstiles(), Backlog()
        return cls(
            claim=claim, db=db, folders=Folders(state), settings=settings, logins=Logins(settings.session_timeout),
            backlog=backlog, queue=Queue(turnstiles, backlog),
            container_queue=Queue(turnstiles, backlog, turnstile="containers", workers=CONTAINER_WORKERS),
            engines=Choice(settings, state.resolve() / "processes"), turnstiles=turnstiles, faults=Faults(turnstiles),
        )  # fmt: skip

    @property
    def engine(self) -> Engine:
        """What runs the containers."""
        return self.engines.engine()

    def settle(self, timeout: float = 60.0) -> bool:
        """Wait until no queue has work left, nested work included; False when that took too long."""
        return self.backlog.settle(timeout)

    def close(self) -> None:
        self.turnstiles.open_all()
        self.engines.close()
        self.queue.close()
        self.container_queue.close()
        self.db.close()
        self.claim.release()
