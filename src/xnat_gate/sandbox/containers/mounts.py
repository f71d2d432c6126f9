"""The directories that a container sees.

Laws: a read-only input is the archive itself; a writable one is a copy, the archive stays untouched and nothing comes
back by itself; a mount that no input fills is a new directory, always writable, of mode 755; the copies and new
directories lie below `build/` and are never removed.
Not played: projects that hold shared sessions, path translation.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xnat_gate.sandbox.containers import templates
from xnat_gate.sandbox.containers.engine import Bind
from xnat_gate.sandbox.containers.failures import ResolutionFailed
from xnat_gate.sandbox.containers.objects import Model
from xnat_gate.sandbox.containers.values import Inputs, Resolved
from xnat_gate.sandbox.models import experiments
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.world import World

MOUNTABLE = frozenset({"Project", "Session", "Scan", "Resource", "File"})


@dataclass(frozen=True, slots=True)
class Mount:
    """`host` as XNAT sees it; the sandbox knows no other view."""

    name: str
    bind: Bind

    def row(self) -> dict[str, Any]:
        """As REST shows it."""
        return {
            "name": self.name, "writable": self.bind.writable, "xnat-host-path": str(self.bind.host),
            "container-host-path": str(self.bind.host), "container-path": self.bind.container,
        }  # fmt: skip


def resolved(world: World, command: Shape, wrapper: Shape, inputs: Inputs) -> tuple[Mount, ...]:
    """Makes the copies and directories. Raises ResolutionFailed."""
    return tuple(_mount(world, each, command, wrapper, inputs) for each in command.get("mounts", []))


def _mount(world: World, mount: Shape, command: Shape, wrapper: Shape, inputs: Inputs) -> Mount:
    place = templates.filled(mount["path"], inputs.raw, command, wrapper)
    source = inputs.source(mount["name"])
    if source is None:
        return Mount(mount["name"], Bind(_build_directory(world), place, writable=True))
    host = _directory(world, mount["name"], source)
    if mount.get("writable"):
        host = _copied(world, host)
    return Mount(mount["name"], Bind(host, place, writable=bool(mount.get("writable"))))


def _directory(world: World, name: str, source: Resolved) -> Path:
    models = [value.model for value in source.values if value.model is not None]
    if len(models) != 1:
        raise ResolutionFailed(f"Mount {name} wants exactly one object, not {len(models)}.")
    model = models[0]
    if model.get("type") not in MOUNTABLE:
        raise ResolutionFailed(f"A {model.get('type')} cannot be mounted.")
    _refuse_shared(world, model)
    host = Path(model.get("path") or model.get("directory") or "")
    if not host.is_absolute():
        raise ResolutionFailed(f"Mount {name}: the {model['type']} has no directory.")
    if not host.exists():
        host.mkdir(parents=True)
    return host


def _refuse_shared(world: World, model: Model) -> None:
    if model.get("type") == "Project":
        own = experiments.listed(world.db, model["id"])
        if any(session.project != model["id"] for session in own):
            raise ResolutionFailed("The sandbox does not play mounts of projects that hold shared sessions.")


def _build_directory(world: World) -> Path:
    made = world.folders.root / "build" / str(uuid.uuid4())
    made.mkdir(parents=True)
    made.chmod(0o755)
    return made


def _copied(world: World, source: Path) -> Path:
    target = _build_directory(world)
    if source.is_file():
        shutil.copy2(source, target / source.name)
        return target / source.name
    shutil.copytree(source, target, dirs_exist_ok=True)
    target.chmod(0o755)
    return target
