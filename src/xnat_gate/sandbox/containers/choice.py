"""Which engine runs the containers: what the settings say, found out when it is first needed."""

from __future__ import annotations

import threading
from pathlib import Path

from xnat_gate.sandbox.containers.docker_engine import DockerEngine
from xnat_gate.sandbox.containers.engine import Engine, Kind
from xnat_gate.sandbox.containers.process_engine import ProcessEngine
from xnat_gate.sandbox.containers.swarm_engine import SwarmEngine
from xnat_gate.sandbox.settings import Settings


class Choice:
    """Most sandboxes never run a container: nobody asks for a daemon before somebody asks for the engine."""

    def __init__(self, settings: Settings, scratch: Path) -> None:
        self._settings = settings
        self._scratch = scratch
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._closed = False

    def engine(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._made(self._settings.containers)
                if self._closed:
                    self._engine.close()
            return self._engine

    def close(self) -> None:
        """Kill what runs, and start nothing more."""
        with self._lock:
            self._closed = True
            if self._engine is not None:
                self._engine.close()

    def _made(self, kind: Kind) -> Engine:
        docker = DockerEngine(harden=self._settings.harden_containers)
        match kind:
            case Kind.PROCESS:
                return ProcessEngine(self._scratch)
            case Kind.SWARM:
                return SwarmEngine(harden=self._settings.harden_containers)
            case Kind.DOCKER:
                return docker
            case Kind.AUTO:
                return docker if docker.ping() else ProcessEngine(self._scratch)
