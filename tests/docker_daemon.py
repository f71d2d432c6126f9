"""A Docker daemon for the tests: the one that answers, else one of their own; and images of this machine's files.

A test that asks for `docker_daemon` belongs into the group of tests that one worker runs:
`pytestmark = pytest.mark.xdist_group("docker")`. Without a daemon, and without the means to start one, such a test is
skipped; with REQUIRE_DOCKER=1 it fails.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

READY_WITHIN = 30.0
TRIES: tuple[tuple[str, ...], ...] = (
    (),
    ("--storage-driver=vfs",),
    ("--iptables=false", "--ip6tables=false"),
)
"""Never `--bridge=none`: beside another daemon in the same network it takes that one's bridge away."""


class NoDocker(Exception):
    """There is no daemon, and none can be started; `str()` tells why."""


@pytest.fixture(scope="session")
def docker_daemon() -> Iterator[str]:
    """The DOCKER_HOST of a daemon."""
    here = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if answers(here):
        yield here
        return
    try:
        daemon = Daemon.start()
    except NoDocker as error:
        if os.environ.get("REQUIRE_DOCKER") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))
    try:
        yield daemon.host
    finally:
        daemon.stop()


@pytest.fixture
def docker_host(docker_daemon: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The daemon, for all that this test starts."""
    monkeypatch.setenv("DOCKER_HOST", docker_daemon)
    return docker_daemon


def answers(host: str) -> bool:
    """Whether a daemon answers there; `docker --version` says nothing about that."""
    try:
        done = docker(host, "version", "--format", "{{.Server.Version}}", timeout=10)
    except (OSError, subprocess.SubprocessError):
        return False
    return bool(done.strip())


def docker(host: str, *words: str, timeout: float = 120, given: bytes | None = None) -> str:
    """What `docker` printed. Raises CalledProcessError."""
    done = subprocess.run(
        ["docker", "--host", host, *words], input=given, capture_output=True, timeout=timeout, check=True
    )
    return done.stdout.decode()


class Daemon:
    """A daemon of our own; everything that it keeps lies in one folder of a short name, for its socket."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self._folder = folder
        self._process = process
        self.host = f"unix://{folder}/s"

    @classmethod
    def start(cls) -> Daemon:
        """Raises NoDocker."""
        if shutil.which("docker") is None or shutil.which("dockerd") is None:
            raise NoDocker("no Docker daemon answers, and Docker is not installed")
        if os.geteuid() != 0:
            raise NoDocker("no Docker daemon answers, and only root can start one")
        folder = Path(tempfile.mkdtemp(prefix="dockerd-"))
        for extra in TRIES:
            daemon = cls(folder, _started(folder, extra))
            if daemon._is_ready():
                return daemon
            daemon._end()
        last = (folder / "log").read_text(errors="replace")[-800:]
        shutil.rmtree(folder, ignore_errors=True)
        raise NoDocker(f"dockerd does not start: {last}")

    def stop(self) -> None:
        """With every container, and every mount that it leaves behind."""
        keys = docker(self.host, "ps", "--all", "--quiet").split()
        if keys:
            docker(self.host, "rm", "--force", "--volumes", *keys)
        self._end()
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for mount in sorted(
            (mount for mount in mounts if mount.startswith(f"{self._folder}/")), reverse=True
        ):
            subprocess.run(["umount", "-l", mount], capture_output=True, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_ready(self) -> bool:
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end and self._process.poll() is None:
            if (self._folder / "s").exists() and answers(self.host):
                return True
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
        return False

    def _end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(READY_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _started(folder: Path, extra: Iterable[str]) -> subprocess.Popen[bytes]:
    own = ("--host", f"unix://{folder}/s", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec")
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            ["dockerd", *own, "--pidfile", f"{folder}/pid", *extra], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


def image_of(host: str, tag: str, *programs: str, changes: Iterable[str] = ()) -> None:
    """Make an image of programs of this machine and what they load, unless there is one of this tag."""
    if docker(host, "image", "ls", "--quiet", tag).strip():
        return
    with io.BytesIO() as out:
        with tarfile.open(fileobj=out, mode="w") as archive:
            for folder in ("tmp", "etc"):
                entry = tarfile.TarInfo(folder)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
                archive.addfile(entry)
            for name, place in _files(programs).items():
                archive.add(place.resolve(), name, recursive=False)
        options = [word for change in changes for word in ("--change", change)]
        docker(host, "import", *options, "-", tag, given=out.getvalue())


def _files(programs: Iterable[str]) -> dict[str, Path]:
    """Path in the image to file of this machine."""
    found: dict[str, Path] = {}
    for program in programs:
        place = Path(shutil.which(program) or program)
        found[f"bin/{program}"] = place
        loaded = subprocess.run(["ldd", place], capture_output=True, text=True, check=False).stdout
        found |= {path.lstrip("/"): Path(path) for path in re.findall(r"(/\S+) \(0x", loaded)}
    return found
