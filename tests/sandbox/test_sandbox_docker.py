"""Launches with real containers: what Docker does that a process cannot show."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.docker_daemon import docker, image_of
from tests.sandbox.client import Client
from tests.sandbox.launches import IMAGE, Runner, await_running, command, fed, registered, writing
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

pytestmark = pytest.mark.xdist_group("docker")
PROGRAMS = ("sh", "bash", "base64", "cat", "head", "id", "ls", "sleep", "stat", "tail", "touch", "env")
WITH_ENTRYPOINT = "local/entered:1"


def started(state: Path, kind: Kind, *, harden: bool = False) -> Sandbox:
    return Sandbox.start(state, settings=Settings(containers=kind, harden_containers=harden))


@pytest.fixture
def images(docker_host: str) -> str:
    """Two small images: one bare, one with an entrypoint."""
    path = "ENV PATH=/bin"
    image_of(docker_host, IMAGE, *PROGRAMS, changes=[path, 'LABEL org.nrg.commands="[]"'])
    image_of(docker_host, WITH_ENTRYPOINT, *PROGRAMS, changes=[path, 'ENTRYPOINT ["/bin/cat"]'])
    return docker_host


@pytest.fixture
def sandbox(tmp_path: Path, images: str) -> Iterator[Sandbox]:
    with started(tmp_path / "state", Kind.DOCKER) as running:
        yield running


@pytest.fixture
def run(sandbox: Sandbox, admin: Client, member: Client, study: bytes) -> Runner:
    member.archived(study)
    return Runner(sandbox, admin, member)


def test_the_archive_is_mounted_read_only_and_the_output_comes_back(run: Runner, images: str) -> None:
    session = {**fed("Session"), "name": "session"}
    body = writing(
        "ls /input/SCANS > /output/scans.txt; touch /input/mine || echo refused; id -u",
        mounts=[{"name": "in", "path": "/input", "writable": False}], wrapper={"external-inputs": [session]},
    )  # fmt: skip
    body["xnat"][0]["output-handlers"] = [
        {"name": "keep", "accepts-command-output": "out", "as-a-child-of": "session", "label": "TRY"}
    ]
    found = run(body)
    assert (found["status"], found["log"]) == ("Complete", "refused\n0\n")
    assert run.files() == {"scans.txt": b"11\n12\n13\n2\n"}
    assert found["row"]["backend"] == "docker"
    assert docker(images, "ps", "--all", "--quiet") == ""


def test_a_container_reaches_the_sandbox_as_the_launching_user(run: Runner) -> None:
    line = (
        "where=${XNAT_HOST#http://}; exec 3<>/dev/tcp/${where%:*}/${where#*:}; "
        'who=$(printf %s "$XNAT_USER:$XNAT_PASS" | base64 -w0); '
        "printf 'GET /xapi/users/username HTTP/1.0\\r\\nAuthorization: Basic %s\\r\\n\\r\\n' \"$who\" >&3; cat <&3"
    )
    found = run(command('bash -c "$GATE_LINE"', shell=True, environment_variables={"GATE_LINE": line}))
    assert found["log"].endswith("\r\n\r\nmember"), found["log"]


def test_an_exit_code_that_is_not_zero_uploads_nothing(run: Runner) -> None:
    found = run(writing("echo kept > /output/a.txt; exit 7"))
    assert (found["status"], run.files()) == ("Failed", {})
    assert "7" in [each.get("exitCode") for each in found["row"]["history"]]


def test_words_follow_the_entrypoint_of_the_image_and_a_shell_takes_its_place(run: Runner) -> None:
    environment = {"GATE": "seen"}
    kept = command("/etc/hostname '' $GATE", image=WITH_ENTRYPOINT, environment_variables=environment)
    failed = run(kept)
    assert failed["status"] == "Failed"  # cat was given a file named $GATE, and printed the other
    assert len(failed["log"].splitlines()) == 1
    shell = command(
        "echo $GATE", image=WITH_ENTRYPOINT, shell=True, version="2", environment_variables=environment
    )
    assert run(shell)["log"] == "seen\n"


def test_the_limit_of_memory_kills(run: Runner) -> None:
    greedy = "head -c 100000000 /dev/zero | tail > /tmp/out"
    assert run(command(greedy, shell=True, version="2"))["status"] == "Complete"
    found = run(command(greedy, shell=True, limit_memory=16, limit_cpu=0.5))
    assert found["status"] == "Failed"
    assert "137" in [each.get("exitCode") for each in found["row"]["history"]]


def test_an_image_that_is_not_there_cannot_be_pulled(run: Runner) -> None:
    found = run(command("echo hello", image="127.0.0.1:1/nowhere:1"))
    assert found["status"] == "Failed (Container launch)"
    assert found["details"].startswith("Could not pull image 127.0.0.1:1/nowhere:1")


def test_the_user_of_the_server_cannot_write_what_xnat_has_made(run: Runner) -> None:
    server = {"host": "unix:///var/run/docker.sock", "backend": "docker", "container-user": "54321:54321"}
    assert run.admin.post("/xapi/docker/server", json=server).status_code == 201
    found = run(writing("id -u; echo x > /output/x"))
    assert (found["log"], found["status"]) == ("54321\n", "Failed")


def test_labels_tell_what_a_container_is_about(run: Runner, images: str) -> None:
    server = {"host": "unix:///var/run/docker.sock", "backend": "docker", "auto-cleanup": False}
    run.admin.post("/xapi/docker/server", json=server)
    found = run(command("true", shell=True, container_labels={"site": "#session#"}))
    key = found["comments"]
    shown = "{{.Config.Labels.XNAT_ID}} {{.Config.Labels.XNAT_PROJECT}} {{.Config.Labels.site}}"
    told = docker(images, "inspect", "--format", shown, key).split()
    assert told == [found["id"], "HOSPITAL", run.session]
    docker(images, "rm", key)


def test_a_hardened_root_file_system_is_read_only_but_for_tmp(
    tmp_path: Path, images: str, study: bytes
) -> None:
    with (
        started(tmp_path / "hard", Kind.DOCKER, harden=True) as sandbox,
        closing(Client(sandbox.url, "admin")) as admin,
    ):
        admin.archived(study)
        run = Runner(sandbox, admin, admin)
        found = run(writing("touch /mine || echo refused; touch /tmp/x && echo tmp; echo x > /output/x"))
        assert (found["log"], found["status"]) == ("refused\ntmp\n", "Complete")


def test_stopping_the_sandbox_kills_its_containers(tmp_path: Path, images: str, study: bytes) -> None:
    with (
        started(tmp_path / "stopped", Kind.DOCKER) as sandbox,
        closing(Client(sandbox.url, "admin")) as admin,
    ):
        admin.archived(study)
        run = Runner(sandbox, admin, admin)
        await_running(admin, run.start(command("sleep 600")))
    assert docker(images, "ps", "--quiet") == ""


def test_auto_is_docker_where_a_daemon_answers_and_processes_where_none_does(
    tmp_path: Path, images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(tmp_path / "one", Kind.AUTO) as sandbox:
        assert sandbox.world.engine.name == "docker"
        assert sandbox.world.engine.has_image(IMAGE)
        assert not sandbox.world.engine.has_image("local/try")
        assert sandbox.world.engine.labels(IMAGE) == {"org.nrg.commands": "[]"}
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with started(tmp_path / "two", Kind.AUTO) as sandbox:
        assert sandbox.world.engine.name == "process"


@pytest.fixture
def swarm(images: str) -> Iterator[str]:
    """The daemon as a swarm of one."""
    if docker(images, "info", "--format", "{{.Swarm.ControlAvailable}}").strip() == "true":
        yield images
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    docker(images, "swarm", "init", "--advertise-addr", place, "--listen-addr", place)
    yield images
    docker(images, "swarm", "leave", "--force")
    docker(images, "network", "rm", "docker_gwbridge")


def test_a_swarm_runs_a_service_with_the_same_mounts(tmp_path: Path, swarm: str, study: bytes) -> None:
    with started(tmp_path / "swarm", Kind.SWARM) as sandbox, closing(Client(sandbox.url, "admin")) as admin:
        admin.archived(study)
        run = Runner(sandbox, admin, admin)
        session = {**fed("Session"), "name": "session"}
        body = writing(
            "ls /input/SCANS > /output/scans.txt; touch /input/mine || echo refused; echo bad >&2; exit #code#",
            mounts=[{"name": "in", "path": "/input", "writable": False}], inputs=[{"name": "code"}],
            wrapper={
                "external-inputs": [session],
                "output-handlers": [
                    {"name": "keep", "accepts-command-output": "out", "as-a-child-of": "session", "label": "TRY"}
                ],
            },
        )  # fmt: skip
        wrapper = registered(admin, body)
        failed = run.run(wrapper, code="3")
        assert (failed["status"], run.files()) == ("Failed", {})
        found = run.run(wrapper, code="0")
        assert (found["status"], found["log"]) == ("Complete", "refused\n")
        assert run.files() == {"scans.txt": b"11\n12\n13\n2\n"}
        missing = run(command("true", shell=True, version="2", image="local/nowhere:1"))
        assert missing["status"] == "Failed (rejected)", missing
        assert docker(swarm, "service", "ls", "--quiet") == ""
