"""Docker in Swarm mode: each container is a service, made with no replicas and then scaled to one.

Laws: a task is never restarted; images are not pulled by XNAT, a node that lacks one rejects the task; ulimits,
runtime, ipc and auto-remove are ignored; the logs are those of the container, so the swarm has one node.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from contextlib import suppress

from xnat_gate.sandbox.containers.docker_engine import DockerEngine, named, pairs
from xnat_gate.sandbox.containers.engine import Bind, Ended, EngineError, Logs, Spec

LOOK_EVERY = 0.2
ATTEMPTS = 10
OVERTAKEN = "update out of sequence"
ENDS = frozenset({"complete", "failed", "shutdown", "rejected", "orphaned", "remove"})


class SwarmEngine(DockerEngine):
    """Services of a swarm. Keys are IDs of services."""

    name = "swarm"

    def __init__(self, *, harden: bool = False) -> None:
        super().__init__(harden=harden)
        self._closing = threading.Event()

    def ping(self) -> bool:
        try:
            return self.client.text("info", "--format", "{{.Swarm.ControlAvailable}}") == "true"
        except EngineError:
            return False

    def create(self, spec: Spec) -> str:
        return self.client.text(
            "service", "create", "--detach", "--quiet", "--no-resolve-image", "--replicas", "0",
            "--restart-condition", "none", *self._service_options(spec), spec.image, *_arguments(spec),
        )  # fmt: skip

    def start(self, key: str) -> None:
        if self._closing.is_set():
            raise EngineError("the engine is closed")
        with self._lock:
            self._running.add(key)
        self._scale_up(key)

    def _scale_up(self, key: str) -> None:
        """A swarm refuses a change for which it has changed the service itself meanwhile; the next one passes."""
        for _ in range(ATTEMPTS):
            try:
                self.client("service", "scale", "--detach", f"{key}=1")
                return
            except EngineError as error:
                if OVERTAKEN not in str(error):
                    raise
                self._closing.wait(LOOK_EVERY)
        raise EngineError(f"service {key} could not be scaled: {OVERTAKEN}")

    def wait(self, key: str) -> Ended:
        """Looks again and again, as XNAT does."""
        while (ended := self._ended(key)) is None:
            self._closing.wait(LOOK_EVERY)
        self._forget(key)
        return ended

    def logs(self, key: str) -> Logs:
        container = _status(self._task(key)).get("ContainerStatus")
        inner = container.get("ContainerID") if isinstance(container, dict) else None
        return super().logs(str(inner)) if inner else Logs()

    def kill(self, key: str) -> None:
        with suppress(EngineError):  # it has ended already
            self.client("service", "scale", "--detach", f"{key}=0")

    def remove(self, key: str) -> None:
        self._forget(key)
        self.client("service", "rm", key)

    def close(self) -> None:
        self._closing.set()
        super().close()

    def _task(self, key: str) -> dict[str, object] | None:
        keys = self.client.text("service", "ps", "--quiet", "--no-trunc", key).split()
        if not keys:
            return None
        found: dict[str, object] = json.loads(self.client.text("inspect", "--type", "task", keys[0]))[0]
        return found

    def _ended(self, key: str) -> Ended | None:
        status = _status(self._task(key))
        state, container = str(status.get("State", "")), status.get("ContainerStatus")
        if state not in ENDS:
            return None
        code = container.get("ExitCode") if isinstance(container, dict) else None
        message = str(status.get("Err") or status.get("Message") or "")
        return Ended(code if state in {"complete", "failed"} else None, state, message)

    def _service_options(self, spec: Spec) -> list[str]:
        mounts = [word for bind in spec.binds for word in ("--mount", _mount(bind))]
        sizes = {
            "--limit-memory": "" if spec.limit_memory is None else f"{spec.limit_memory}m",
            "--reserve-memory": "" if spec.reserve_memory is None else f"{spec.reserve_memory}m",
            "--limit-cpu": spec.cpus,
        }  # fmt: skip
        words = {
            "--name": spec.name, "--user": spec.user, "--workdir": spec.working_directory,
            "--network": spec.network or "host", "--entrypoint": spec.argv[0] if spec.clears_entrypoint else "",
        }  # fmt: skip
        shm = f"type=tmpfs,destination=/dev/shm,tmpfs-size={spec.shm_size}"
        return [
            *mounts, *(["--mount", shm] if spec.shm_size is not None else []), *named({**sizes, **words}),
            *pairs("--env", spec.environment), *pairs("--label", spec.labels),
            *pairs("--container-label", spec.labels),
            *(["--read-only", "--mount", "type=tmpfs,destination=/tmp"] if self.harden else []),
        ]  # fmt: skip


def _arguments(spec: Spec) -> Sequence[str]:
    return spec.argv[1:] if spec.clears_entrypoint else spec.argv


def _mount(bind: Bind) -> str:
    end = "" if bind.writable else ",readonly"
    return f"type=bind,source={bind.host},destination={bind.container}{end}"


def _status(task: dict[str, object] | None) -> dict[str, object]:
    status = (task or {}).get("Status")
    return status if isinstance(status, dict) else {}
