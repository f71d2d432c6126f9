"""The faults in force, and which of them strikes a request.

Laws: delays add up, of the other kinds the oldest one strikes alone; a fault that has struck `times` times stays listed
and strikes no more; removing one releases whatever it holds.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError, wait
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType

from xnat_gate.sandbox.faults.fault import Fault, Kind
from xnat_gate.sandbox.jobs.turnstiles import Turnstiles

UNTOUCHABLE = "/sandbox/"


class Active:
    """One fault in force; a context manager that removes it. `fired` counts the requests it has struck."""

    def __init__(self, register: Faults, number: int, fault: Fault) -> None:
        self.number = number
        self.fault = fault
        self.fired = 0
        self.held = 0
        self.seen = 0
        self.released: Future[None] = Future()
        self.turnstile = ExitStack()
        self._register = register

    def remove(self) -> None:
        """Take it back; doing so twice is fine."""
        self._register.remove(self.number)

    def release(self) -> None:
        """Let go what it holds now (archive_hangs, latency); it stays in force but holds nothing any more."""
        with suppress(InvalidStateError):
            self.released.set_result(None)

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond its removal."""
        wait([self.released], seconds)

    def await_fired(self, times: int = 1, timeout: float = 10.0) -> None:
        """Wait until it has struck so often. Raises TimeoutError."""
        if self.fault.kind is Kind.QUEUE_STUCK:
            self._register.await_queue(timeout)
        else:
            self._register.await_that(lambda: self.fired >= times, timeout)

    def await_held(self, timeout: float = 10.0) -> None:
        """Wait until it holds an answer, whose work is done then. Raises TimeoutError."""
        self._register.await_that(lambda: self.held > 0, timeout)

    def note_held(self) -> None:
        with self._register.changing():
            self.held += 1

    def as_json(self) -> dict[str, object]:
        return {"id": self.number, "fired": self.fired, **self.fault.as_json()}

    def __enter__(self) -> Active:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


class Faults:
    """Thread-safe; `add`, `remove`, `clear` for those who ask, `strike` for the application."""

    def __init__(self, turnstiles: Turnstiles) -> None:
        self._turnstiles = turnstiles
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._active: dict[int, Active] = {}

    def __iter__(self) -> Iterator[Active]:
        with self._changed:
            return iter(list(self._active.values()))

    def add(self, fault: Fault) -> Active:
        with self._changed:
            made = Active(self, next(self._numbers), fault)
            if fault.kind is Kind.QUEUE_STUCK:
                made.turnstile.enter_context(self._turnstiles.hold("queue"))
            self._active[made.number] = made
        return made

    def remove(self, number: int) -> bool:
        """Whether there was one of this number."""
        with self._changed:
            found = self._active.pop(number, None)
        if found is None:
            return False
        found.release()
        found.turnstile.close()
        return True

    def clear(self) -> None:
        for active in self:
            active.remove()

    def strike(self, method: str, path: str, *, logged_in: bool) -> list[Active]:
        """The faults that strike this request: any number of delays, at most one of the others, at the end."""
        if path.startswith(UNTOUCHABLE):
            return []
        with self.changing():
            due = [active for active in self._active.values() if _is_due(active, method, path, logged_in)]
            ready = [active for active in due if not _skips(active)]
            delays = [active for active in ready if active.fault.kind is Kind.LATENCY]
            struck = delays + [active for active in ready if active not in delays][:1]
            for active in struck:
                active.fired += 1
        return struck

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change a count, and tell those who wait for it."""
        with self._changed:
            yield
            self._changed.notify_all()

    def await_that(self, condition: Callable[[], bool], timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise TimeoutError("the fault has not struck")

    def await_queue(self, timeout: float) -> None:
        if not self._turnstiles.await_somebody("queue", timeout):
            raise TimeoutError("nothing came to the queue")


def _is_due(active: Active, method: str, path: str, logged_in: bool) -> bool:
    fault = active.fault
    if fault.times is not None and active.fired >= fault.times:
        return False
    return fault.matches(method, path) and (logged_in or fault.kind is not Kind.EXPIRED_SESSION)


def _skips(active: Active) -> bool:
    active.seen += 1
    return active.seen <= active.fault.skip
