"""Runs the same command line as a process of this machine, where there is no Docker.

Laws: nothing is mounted: the container paths of the binds are replaced by host paths in the command line, the working
directory and the values of the environment, the longest first; PATH begins with the folder of this Python; every image
counts as present; a read-only bind is not guarded, memory, cpu, user, network and labels are ignored. A process group
ends with its first process, as a container does.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xnat_gate.sandbox.containers.engine import Bind, Ended, EngineError, Image, Logs, Spec


@dataclass(slots=True)
class _Run:
    """`home` is the scratch folder: logs, and the working directory when the command names none."""

    argv: list[str]
    environment: dict[str, str]
    directory: Path
    home: Path
    process: subprocess.Popen[bytes] | None = None


class ProcessEngine:
    """`scratch` is a folder of its own."""

    name = "process"

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._lock = threading.Lock()
        self._runs: dict[str, _Run] = {}
        self._closed = False

    @property
    def host(self) -> str:
        return "process://localhost"

    def ping(self) -> bool:
        return True

    def images(self) -> list[Image]:
        return []

    def has_image(self, tag: str) -> bool:
        return True

    def labels(self, tag: str) -> dict[str, str] | None:
        return None

    def pull(self, tag: str) -> None:
        """Nothing to do: it counts as present."""

    def create(self, spec: Spec) -> str:
        key = uuid.uuid4().hex
        home = self._scratch / key
        (home / "work").mkdir(parents=True)
        replaced = Paths(spec.binds)
        directory = Path(replaced(spec.working_directory)) if spec.working_directory else home / "work"
        environment = {name: replaced(value) for name, value in spec.environment.items()}
        run = _Run([replaced(word) for word in spec.argv], _around(home, environment), directory, home)
        with self._lock:
            self._runs[key] = run
        return key

    def start(self, key: str) -> None:
        run = self._run(key)
        with (run.home / "stdout").open("wb") as out, (run.home / "stderr").open("wb") as err, self._lock:
            if self._closed:
                raise EngineError("the engine is closed")
            try:
                run.process = subprocess.Popen(  # noqa: S603 - running what a manager registered is its duty
                    run.argv, cwd=run.directory, env=run.environment, stdin=subprocess.DEVNULL, stdout=out,
                    stderr=err, start_new_session=True,
                )  # fmt: skip
            except (OSError, ValueError) as error:
                raise EngineError(f"could not start: {error}") from error
            (run.home / "pid").write_text(str(run.process.pid), encoding="ascii")

    def wait(self, key: str) -> Ended:
        process = self._run(key).process
        if process is None:
            raise EngineError(f"container {key} was not started")
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        _kill_group(process.pid)
        code = process.wait()
        return Ended(code if code >= 0 else 128 - code)

    def logs(self, key: str) -> Logs:
        home = self._run(key).home
        texts = [path.read_bytes() if path.is_file() else b"" for path in (home / "stdout", home / "stderr")]
        return Logs(*texts)

    def kill(self, key: str) -> None:
        process = self._run(key).process
        if process is not None and process.returncode is None:
            _kill_group(process.pid)

    def remove(self, key: str) -> None:
        """Also what an engine before this one has left running."""
        with self._lock:
            run = self._runs.pop(key, None)
        home = run.home if run else self._scratch / key
        if run is None:
            _kill_orphan(home)
        shutil.rmtree(home, ignore_errors=True)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            keys = list(self._runs)
        for key in keys:
            with suppress(EngineError):
                self.kill(key)

    def _run(self, key: str) -> _Run:
        with self._lock:
            found = self._runs.get(key)
        if found is None:
            raise EngineError(f"No such container: {key}")
        return found


class Paths:
    """Replaces container paths in a text by the host paths of the binds; a longer name is another path."""

    def __init__(self, binds: tuple[Bind, ...]) -> None:
        self._hosts = {bind.container.rstrip("/"): str(bind.host) for bind in binds}
        names = sorted((re.escape(name) for name in self._hosts if name), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![\w./-])({'|'.join(names)})(?![\w-])") if names else None

    def __call__(self, text: str) -> str:
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._hosts[found[1]], text)


def _around(home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What a process cannot do without, then what the command says."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    own = {"PATH": path, "HOME": str(home / "work"), "LANG": "C.UTF-8", "TMPDIR": str(home / "work")}
    return {**own, **environment}


def _kill_orphan(home: Path) -> None:
    """Linux alone tells whether the number still is that process."""
    with suppress(OSError, ValueError):
        pid = int((home / "pid").read_text(encoding="ascii"))
        if f"HOME={home / 'work'}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            _kill_group(pid)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
