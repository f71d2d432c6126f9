"""Both images, built once as an administrator without a registry would: stand-in base, wheelhouse, no network.

A test that asks for `images` belongs into the group of tests that one worker runs:
`pytestmark = pytest.mark.xdist_group("docker")`. They get the tags of this version, in the daemon that answers.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docker_daemon import docker

SCRIPTS = Path(__file__).parents[2] / "scripts"
BASE = "local/py:3.12"
ACCOUNT = {"XNAT_USER": "admin", "XNAT_PASS": "admin"}
HARDENED = (
    "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges",
)  # fmt: skip


@dataclass(frozen=True)
class Images:
    """`gate`, `intake`: tags; `host`: the daemon's DOCKER_HOST; `said`: what the script printed in the end."""

    host: str
    gate: str
    intake: str
    said: str

    def run(
        self, image: str, *words: str, user: str = "54321:54321", network: str = "none", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """A hardened container to its end, as a user that no image knows."""
        given = [f"--env={name}={value}" for name, value in environment.items()]
        options = ("--rm", "--init", *HARDENED, f"--user={user}", f"--network={network}", *given)
        command = ["docker", "--host", self.host, "run", *options, image, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    @contextmanager
    def running(self, *options: str) -> Iterator[Running]:
        """The intake, hardened, its program being PID 1; removed at the end."""
        key = docker(self.host, "run", "--detach", *HARDENED, *options, self.intake).strip()
        try:
            yield Running(self.host, key)
        finally:
            docker(self.host, "rm", "--force", "--volumes", key)


@dataclass(frozen=True)
class Running:
    """A container that was started."""

    host: str
    key: str

    def wait_for(self, text: str, times: int = 1) -> None:
        """Until its log holds the text so many times."""
        follow = ["timeout", "60", "docker", "--host", self.host, "logs", "--follow", self.key]
        seen = ""
        with subprocess.Popen(follow, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as log:
            assert log.stdout is not None
            while seen.count(text) < times and (line := log.stdout.readline()):
                seen += line
            log.terminate()
        assert seen.count(text) == times, seen

    def log(self) -> str:
        """What it has said so far on stdout."""
        return docker(self.host, "logs", self.key)

    def stop(self, within: int) -> int:
        """SIGTERM, and SIGKILL after so many seconds; the exit code, 137 when it had to be killed."""
        docker(self.host, "stop", f"--time={within}", self.key)
        return int(docker(self.host, "inspect", "--format={{.State.ExitCode}}", self.key))


@pytest.fixture(scope="session")
def images(docker_daemon: str) -> Images:
    """Built without network; the stand-in base is made when it is not there."""
    try:
        docker(docker_daemon, "image", "inspect", BASE)
    except subprocess.CalledProcessError:
        _script(docker_daemon, "stand_in_base.py", "--tag", BASE)
    said = _script(docker_daemon, "build_images.py", "--base", BASE, "--wheelhouse", "make")
    gate, intake = (line.split()[0] for line in said.splitlines()[:2])
    return Images(docker_daemon, gate, intake, said)


def _script(host: str, name: str, *arguments: str) -> str:
    command = [sys.executable, str(SCRIPTS / name), *arguments]
    environment = {**os.environ, "DOCKER_HOST": host}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name} failed:\n{done.stderr[-4000:]}"
    return done.stdout
