"""Outside clients as their users have them, and a sandbox for each module that they talk to over HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.clients import environments
from tests.clients.bundles import Bundles
from tests.clients.environments import Environment, NotInstallable
from tests.clients.talk import Talk
from tests.sandbox.client import Client
from xnat_gate.sandbox.server import Sandbox


@pytest.fixture(scope="session")
def installed() -> Callable[[str], Environment]:
    """The environment of a client; the test is skipped, with what the installer said, when it cannot be made."""

    def made(client: str) -> Environment:
        try:
            return environments.of_client(client)
        except NotInstallable as error:
            pytest.skip(f"NOT TESTED AGAINST {client.upper()}: it cannot be installed here: {error}")

    return made


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("xnat") / "state") as running:
        yield running


@pytest.fixture(scope="module")
def owner(sandbox: Sandbox) -> Iterator[Client]:
    """The other side of the table: the same account by plain HTTP."""
    with closing(Client(sandbox.url, "owner")) as client:
        yield client


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's home and working folder."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def talk_to(
    installed: Callable[[str], Environment],
    sandbox: Sandbox,
    home: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Talk]]:
    """Starts the program of a client as the project owner; it has to end well with the module."""
    log = tmp_path_factory.mktemp("client") / "stderr"
    with ExitStack() as ends:

        def started(client: str) -> Talk:
            python = installed(client).python
            talk = Talk(python, f"{client}_user.py", sandbox.url, "owner", home=home, log=log)
            ends.callback(talk.end)
            return talk

        yield started


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    return Bundles.made(tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="module")
def new_project(owner: Client) -> Callable[[], str]:
    """Makes projects: each test has its own, the sandbox is shared."""
    numbers = itertools.count(1)

    def made() -> str:
        name = f"TRIAL{next(numbers)}"
        assert owner.put(f"/data/projects/{name}").status_code == 200
        return name

    return made


@pytest.fixture
def project(new_project: Callable[[], str]) -> str:
    return new_project()
