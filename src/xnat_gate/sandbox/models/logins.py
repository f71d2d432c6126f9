"""Login sessions (JSESSIONID): in memory, so a restart logs everybody out, as a restarted Tomcat does.

Laws: a session ends after `timeout` seconds without a request, when it is closed, or with the process.
"""

from __future__ import annotations

import secrets
import threading
import time


class Logins:
    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._lock = threading.Lock()
        self._open: dict[str, tuple[str, float]] = {}

    def open(self, login: str) -> str:
        """A new session for this account; its id."""
        key = secrets.token_hex(16).upper()
        with self._lock:
            self._open[key] = (login, time.monotonic())
        return key

    def owner(self, key: str | None) -> str | None:
        """The account of a live session, whose clock starts anew."""
        with self._lock:
            login, used = self._open.get(key or "", ("", 0.0))
            if not login:
                return None
            if time.monotonic() - used > self.timeout:
                del self._open[key or ""]
                return None
            self._open[key or ""] = (login, time.monotonic())
            return login

    def close(self, key: str | None) -> None:
        with self._lock:
            self._open.pop(key or "", None)

    def close_all(self) -> None:
        """Every session ends, as when they all time out."""
        with self._lock:
            self._open.clear()
