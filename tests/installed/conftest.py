"""A sandbox into which the gate was installed by its one command; jobs run as processes, and in real containers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hospital import Site
from tests.installed.hospital_with_jobs import Hospital
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.edge import protocol_file
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

DOCKER = pytest.param(Kind.DOCKER, marks=pytest.mark.xdist_group("docker"))


def protocol() -> str:
    """The default protocol, with one scanner model denied."""
    nothing = "ManufacturerModelName: NONE"
    text = protocol_file.default_text()
    assert nothing in text
    return text.replace(nothing, "ManufacturerModelName: [Aera]")


@pytest.fixture(scope="module", params=[Kind.PROCESS, DOCKER])
def hospital(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """One installation for all tests of a module; each test brings a patient of its own."""
    kind: Kind = request.param
    daemon = request.getfixturevalue("images").host if kind is Kind.DOCKER else ""
    with installed(tmp_path_factory.mktemp("installed"), kind, daemon) as made:
        yield made


@contextmanager
def installed(root: Path, kind: Kind, daemon: str) -> Iterator[Hospital]:
    """A sandbox whose containers run so, with the gate installed; `daemon`: its DOCKER_HOST, where it needs one."""
    settings = Settings(containers=kind, harden_containers=True)
    with (
        pytest.MonkeyPatch.context() as patch,
        Sandbox.start(root / "xnat", protocol=protocol(), settings=settings) as sandbox,
    ):
        account = {"XNAT_HOST": sandbox.url, "XNAT_USER": "admin", "XNAT_PASS": "admin"}
        for name, value in (account | ({"DOCKER_HOST": daemon} if daemon else {})).items():
            patch.setenv(name, value)
        assert main(["install", "--enable-events"]) == Exit.PASSED
        (root / "drop").mkdir()
        yield Hospital(Site(root, sandbox))
