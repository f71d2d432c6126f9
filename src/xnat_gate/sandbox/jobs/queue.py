"""The queue of deferred work, as XNAT's JMS queue: one worker, in order of submission.

Laws: a job answers for its own row; what escapes it is logged and does not stop the queue.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from xnat_gate.sandbox.exceptions import Refusal
from xnat_gate.sandbox.jobs.turnstiles import Turnstiles

log = logging.getLogger(__name__)


class Queue:
    def __init__(self, turnstiles: Turnstiles) -> None:
        self._turnstiles = turnstiles
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-queue")
        self._lock = threading.Lock()
        self._open: set[Future[None]] = set()

    def submit(self, job: Callable[[], object]) -> None:
        with self._lock:
            future = self._worker.submit(self._run, job)
            self._open.add(future)
        future.add_done_callback(self._done)

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is queued or running; False when that took too long."""
        with self._lock:
            pending = set(self._open)
        return not wait(pending, timeout).not_done

    def close(self) -> None:
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Callable[[], object]) -> None:
        self._turnstiles.pass_through("queue")
        job()

    def _done(self, future: Future[None]) -> None:
        with self._lock:
            self._open.discard(future)
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, Refusal):
            log.error("queued job failed", exc_info=error)
