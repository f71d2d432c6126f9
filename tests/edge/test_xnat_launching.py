"""Launching over REST: what XNAT's Container Service answers, and what of it is believed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.edge.misbehaving import Misbehaving
from tests.edge.test_xnat import account
from xnat_gate.core.archive import ArchiveError, ArchiveRefused, ArchiveUnavailable, NotThere, OutcomeUnknown
from xnat_gate.core.launching import Stream, Workflow
from xnat_gate.edge.xnat import Xnat, connected
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

ECHO = {
    "name": "echo",
    "version": "1",
    "image": "example/echo:1",
    "command-line": "echo #words#",
    "inputs": [
        {"name": "words", "required": False, "default-value": "nothing"},
        {"name": "project-id", "required": True},
    ],
    "xnat": [
        {
            "name": "echo",
            "contexts": ["xnat:projectData"],
            "external-inputs": [{"name": "project", "type": "Project", "load-children": False}],
            "derived-inputs": [
                {
                    "name": "identifier",
                    "type": "string",
                    "derived-from-wrapper-input": "project",
                    "derived-from-xnat-object-property": "id",
                    "provides-value-for-command-input": "project-id",
                }
            ],
        }
    ],
}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path / "xnat", settings=Settings(containers=Kind.PROCESS)) as running:
        yield running


@pytest.fixture
def xnat(sandbox: Sandbox) -> Iterator[Xnat]:
    with connected(account(sandbox)) as gateway:
        yield gateway


def registered(xnat: Xnat, **change: Any) -> int:
    """The number of the wrapper of a new command, which is enabled nowhere."""
    xnat.add_command({**ECHO, **change})
    return xnat.commands(frozenset({"echo"}))[-1].wrappers["echo"]


def enabled(xnat: Xnat, **change: Any) -> int:
    number = registered(xnat, **change)
    xnat.enable(number, None, on=True)
    xnat.enable(number, "HOSPITAL", on=True)
    return number


def launched(sandbox: Sandbox, xnat: Xnat, number: int, **inputs: str) -> Workflow:
    """The workflow at its end."""
    id = xnat.launch(number, "HOSPITAL", "project", "HOSPITAL", inputs)
    sandbox.settle()
    return xnat.workflow(id)


def test_a_wrapper_is_found_where_it_is_enabled_for_site_and_project(xnat: Xnat) -> None:
    number = registered(xnat)
    assert xnat.find_wrapper("echo", "HOSPITAL") is None
    xnat.enable(number, None, on=True)
    assert xnat.find_wrapper("echo", "HOSPITAL") is None
    xnat.enable(number, "HOSPITAL", on=True)
    assert xnat.find_wrapper("echo", "HOSPITAL") == number
    assert xnat.find_wrapper("echo", "QUARANTINE") is None
    assert xnat.find_wrapper("echo", "HOSPITAL", "xnat:subjectData") is None
    assert xnat.find_wrapper("ech", "HOSPITAL") is None


def test_two_enabled_commands_of_one_name_are_left_to_a_person(xnat: Xnat) -> None:
    enabled(xnat)
    enabled(xnat, image="example/echo:2")
    with pytest.raises(ArchiveRefused, match="disable all but one"):
        xnat.find_wrapper("echo", "HOSPITAL")


def test_an_xnat_without_the_container_service_has_no_wrappers() -> None:
    with Misbehaving(404, b"", "text/plain") as connection:
        assert Xnat(connection).find_wrapper("echo", "HOSPITAL") is None


def test_a_launch_is_followed_to_its_end_and_its_words_are_read(sandbox: Sandbox, xnat: Xnat) -> None:
    ended = launched(sandbox, xnat, enabled(xnat), words="hello")
    assert (ended.ended, ended.succeeded) == (True, True)
    assert xnat.container_log(ended) == "hello\n"
    assert xnat.container_log(ended, Stream.STDERR) == ""


def test_a_launch_that_fails_says_why(sandbox: Sandbox, xnat: Xnat) -> None:
    ended = launched(sandbox, xnat, enabled(xnat), words="rm (all)")
    assert (ended.ended, ended.succeeded) == (True, False)
    assert ended.status.startswith("Failed")
    assert ended.details
    assert xnat.container_log(ended) == ""


def test_a_container_that_ends_badly_has_not_succeeded(sandbox: Sandbox, xnat: Xnat) -> None:
    number = enabled(xnat, **{"command-line": "sh -c 'echo no; exit 2'"})
    ended = launched(sandbox, xnat, number)
    assert (ended.ended, ended.succeeded) == (True, False)
    assert xnat.container_log(ended) == "no\n"


def test_an_unknown_wrapper_is_not_launched(xnat: Xnat) -> None:
    with pytest.raises(ArchiveError):
        xnat.launch(4711, "HOSPITAL", "project", "HOSPITAL")


def test_an_unknown_workflow_is_not_there(xnat: Xnat) -> None:
    with pytest.raises(NotThere):
        xnat.workflow("4711")


def test_a_member_finds_and_launches_what_an_administrator_has_enabled(sandbox: Sandbox, xnat: Xnat) -> None:
    number = enabled(xnat)
    with connected(account(sandbox, "member")) as member:
        assert member.find_wrapper("echo", "HOSPITAL") == number
        ended = launched(sandbox, member, number, words="mine")
        assert member.container_log(ended) == "mine\n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": "failure", "message": "no such input"}, ArchiveRefused),
        ({"status": "success", "workflow-id": "To be assigned"}, OutcomeUnknown),
        ({"status": "success"}, OutcomeUnknown),
        (["success"], ArchiveUnavailable),
    ],
)
def test_an_answer_without_a_workflow_is_no_launch(answer: object, error: type[ArchiveError]) -> None:
    with (
        Misbehaving(200, json.dumps(answer).encode(), "application/json") as connection,
        pytest.raises(error),
    ):
        Xnat(connection).launch(1, "HOSPITAL", "project", "HOSPITAL")


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"items": []}', b'{"items": [{"data_fields": []}]}', b"[", b"null"]
)
def test_an_answer_that_is_no_workflow_is_not_believed(answer: bytes) -> None:
    with Misbehaving(200, answer, "application/json") as connection, pytest.raises(ArchiveUnavailable):
        Xnat(connection).workflow("1")


def test_a_workflow_that_has_no_container_yet_has_no_log(xnat: Xnat) -> None:
    assert xnat.container_log(Workflow("_Queued")) == ""
    assert xnat.container_log(Workflow("Failed", comments="no-such-container")) == ""


@pytest.mark.parametrize(
    ("status", "ended", "succeeded"),
    [
        ("_Queued", False, False),
        ("Running", False, False),
        ("Finalizing", False, False),
        ("Complete", True, True),
        ("Failed", True, False),
        ("Failed (Command resolution)", True, False),
        ("Killed", True, False),
        ("", False, False),
    ],
)
def test_words_of_the_container_service_tell_whether_it_has_ended(
    status: str, ended: bool, succeeded: bool
) -> None:
    workflow = Workflow(status)
    assert (workflow.ended, workflow.succeeded) == (ended, succeeded)


def test_a_right_that_lacks_is_not_taken_for_a_wrong_password(sandbox: Sandbox) -> None:
    with connected(account(sandbox, "member")) as member, pytest.raises(ArchiveRefused):
        member.add_command(ECHO)
    assert requests.get(f"{sandbox.url}/xapi/commands", auth=("admin", "admin"), timeout=30).json() == []
