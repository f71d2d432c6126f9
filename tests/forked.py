"""Command lines run by forks of one process that has imported their program already.

Each is a process of its own, with its own environment, streams, working directory and end; what it is spared is the
start of an interpreter and half a second of imports. Where that start itself is to be proved, start one.

Laws: the process that forks has one thread, and ends with the one that asks it; what was only started is ended by the
test that started it; this file is run by the Pythons of foreign clients too, so it imports the standard library alone.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

PATIENCE = 60
"""Seconds for a command that is waited for."""
LARGEST = 2**18
"""Bytes of a command line with its environment."""


class Running:
    """A command that was started: as much of `subprocess.Popen` as the tests ask for."""

    def __init__(self, words: Sequence[str], streams: tuple[int, int], status: int) -> None:
        self._words = words
        self._status = os.fdopen(status)
        self.stdout, self.stderr = (os.fdopen(stream) for stream in streams)
        first = self._status.readline()
        assert first, "the program cannot be imported, or its process is gone"
        self.pid = int(first)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """The exit code, as `Popen` tells it. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self._words, timeout)
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forks:
    """`entry` is MODULE:FUNCTION, what a console script calls; `more` are modules that it would import late."""

    def __init__(self, python: Path, entry: str, *more: str, environment: Mapping[str, str]) -> None:
        self._channel, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            self._process = subprocess.Popen(
                [python, __file__, entry, *more],
                stdin=there,
                stdout=subprocess.DEVNULL,
                env=dict(environment),
            )

    def start(self, *words: str | Path, environment: Mapping[str, str], folder: Path) -> Running:
        """The command, whose streams are pipes; the caller ends it."""
        (out, theirs_out), (err, theirs_err) = os.pipe(), os.pipe()
        return self._started(words, environment, folder, "", 0, (theirs_out, theirs_err), (out, err))

    def __call__(
        self, *words: str | Path, environment: Mapping[str, str], folder: Path, first: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """The command, ended; killed after a minute. `first`: source text that it runs before anything else."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            streams = os.dup(out.fileno()), os.dup(err.fileno())
            ours = os.dup(out.fileno()), os.dup(err.fileno())
            running = self._started(words, environment, folder, first, PATIENCE, streams, ours)
            code = running.wait(PATIENCE + 10)
            told = []
            for stream in (running.stdout, running.stderr):
                stream.seek(0)
                told.append(stream.read())
                stream.close()
        return subprocess.CompletedProcess([*map(str, words)], code, *told)

    def end(self) -> None:
        """Nobody asks any more."""
        self._channel.close()
        assert self._process.wait(PATIENCE) == 0

    def _started(
        self, words: Sequence[str | Path], environment: Mapping[str, str], folder: Path, first: str,
        patience: int, theirs: tuple[int, int], ours: tuple[int, int],
    ) -> Running:  # fmt: skip
        asked = {"words": [*map(str, words)], "folder": str(folder), "first": first, "patience": patience}
        status, theirs_status = os.pipe()
        line = json.dumps(asked | {"environment": dict(environment)}).encode()
        socket.send_fds(self._channel, [line], [*theirs, theirs_status])
        for each in (*theirs, theirs_status):
            os.close(each)
        return Running(asked["words"], ours, status)


@functools.cache
def gate() -> Forks:
    """Our own command line; one for all tests of a worker."""
    late = ("xnat_gate.edge.xnat", "xnat_gate.edge.receiver", "xnat")
    forks = Forks(Path(sys.executable), "xnat_gate.cli.doors:main", *late, environment=os.environ)
    atexit.register(forks.end)
    return forks


# --- what the process that forks does


def serve(entry: str, *more: str) -> None:
    """Import, then fork for each command line that comes in."""
    module, _, name = entry.partition(":")
    function = getattr(importlib.import_module(module), name)
    for each in more:
        importlib.import_module(each)
    gc.freeze()  # or each child goes through, and copies, all that was imported
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    channel = socket.socket(fileno=0)
    while (asked := socket.recv_fds(channel, LARGEST, 3))[0]:
        out, err, status = asked[1]
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if (child := os.fork()) == 0:
                os.close(status)
                _become(json.loads(asked[0]), name, out, err)
                sys.exit(function())
            _wait_for(child, (out, err), status)
        for each in (out, err, status):
            os.close(each)


def _wait_for(child: int, streams: Sequence[int], status: int) -> None:
    """Tell its number, and how it ended; whoever asked may have gone."""
    with suppress(OSError):
        for each in streams:
            os.close(each)
        os.write(status, f"{child}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(status, f"{code}\n".encode())
    os._exit(0)


def _become(asked: Mapping[str, Any], name: str, out: int, err: int) -> None:
    """What a process of this environment, in this folder, would find."""
    signal.alarm(asked["patience"])
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - it stays open as long as the process
    os.dup2(sys.stdin.fileno(), 0)
    sys.stdout, sys.stderr = _stream(out, sys.stdout), _stream(err, sys.stderr)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = [name, *asked["words"]]
    exec(asked["first"], {})


def _stream(here: int, before: Any) -> io.TextIOWrapper:
    """Another file in the place of a standard stream, which remembers what kind of file the former was."""
    os.dup2(here, before.fileno())
    os.close(here)
    return io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(before.fileno(), "w", closefd=False)),
        encoding=before.encoding, errors=before.errors, line_buffering=before.line_buffering,
        write_through=before.write_through,
    )  # fmt: skip


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, which no console script would see
    serve(*sys.argv[1:])
