"""The XNAT that the contract is held against: the sandbox, and the one that the environment names.

XNAT_GATE_TEST_URL, XNAT_GATE_TEST_USER and XNAT_GATE_TEST_PASSWORD name a real XNAT and an account that may create
projects there. Guard: the suite makes projects of its own, under names that nobody else has, touches no other, and
deletes them at the end.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.sandbox.server import Sandbox

REAL = "XNAT_GATE_TEST_URL"


@dataclass(frozen=True, kw_only=True)
class Target:
    """An XNAT under test. `intake` and `quarantine` are projects that this run has made."""

    account: Account
    intake: str
    quarantine: str

    def ask(self, method: str, path: str, **more: object) -> requests.Response:
        """A plain request, for what the product itself never asks."""
        return requests.request(
            method,
            self.account.host + path,
            auth=(self.account.user, self.account.password),
            timeout=120,
            allow_redirects=False,
            **more,  # type: ignore[arg-type]
        )


def _targets() -> list[str]:
    return ["sandbox", "real"] if os.environ.get(REAL) else ["sandbox"]


@pytest.fixture(scope="module", params=_targets())
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    if request.param == "real":
        account = Account(
            host=os.environ[REAL].rstrip("/"),
            user=os.environ["XNAT_GATE_TEST_USER"],
            password=os.environ["XNAT_GATE_TEST_PASSWORD"],
        )
        yield from _with_projects(account)
        return
    with Sandbox.start(tmp_path_factory.mktemp("xnat")) as sandbox:
        yield from _with_projects(Account(host=sandbox.url, user="admin", password="admin"))


def _with_projects(account: Account) -> Iterator[Target]:
    run = secrets.token_hex(4).upper()
    target = Target(account=account, intake=f"XGT_{run}_A", quarantine=f"XGT_{run}_B")
    made = []
    try:
        for project in (target.intake, target.quarantine):
            assert target.ask("GET", f"/data/projects/{project}").status_code == 404, (
                f"{project} exists already"
            )
            target.ask("PUT", f"/data/projects/{project}?accessibility=private").raise_for_status()
            made.append(project)
            target.ask("PUT", f"/data/projects/{project}/prearchive_code/0").raise_for_status()
        yield target
    finally:
        for project in made:
            target.ask("DELETE", f"/data/projects/{project}?removeFiles=true")


@pytest.fixture
def xnat(target: Target) -> Iterator[Xnat]:
    with connected(target.account) as gateway:
        yield gateway
