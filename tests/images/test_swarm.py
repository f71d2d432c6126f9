"""The jobs' image in a Swarm of one node, as the Container Service starts it: a service of none that becomes one."""

from __future__ import annotations

import subprocess

import pytest

from tests.docker_daemon import docker
from tests.images.built import Images
from tests.images.swarm import swarm as swarm

pytestmark = pytest.mark.xdist_group("docker")

NAME = "xnat-gate-job-in-a-swarm"


def test_a_service_of_the_jobs_image_runs_its_job_and_ends_with_its_code(swarm: Images) -> None:
    shape = ["--replicas=0", "--restart-condition=none", "--no-resolve-image", "--detach"]
    hardened = ["--read-only", "--mount=type=tmpfs,target=/tmp", "--user=54321:54321", "--limit-memory=512m"]
    job = ["xnat-gate-job", "check-prearchive"]
    docker(swarm.host, "service", "create", f"--name={NAME}", *shape, *hardened, swarm.gate, *job)
    try:
        since = docker(swarm.host, "info", "--format={{.SystemTime}}").strip()
        docker(swarm.host, "service", "scale", "--detach", f"{NAME}=1")
        assert exit_code_of_first_to_end(swarm.host, since) == 2
        assert "XNAT_HOST is not set" in logs(swarm.host)
    finally:
        docker(swarm.host, "service", "rm", NAME)


def exit_code_of_first_to_end(host: str, since: str) -> int:
    """Of the service's containers that ended after this moment of the daemon's clock."""
    ended = [f"--since={since}", "--filter=event=die", f"--filter=label=com.docker.swarm.service.name={NAME}"]
    watch = [
        "timeout",
        "60",
        "docker",
        "--host",
        host,
        "events",
        *ended,
        "--format={{.Actor.Attributes.exitCode}}",
    ]
    with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as events:
        assert events.stdout is not None
        code = events.stdout.readline()
        events.terminate()
    return int(code)


def logs(host: str) -> str:
    done = subprocess.run(
        ["docker", "--host", host, "service", "logs", NAME],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout + done.stderr
