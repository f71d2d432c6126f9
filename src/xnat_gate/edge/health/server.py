"""The HTTP server: /healthz, /readyz and /metrics, in threads that end with the process.

Laws: a request is read and answered within LONGEST seconds or dropped, and no more than MANY are open at one time;
an answer is made of what the service knows, never of what the request holds.
"""

from __future__ import annotations

import io
import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, ClassVar, Self

from xnat_gate.edge.health.meters import CONTENT_TYPE, Meters

Probe = Callable[[], Mapping[str, str]]
"""What is wrong, by name, each with a sentence; empty when all is well. May raise OSError, which is wrong, too."""

LONGEST = 5.0
MANY = 8
LOOKING = 0.1
"""Seconds between two looks whether to stop."""


class HealthUnavailable(Exception):
    """It cannot listen; `str()` says where, why and what to do."""


class Health:
    """Answers from construction on, until `close`; `address` tells where, also when the port was left open with 0.

    `live`: whether the service has to be started anew; `ready`: whether it takes data; `tell` hears of what nobody
    foresaw. Raises HealthUnavailable.
    """

    def __init__(
        self, bind: str, port: int, live: Probe, ready: Probe, meters: Meters,
        tell: Callable[[Mapping[str, object]], None] = lambda _: None,
    ) -> None:  # fmt: skip
        try:
            self._server = _Server(bind, port, {"/healthz": live, "/readyz": ready}, meters, tell)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise HealthUnavailable(
                f"cannot answer for its health on {bind} port {port} ({why}): "
                "see that nothing else listens there, or name another with --health-port"
            ) from error
        self.address = (str(self._server.server_address[0]), int(self._server.server_address[1]))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(LOOKING,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more; who is being answered is waited for."""
        self._server.shutdown()
        self._server.server_close()
        self._server.wait(LONGEST)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One thread for each of the few connections that may be open."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 16

    def __init__(
        self, bind: str, port: int, probes: Mapping[str, Probe], meters: Meters,
        tell: Callable[[Mapping[str, object]], None],
    ) -> None:  # fmt: skip
        self.probes, self.meters = probes, meters
        self._tell = tell
        self._room = threading.Semaphore(MANY)
        self.address_family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        super().__init__((bind, port), _Answer)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be had
            self._room.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def wait(self, within: float) -> None:
        """Until nobody is being answered."""
        deadline = time.monotonic() + within
        for _ in range(MANY):
            self._room.acquire(timeout=max(0.0, deadline - time.monotonic()))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An answer could not be made or sent; the next one is another matter."""
        error = sys.exception()
        if not isinstance(error, (ConnectionError, TimeoutError)):
            self._tell({"event": "error", "at": "health", "why": type(error).__name__})


class _Answer(BaseHTTPRequestHandler):
    """HTTP/1.0: one request, one answer."""

    server: _Server
    timeout = LONGEST
    server_version, sys_version = "xnat-gate", ""
    said: ClassVar[Mapping[int, str]] = {
        HTTPStatus.NOT_FOUND: "there are /healthz, /readyz and /metrics",
        HTTPStatus.METHOD_NOT_ALLOWED: "ask with GET or HEAD",
    }

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(_Within(self.connection, LONGEST))

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._send(HTTPStatus.OK, CONTENT_TYPE, self.server.meters.page())
        elif path in self.server.probes:
            self._report(_wrong(self.server.probes[path]))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """In words of our own: those of http.server hold the request."""
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:
            status = HTTPStatus.METHOD_NOT_ALLOWED
        self._json(status, {"error": self.said.get(status, status.phrase)})

    def log_message(self, format: str, *values: Any) -> None:
        """Who asks, and what, is nothing for the log."""

    def _report(self, wrong: Mapping[str, str]) -> None:
        meters = self.server.meters
        known = {"service": meters.service, "version": meters.version}
        if wrong:
            self._json(
                HTTPStatus.SERVICE_UNAVAILABLE, {"status": "unavailable", **known, "wrong": dict(wrong)}
            )
        else:
            self._json(HTTPStatus.OK, {"status": "ok", **known})

    def _json(self, status: HTTPStatus, body: Mapping[str, object]) -> None:
        self._send(status, "application/json", f"{json.dumps(body)}\n".encode())

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _wrong(probe: Probe) -> dict[str, str]:
    try:
        return dict(probe())
    except OSError as error:
        return {"probe": f"the question could not be answered ({error.strerror or 'input/output error'})"}


class _Within(io.RawIOBase):
    """What a connection sends within so many seconds altogether: a time-out for each piece could go on for ever."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)
