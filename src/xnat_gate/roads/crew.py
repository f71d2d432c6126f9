"""Who runs the errands: the watcher itself, one at a time, or several workers, each with a gate of its own.

Laws: a worker that meets what nobody foresaw ends, and the watcher raises it; nothing is lost with a worker,
since an errand's files lie in a claim until they are answered for.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol as Port
from typing import Self

from xnat_gate.core.archive import ArchiveError
from xnat_gate.roads.errands import Ended, Errand, Ways, run
from xnat_gate.roads.gate import Gate

NOTICING = 0.05
"""Seconds in which it is noticed that something has ended."""


class Crew(Port):
    """Takes errands and tells how they ended."""

    @property
    def idle(self) -> int:
        """How many errands would be begun at once."""

    @property
    def busy(self) -> int:
        """How many are under way, or have ended and were not told of."""

    def send(self, errand: Errand) -> None:
        """Begin it, or keep it until somebody is free."""

    def ended(self) -> Iterator[Ended]:
        """What has ended since the last time. Raises what an errand raised."""

    def rest(self, seconds: float, stop: threading.Event) -> None:
        """Until something has ended, but no longer than this, and not once `stop` is set."""


class Alone:
    """The watcher runs each errand itself, as soon as it is sent."""

    def __init__(self, gate: Gate, ways: Ways) -> None:
        self._gate, self._ways = gate, ways
        self._ended: list[Ended] = []

    @property
    def idle(self) -> int:
        return 0 if self._ended else 1

    @property
    def busy(self) -> int:
        return len(self._ended)

    def send(self, errand: Errand) -> None:
        self._ended.append(run(errand, self._gate, self._ways))

    def ended(self) -> Iterator[Ended]:
        while self._ended:
            yield self._ended.pop(0)

    def rest(self, seconds: float, stop: threading.Event) -> None:
        if not self._ended:
            stop.wait(seconds)


OpenGate = Callable[[], AbstractContextManager[Gate]]


class Workers:
    """So many threads, begun when they are needed; each opens a gate of its own, because neither a login to XNAT nor a
    journal is for two threads. Leaving the block lets every errand that was begun come to its end."""

    def __init__(self, count: int, open_gate: OpenGate, ways: Ways) -> None:
        self._count, self._open_gate, self._ways = count, open_gate, ways
        self._errands: queue.SimpleQueue[Errand | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Ended | BaseException] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._open = 0

    @property
    def idle(self) -> int:
        return max(self._count - self._open, 0)

    @property
    def busy(self) -> int:
        return self._open

    def send(self, errand: Errand) -> None:
        self._open += 1
        self._errands.put(errand)
        if len(self._threads) < min(self._count, self._open):
            thread = threading.Thread(target=self._work, name=f"worker {len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def ended(self) -> Iterator[Ended]:
        while not self._results.empty():
            result = self._results.get()
            self._open -= 1
            if isinstance(result, BaseException):
                raise result
            yield result

    def rest(self, seconds: float, stop: threading.Event) -> None:
        until = time.monotonic() + seconds
        while self._results.empty() and not stop.is_set() and (left := until - time.monotonic()) > 0:
            stop.wait(min(left, NOTICING) if self._open else left)

    def close(self) -> None:
        """Let what was begun come to its end; what was not begun stays in its claim."""
        for _ in self._threads:
            self._errands.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        errand: Errand | None = None
        try:
            errand = self._errands.get()
            if errand is None:
                return
            with self._open_gate() as gate:
                while errand is not None:
                    self._results.put(run(errand, gate, self._ways))
                    errand = self._errands.get()
        except ArchiveError as error:
            if errand is not None:
                self._results.put(Ended(errand=errand, error=error, unfinished=errand.claim))
        except BaseException as error:  # noqa: BLE001 - handed to the watcher, who raises it
            self._results.put(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
