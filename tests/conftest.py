"""What every kind of test may ask for: a sandbox XNAT, and a site that imports into it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import fast_places  # the first, for it says where byte-code goes
from tests.docker_daemon import docker_daemon as docker_daemon
from tests.docker_daemon import docker_host as docker_host
from tests.hospital import Site
from tests.images.built import images as images
from xnat_gate.edge import protocol_file
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

# by itself Python looks for cycles after 700 new objects, of which a few data sets have more
gc.set_threshold(20_000)
# else the HTTP client goes through all variables for a proxy, several times for each request
os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")

# where a test does not say how many examples it wants; HYPOTHESIS_PROFILE=long for those who have time
hypothesis.settings.register_profile("suite", max_examples=50)
hypothesis.settings.register_profile("long", max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers() -> int | None:
    """With `-n auto` one more than there are processors: what waits for a container or a quiet folder uses none."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else len(os.sched_getaffinity(0)) + 1


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    fast_places.leave(session.config, exitstatus)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A small XNAT of the test's own, as `xnat-gate sandbox` starts it."""
    settings = Settings(containers=Kind.PROCESS)
    with Sandbox.start(
        tmp_path / "xnat", protocol=protocol_file.default_text(), settings=settings
    ) as running:
        yield running


@pytest.fixture
def site(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A hospital: a drop folder, a state folder, an account, and the sandbox as its XNAT."""
    monkeypatch.setenv("XNAT_HOST", sandbox.url)
    monkeypatch.setenv("XNAT_USER", "admin")
    monkeypatch.setenv("XNAT_PASS", "admin")
    (tmp_path / "drop").mkdir()
    return Site(tmp_path, sandbox)
