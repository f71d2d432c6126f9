"""The Port to whatever runs containers, and the order it is given. Everything else asks `world.engine`.

Laws: `create` runs nothing, `start` returns at once, `wait` blocks until the end; after `close` nothing new starts and
what ran is dead. Many threads may call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Kind(StrEnum):
    """What may run containers; `auto` is Docker when a daemon answers, else processes."""

    AUTO = "auto"
    DOCKER = "docker"
    SWARM = "swarm"
    PROCESS = "process"


class EngineError(Exception):
    """The engine did not do what it was told; the launch fails, and nothing can be done about it here."""


class ImageMissing(EngineError):
    """There is no such image, and it could not be pulled."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the engine; `id` as the engine names it, `size` in bytes."""

    id: str
    tags: tuple[str, ...]
    labels: Mapping[str, str]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Bind:
    """A host directory, or one file, seen inside the container."""

    host: Path
    container: str
    writable: bool

    @property
    def text(self) -> str:
        """As Docker writes it."""
        return f"{self.host}:{self.container}" + ("" if self.writable else ":ro")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A container to be made. Memory in MiB, `cpus` in cores, `shm_size` in bytes; '' means the image's own.

    `argv` follows the image's entrypoint; with `clears_entrypoint` it replaces it.
    """

    image: str
    argv: tuple[str, ...]
    clears_entrypoint: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    binds: tuple[Bind, ...] = ()
    working_directory: str = ""
    user: str = ""
    name: str = ""
    network: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    reserve_memory: int | None = None
    limit_memory: int | None = None
    cpus: float | None = None
    shm_size: int | None = None
    runtime: str = ""
    ipc: str = ""
    ulimits: Mapping[str, str] = field(default_factory=dict)
    auto_remove: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container ended; `state` is the engine's word for it. No exit code: it never ran, or is gone."""

    exit_code: int | None
    state: str = "die"
    message: str = ""


@dataclass(frozen=True, slots=True)
class Logs:
    stdout: bytes = b""
    stderr: bytes = b""


class Engine(Protocol):
    """`name` is docker, swarm or process; `host` its address. All but `ping` raise EngineError."""

    @property
    def name(self) -> str: ...

    @property
    def host(self) -> str: ...

    def ping(self) -> bool: ...

    def images(self) -> list[Image]: ...

    def has_image(self, tag: str) -> bool:
        """Whether a local image has exactly this tag."""
        ...

    def labels(self, tag: str) -> dict[str, str] | None:
        """The labels of a local image; None when there is no such image."""
        ...

    def pull(self, tag: str) -> None:
        """Raises ImageMissing."""
        ...

    def create(self, spec: Spec) -> str:
        """Make it; its ID. Raises ImageMissing, EngineError."""
        ...

    def start(self, key: str) -> None: ...

    def wait(self, key: str) -> Ended: ...

    def logs(self, key: str) -> Logs:
        """What it wrote so far."""
        ...

    def kill(self, key: str) -> None:
        """Nothing happens when it has ended already."""
        ...

    def remove(self, key: str) -> None: ...

    def close(self) -> None: ...
