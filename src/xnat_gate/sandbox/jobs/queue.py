"""The queues of deferred work, as XNAT's JMS queues: each with its workers, in order of submission.

Laws: a job answers for its own row; what escapes it is logged and does not stop the queue; what a running job submits
counts as open before that job ends, so that waiting for the backlog waits for nested work, too.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from xnat_gate.sandbox.exceptions import Refusal
from xnat_gate.sandbox.jobs.turnstiles import Turnstiles

log = logging.getLogger(__name__)


class Backlog:
    """The jobs of several queues that are queued or running."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._open: set[Future[None]] = set()

    def add(self, job: Future[None]) -> None:
        self._open.add(job)

    def drop(self, job: Future[None]) -> None:
        with self.lock:
            self._open.discard(job)

    def settle(self, timeout: float) -> bool:
        """Wait until nothing is queued or running; False when that took too long."""
        end = time.monotonic() + timeout
        while True:
            with self.lock:
                pending = set(self._open)
            if not pending:
                return True
            if wait(pending, end - time.monotonic()).not_done:
                return False


class Queue:
    """`turnstile` is passed before each job."""

    def __init__(
        self, turnstiles: Turnstiles, backlog: Backlog, *, turnstile: str = "queue", workers: int = 1
    ) -> None:
        self._turnstiles = turnstiles
        self._backlog = backlog
        self._turnstile = turnstile
        self._worker = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=f"sandbox-{turnstile}")
        self._closed = False

    def submit(self, job: Callable[[], object]) -> None:
        """Queue it; a queue that is closed takes no more, as a server that goes down."""
        with self._backlog.lock:
            if self._closed:
                log.info("a job came after the queue was closed")
                return
            future = self._worker.submit(self._run, job)
            self._backlog.add(future)
        future.add_done_callback(self._done)

    def close(self) -> None:
        with self._backlog.lock:
            self._closed = True
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Callable[[], object]) -> None:
        self._turnstiles.pass_through(self._turnstile)
        job()

    def _done(self, future: Future[None]) -> None:
        self._backlog.drop(future)
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, Refusal):
            log.error("queued job failed", exc_info=error)
