"""The daemon of the images as a Swarm of one node."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.docker_daemon import docker
from tests.images.built import Images


@pytest.fixture
def swarm(images: Images) -> Iterator[Images]:
    """The daemon as a swarm of one; it is left as it was found."""
    if docker(images.host, "info", "--format={{.Swarm.ControlAvailable}}").strip() == "true":
        yield images
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    docker(images.host, "swarm", "init", "--advertise-addr", place, "--listen-addr", place)
    yield images
    docker(images.host, "swarm", "leave", "--force")
    docker(images.host, "network", "rm", "docker_gwbridge")
