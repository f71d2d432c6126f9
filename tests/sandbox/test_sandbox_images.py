"""The server that runs containers, its images, and the commands in their labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.sandbox.client import Client
from tests.sandbox.registering import COMMANDS, SORT, command, made, registered
from xnat_gate.sandbox.containers.engine import Image, ImageMissing, Kind
from xnat_gate.sandbox.containers.process_engine import ProcessEngine
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

SERVER = "/xapi/docker/server"
UNNAMED = {key: value for key, value in SORT.items() if key != "image"}
LABEL = json.dumps([UNNAMED, {**UNNAMED, "name": "second", "image": "another:9"}, {**UNNAMED, "name": ""}])


class Shelf(ProcessEngine):
    """Processes, and two images: one that lies here, one that can be pulled."""

    answers = True

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self.here = [Image("sha256:1", ("some/where:1", "some/where:latest"), {"org.nrg.commands": LABEL})]
        self.away = Image("sha256:2", ("far/away:1",), {"org.nrg.commands": "no list"})

    def ping(self) -> bool:
        return self.answers

    def images(self) -> list[Image]:
        return self.here

    def has_image(self, tag: str) -> bool:
        return self.labels(tag) is not None

    def labels(self, tag: str) -> dict[str, str] | None:
        return next((dict(image.labels) for image in self.here if tag in image.tags), None)

    def pull(self, tag: str) -> None:
        if tag not in self.away.tags:
            raise ImageMissing(f"no image {tag}")
        self.here.append(self.away)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path / "state", settings=Settings(containers=Kind.PROCESS)) as running:
        yield running


@pytest.fixture
def shelf(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    found = Shelf(tmp_path / "scratch")
    monkeypatch.setattr(sandbox.world.engines, "engine", lambda: found)
    return found


def test_a_fresh_server_is_the_factorys_and_says_what_runs_the_containers(member: Client) -> None:
    assert member.get(SERVER).json() == {
        "id": 1, "name": "Local socket", "host": "process://localhost", "backend": "docker",
        "pull-images-on-xnat-init": False, "auto-cleanup": True, "status-email-enabled": True, "ping": True,
        "sandbox-engine": "process",
    }  # fmt: skip
    pinged = member.get(f"{SERVER}/ping")
    assert (pinged.status_code, pinged.text) == (200, "OK")


def test_a_new_setting_replaces_the_whole_and_what_it_leaves_out_is_off(admin: Client) -> None:
    body = {
        "name": "mine",
        "host": "unix:///a",
        "container-user": "1000",
        "auto-cleanup": True,
        "colour": "red",
    }
    answer = admin.post(SERVER, json=body)
    assert (answer.status_code, answer.json()) == (201, admin.get(SERVER).json())
    found = answer.json()
    assert (found["container-user"], found["status-email-enabled"], found["backend"]) == (
        "1000",
        False,
        "docker",
    )
    assert "colour" not in found
    second = admin.post(SERVER, json={"host": "unix:///b", "backend": "docker"}).json()
    assert (second["name"], second["auto-cleanup"], "container-user" in second) == ("unix:///b", False, False)
    assert second["id"] > found["id"] > 1


def test_a_server_wants_a_manager_a_host_and_the_engine_that_there_is(admin: Client, owner: Client) -> None:
    assert owner.post(SERVER, json={"host": "unix:///a"}).status_code == 403
    assert admin.post(SERVER, json={"name": "a"}).status_code == 400
    assert admin.post(SERVER, data="no json").status_code == 500
    assert admin.post(SERVER, json={"host": "a", "auto-cleanup": "perhaps"}).status_code == 500
    for other in ({"backend": "kubernetes"}, {"backend": "swarm"}, {"swarm-mode": True}):
        assert admin.post(SERVER, json={"host": "a", **other}).status_code == 501
    assert admin.get(SERVER).json()["id"] == 1


def test_a_server_that_does_not_answer_is_told(admin: Client, shelf: Shelf) -> None:
    shelf.answers = False
    pinged = admin.get(f"{SERVER}/ping")
    assert (pinged.status_code, pinged.text.startswith("The Docker server returned an error:\n")) == (
        500,
        True,
    )
    assert admin.get(SERVER).json()["ping"] is False


def test_the_plugin_tells_whether_it_fits_this_xnat_and_not_its_own_version(
    member: Client, nobody: Client
) -> None:
    assert member.get("/xapi/containers/version").json() == {
        "compatible": True, "xnat-version-detected": "1.9.1", "min-xnat-version-required": "1.8.5",
    }  # fmt: skip
    assert nobody.get("/xapi/containers/version").status_code == 401


def test_images_are_those_that_lie_here_and_those_that_commands_name(admin: Client, shelf: Shelf) -> None:
    registered(admin, made(image="not/here:1"))
    registered(admin)
    here, missing = admin.get("/xapi/docker/images").json()
    assert (here["image-id"], here["tags"]) == ("sha256:1", ["some/where:1", "some/where:latest"])
    assert here["labels"]["org.nrg.commands"] == LABEL
    assert missing == {"tags": ["not/here:1"], "labels": {}}
    assert admin.get("/xapi/docker/images", params={"installed": "true"}).json() == [here]


def test_commands_in_a_label_are_registered_with_the_image_as_it_is_written(
    admin: Client, shelf: Shelf
) -> None:
    save = "/xapi/docker/images/save"
    answer = admin.post(save, params={"image": "some/where:1"})
    assert answer.status_code == 200
    assert [(each["name"], each["image"], each["hash"]) for each in answer.json()] == [
        ("sort", "some/where:1", "sha256:1"), ("second", "some/where:1", "sha256:1"),
    ]  # fmt: skip
    assert answer.json() == admin.get(COMMANDS).json()
    assert answer.json()[0]["xnat"][0]["id"]
    again = admin.post(save, params={"image": "some/where:1"})
    assert (again.status_code, again.json()) == (200, [])
    assert admin.post(save, params={"image": "some/where"}).status_code == 404
    assert admin.post(save).status_code == 501


def test_an_image_that_is_written_without_a_tag_gives_no_command(admin: Client, shelf: Shelf) -> None:
    shelf.here.append(Image("sha256:3", ("bare",), {"org.nrg.commands": LABEL}))
    answer = admin.post("/xapi/docker/images/save", params={"image": "bare"})
    assert (answer.status_code, answer.json(), admin.get(COMMANDS).json()) == (200, [], [])


def test_a_pulled_image_brings_its_commands_unless_told_not_to(admin: Client, shelf: Shelf) -> None:
    shelf.away = Image("sha256:2", ("far/away:1",), {"org.nrg.commands": LABEL})
    pull = "/xapi/docker/pull"
    quiet = admin.post(pull, params={"image": "far/away:1", "save-commands": "false"})
    assert (quiet.status_code, quiet.text, admin.get(COMMANDS).json()) == (200, "", [])
    assert admin.post(pull, params={"image": "far/away:1"}).status_code == 200
    assert {each["image"] for each in admin.get(COMMANDS).json()} == {"far/away:1"}
    assert admin.post(pull, params={"image": "nowhere:1"}).status_code == 404
    assert admin.post(pull, params={"image": "sha256:2"}).status_code == 400


def test_a_label_that_cannot_be_read_gives_no_command(admin: Client, shelf: Shelf) -> None:
    assert admin.post("/xapi/docker/pull", params={"image": "far/away:1"}).status_code == 200
    assert admin.get(COMMANDS).json() == []


def test_a_label_that_breaks_the_server_is_500_and_registers_nothing(admin: Client, shelf: Shelf) -> None:
    many = {"name": "m", "type": "select-many", "select-values": ["a"]}
    label = json.dumps([UNNAMED, {**UNNAMED, "inputs": [many]}])
    shelf.away = Image("s", ("far/away:1",), {"org.nrg.commands": label})
    assert admin.post("/xapi/docker/pull", params={"image": "far/away:1"}).status_code == 500
    assert admin.get(COMMANDS).json() == []


def test_a_summary_shows_an_images_commands_registered_or_not(admin: Client, shelf: Shelf) -> None:
    away, here = registered(admin, made(image="not/here:1")), registered(admin)
    first, second = admin.get("/xapi/docker/image-summaries").json()
    assert (first["image-id"], first["server"]) == ("sha256:1", "Local socket")
    assert first["names"] == ["some/where:1", "some/where:latest"]
    assert [(each["name"], each["id"]) for each in first["commands"]] == [
        ("sort", here), ("second", 0), ("", 0),
    ]  # fmt: skip
    assert first["commands"][0] == command(admin, here)
    assert [each["id"] for each in first["commands"][1]["xnat"]] == [0]
    assert second == {"names": ["not/here:1"], "commands": [command(admin, away)]}


def test_everybody_looks_and_managers_change(owner: Client, shelf: Shelf) -> None:
    for path in ("images", "image-summaries", "hubs", "server"):
        assert owner.get(f"/xapi/docker/{path}").status_code == 200
    for path in ("pull", "images/save"):
        assert owner.post(f"/xapi/docker/{path}", params={"image": "some/where:1"}).status_code == 403


def test_there_is_one_hub_and_its_secrets_are_not_shown(sandbox: Sandbox) -> None:
    with closing(Client(sandbox.url, "member")) as client:
        (hub,) = client.get("/xapi/docker/hubs").json()
    assert (hub["name"], hub["default"], "password" in hub) == ("Docker Hub", True, False)
