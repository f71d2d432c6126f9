"""A running sandbox: uvicorn in a background thread, on loopback alone.

Laws: `start` returns when requests are answered, `stop` when the port is free, the queues have ended, running
containers are killed and the database is closed; files and state outlive it, also when it is killed.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import TracebackType

import uvicorn

from xnat_gate.sandbox.app import App
from xnat_gate.sandbox.containers import recovery as container_recovery
from xnat_gate.sandbox.events import scheduling
from xnat_gate.sandbox.jobs import autonomy, recovery
from xnat_gate.sandbox.models.clock import now
from xnat_gate.sandbox.router import Router
from xnat_gate.sandbox.settings import Settings
from xnat_gate.sandbox.urls import ROUTES
from xnat_gate.sandbox.wire import Protocol
from xnat_gate.sandbox.world import World

LOOPBACK = "127.0.0.1"
GRACE = 5


class _Server(uvicorn.Server):
    """uvicorn, told to stop at once: by itself it looks ten times a second, which every test would pay."""

    _stopping: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    async def main_loop(self) -> None:
        stopping = asyncio.Event()
        self._stopping = asyncio.get_running_loop(), stopping
        ticks = itertools.count()
        while not await self.on_tick(next(ticks)):
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which sleeps a tenth of a second before it looks."""
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._finished(), GRACE)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()

    async def _finished(self) -> None:
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.002)

    def stop_soon(self) -> None:
        """From any thread; the server ends its requests and returns from `run`."""
        self.should_exit = True
        loop, stopping = self._stopping or (None, None)
        if loop is not None and stopping is not None and not loop.is_closed():
            loop.call_soon_threadsafe(stopping.set)


class Sandbox:
    """A small XNAT at `url`; a context manager.

    `settle`, `rebuild`, `tick`, `hold` and `faults` are for tests: no sleeping needed.
    """

    def __init__(self, world: World, listener: socket.socket) -> None:
        self.world = world
        self.faults = world.faults
        self.url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        world.url = self.url
        self._answering = threading.Event()
        self._stopped = False
        app = App(world, Router(ROUTES), self._answering.set)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, ws="none", http=Protocol, loop="asyncio", lifespan="on",
            timeout_graceful_shutdown=GRACE, server_header=False,
        )  # fmt: skip
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="sandbox-http", daemon=True
        )
        self._rebuilder = autonomy.Rebuilder(world)
        self._timer = scheduling.Timer(world)

    @classmethod
    def start(
        cls, state: Path, port: int = 0, *, protocol: str | None = None, settings: Settings | None = None
    ) -> Sandbox:
        """Serve the state folder (made when missing) on 127.0.0.1; port 0 takes any free one.

        `protocol` becomes the site's config `xnat-gate` / `protocol.yaml` when there is none yet. Raises OSError when
        the port is taken, StateInUse (an OSError, too) when another sandbox works on the state folder.
        """
        listener = socket.create_server((LOOPBACK, port))
        # asyncio sets this only on sockets of a named protocol; without it every answer waits 40 ms
        # (Nagle and delayed ACK)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            world = World.open(state, settings or Settings(), protocol)
        except BaseException:
            listener.close()
            raise
        recovery.recover(world)
        container_recovery.recover(world)
        sandbox = cls(world, listener)
        sandbox._serve()
        return sandbox

    def _serve(self) -> None:
        self._thread.start()
        while not self._answering.wait(0.05):
            if not self._thread.is_alive():
                raise RuntimeError("the sandbox's server thread ended before it answered")
        self._rebuilder.start()
        self._timer.start()

    def stop(self) -> None:
        """End it; calling it again does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self.faults.clear()
        self.world.turnstiles.open_all()
        self.world.engines.close()
        self._rebuilder.stop()
        self._timer.stop()
        self._server.stop_soon()
        self._thread.join()
        self.world.close()

    def wait(self) -> None:
        """Serve until stopped."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def rebuild(self) -> int:
        """Let the rebuilder look now, as if every RECEIVING row had rested long enough; how many it took."""
        taken = autonomy.rebuild_due(self.world, 0)
        self.settle()
        return taken

    def tick(self, hour: int, minute: int, second: int = 0, *, day: date | None = None) -> int:
        """Run what the schedules of the Event Service have due at this time (UTC; today, unless told); how many."""
        moment = datetime.combine(day or now().date(), time(hour, minute, second), UTC)
        due = scheduling.run_due(self.world, moment)
        self.settle()
        return due

    def settle(self) -> None:
        """Wait until the queues are empty and all containers have ended, with what they set off in turn.

        Raises TimeoutError when that does not come about.
        """
        if not self.world.settle():
            raise TimeoutError("the sandbox is still busy")

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Keep work from going on at a turnstile: `queue`, `containers`, or one of those that a row passes."""
        with self.world.turnstiles.hold(name):
            yield

    def await_work(self, name: str) -> None:
        """Wait until work stands before a held turnstile. Raises TimeoutError."""
        if not self.world.turnstiles.await_somebody(name):
            raise TimeoutError(f"nothing came to the turnstile {name}")

    def log_everybody_out(self) -> None:
        """End every login session, as XNAT's time limit does."""
        self.world.logins.close_all()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
