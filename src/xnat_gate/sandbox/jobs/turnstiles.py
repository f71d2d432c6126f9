"""Places where work can be held, so that a test sees the state in between without sleeping.

Laws: every turnstile is open unless somebody holds it; closing the sandbox opens all of them for good.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstiles:
    """Known names: `queue`, `containers` (before each queued job); with the row locked `building`, `archiving`,
    `moving`, `deleting`.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[str, int] = {}
        self._waiting: dict[str, int] = {}
        self._closed = False

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Keep this turnstile shut for the length of the block."""
        with self._changed:
            self._held[name] = self._held.get(name, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._held[name] -= 1
                self._changed.notify_all()

    def pass_through(self, name: str, timeout: float | None = None) -> bool:
        """Wait until nobody holds it; False when that took longer than `timeout` seconds."""
        with self._changed:
            self._waiting[name] = self._waiting.get(name, 0) + 1
            self._changed.notify_all()
            passed = self._changed.wait_for(lambda: self._closed or not self._held.get(name), timeout)
            self._waiting[name] -= 1
        return passed

    def await_somebody(self, name: str, timeout: float = 10.0) -> bool:
        """Wait until work stands before this turnstile; False when none came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting.get(name, 0) > 0, timeout)

    def open_all(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
