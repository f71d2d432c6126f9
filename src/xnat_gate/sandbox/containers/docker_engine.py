"""Plain Docker, by its command line client; which daemon is told by DOCKER_HOST, as for every client.

Laws: the sandbox listens on loopback alone, so containers share the host's network unless the command names
another: the one thing that is not as XNAT does it. An image is present when a local image has exactly the command's
tag. With `harden` the root file system is read-only but for /tmp.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

from xnat_gate.sandbox.containers.engine import Ended, EngineError, Image, ImageMissing, Logs, Spec

ANSWER_WITHIN = 20.0


class Client:
    """The `docker` program."""

    def __call__(
        self, *words: str, timeout: float | None = ANSWER_WITHIN
    ) -> subprocess.CompletedProcess[bytes]:
        """What it answered. Raises EngineError when it failed."""
        try:
            done = subprocess.run(  # noqa: S603 - the words are a list, no shell reads them
                ["docker", *words],  # noqa: S607 - the client that the user has
                stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False,
            )  # fmt: skip
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise EngineError(f"docker {words[0]}: {error}") from error
        if done.returncode:
            raise EngineError(done.stderr.decode(errors="replace").strip() or f"docker {words[0]} failed")
        return done

    def text(self, *words: str, timeout: float | None = ANSWER_WITHIN) -> str:
        return self(*words, timeout=timeout).stdout.decode(errors="replace").strip()


class DockerEngine:
    """Containers of a Docker daemon."""

    name = "docker"

    def __init__(self, *, harden: bool = False) -> None:
        self.client = Client()
        self.harden = harden
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._closed = False

    @property
    def host(self) -> str:
        try:
            return self.client.text("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        except EngineError:
            return "unix:///var/run/docker.sock"

    def ping(self) -> bool:
        try:
            return bool(self.client.text("version", "--format", "{{.Server.Version}}"))
        except EngineError:
            return False

    def images(self) -> list[Image]:
        keys = self.client.text("image", "ls", "--all", "--quiet", "--no-trunc").split()
        if not keys:
            return []
        found = json.loads(self.client.text("image", "inspect", *dict.fromkeys(keys)))
        return [_image(one) for one in found]

    def has_image(self, tag: str) -> bool:
        return any(tag in image.tags for image in self.images())

    def labels(self, tag: str) -> dict[str, str] | None:
        """A name without a tag is looked up as every client does."""
        wanted = {tag, f"{tag}:latest"}
        return next((dict(image.labels) for image in self.images() if wanted & set(image.tags)), None)

    def pull(self, tag: str) -> None:
        try:
            self.client("pull", "--quiet", tag, timeout=600)
        except EngineError as error:
            raise ImageMissing(f"Could not pull image {tag}: {error}") from error

    def create(self, spec: Spec) -> str:
        if not self.has_image(spec.image):
            self.pull(spec.image)
        return self.client.text("create", "--pull", "never", *self._options(spec), spec.image, *spec.argv)

    def start(self, key: str) -> None:
        with self._lock:
            if self._closed:
                raise EngineError("the engine is closed")
            self._running.add(key)
        self.client("start", key)

    def wait(self, key: str) -> Ended:
        code = self.client.text("wait", key, timeout=None)
        self._forget(key)
        return Ended(int(code))

    def logs(self, key: str) -> Logs:
        done = self.client("logs", key)
        return Logs(done.stdout, done.stderr)

    def kill(self, key: str) -> None:
        with suppress(EngineError):  # it has ended already
            self.client("kill", key)

    def remove(self, key: str) -> None:
        self._forget(key)
        self.client("rm", "--force", "--volumes", key)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            running = set(self._running)
        for key in running:
            self.kill(key)

    def _forget(self, key: str) -> None:
        with self._lock:
            self._running.discard(key)

    def _options(self, spec: Spec) -> list[str]:
        binds = [word for bind in spec.binds for word in ("--volume", bind.text)]
        ulimits = [word for name, value in spec.ulimits.items() for word in ("--ulimit", f"{name}={value}")]
        sizes = {
            "--memory": _mebibytes(spec.limit_memory), "--memory-reservation": _mebibytes(spec.reserve_memory),
            "--cpus": spec.cpus, "--shm-size": spec.shm_size,
        }  # fmt: skip
        words = {
            "--name": spec.name, "--user": spec.user, "--workdir": spec.working_directory, "--runtime": spec.runtime,
            "--ipc": spec.ipc, "--network": spec.network or "host",
        }  # fmt: skip
        return [
            *binds, *ulimits, *named({**sizes, **words}), *pairs("--env", spec.environment),
            *pairs("--label", spec.labels), *(["--rm"] if spec.auto_remove else []),
            *(["--entrypoint", ""] if spec.clears_entrypoint else []),
            *(["--read-only", "--tmpfs", "/tmp"] if self.harden else []),  # noqa: S108 - in the container
        ]  # fmt: skip


def named(options: dict[str, object]) -> Iterator[str]:
    """The options that have a value, as words."""
    for name, value in options.items():
        if value not in (None, ""):
            yield from (name, str(value))


def pairs(option: str, values: object) -> list[str]:
    """The option once for each name and value."""
    if not isinstance(values, dict):
        return []
    return [word for name, value in values.items() for word in (option, f"{name}={value}")]


def _mebibytes(size: int | None) -> str:
    return "" if size is None else f"{size}m"


def _image(found: dict[str, object]) -> Image:
    config, tags, size = found.get("Config"), found.get("RepoTags"), found.get("Size")
    labels = config.get("Labels") if isinstance(config, dict) else None
    return Image(
        str(found["Id"]), tuple(map(str, tags if isinstance(tags, Sequence) else ())),
        {str(name): str(value) for name, value in (labels or {}).items()}, size if isinstance(size, int) else 0,
    )  # fmt: skip
