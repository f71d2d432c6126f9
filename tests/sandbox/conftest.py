"""A fresh sandbox for each test, its four accounts, and small studies to send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.sandbox.client import Client, zipped
from xnat_gate.sandbox import phantoms
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """One that runs containers as processes, whatever this machine has."""
    settings = Settings(containers=Kind.PROCESS)
    with Sandbox.start(
        tmp_path / "state", protocol="protocol: 1\nname: seeded\n", settings=settings
    ) as running:
        yield running


@pytest.fixture
def admin(sandbox: Sandbox) -> Iterator[Client]:
    with closing(Client(sandbox.url, "admin")) as client:
        yield client


@pytest.fixture
def owner(sandbox: Sandbox) -> Iterator[Client]:
    with closing(Client(sandbox.url, "owner")) as client:
        yield client


@pytest.fixture
def member(sandbox: Sandbox) -> Iterator[Client]:
    with closing(Client(sandbox.url, "member")) as client:
        yield client


@pytest.fixture
def collaborator(sandbox: Sandbox) -> Iterator[Client]:
    with closing(Client(sandbox.url, "collaborator")) as client:
        yield client


@pytest.fixture
def nobody(sandbox: Sandbox) -> Iterator[Client]:
    with closing(Client(sandbox.url)) as client:
        yield client


@pytest.fixture
def study(tmp_path: Path) -> bytes:
    """A zip of a planning study: CT (scan 2), RTSTRUCT (11), RTPLAN (12), RTDOSE (13)."""
    phantoms.rt_study(tmp_path / "study", slices=3)
    return zipped(tmp_path / "study")


@pytest.fixture
def other_study(tmp_path: Path) -> bytes:
    """A zip of another patient's CT study."""
    phantoms.ct_series(tmp_path / "other", phantoms.Patient("PHANTOM^OTHER", "OTHER-1"), study=9, slices=2)
    return zipped(tmp_path / "other")
