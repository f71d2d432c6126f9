"""What is done when a container has ended: logs, outputs, the end of its token and its workflow.

Laws: an exit code that is not 0 means that no output is uploaded at all; none counts as success; outputs go the way of
every upload, as the launching user, over what has the same name; when a required one fails the others are still tried;
an empty output directory makes an empty resource (not certain of XNAT).
Not played: e-mail.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from xnat_gate.sandbox.containers import roots, uploading
from xnat_gate.sandbox.containers.engine import Ended, EngineError, Logs
from xnat_gate.sandbox.containers.planning import Order, Plan
from xnat_gate.sandbox.models import container_servers, containers, tokens
from xnat_gate.sandbox.models.containers import Container, Status
from xnat_gate.sandbox.world import World

log = logging.getLogger(__name__)
NO_SUCCESS = "Non-zero exit code and/or failure status from container"
WORDS = frozenset({"rejected", "orphaned", "shutdown", "remove", "oom"})
"""Ends that a swarm names and that stand in the status."""


def finalise(world: World, number: int, plan: Plan, order: Order, ended: Ended | None) -> None:
    """`ended` is None when it never ran."""
    verdict, details = _verdict(ended)
    if ended is not None:
        code, message = ended.exit_code, ended.message
        containers.become(world.db, number, "die", by="event", message=message, exit_code=code)
    if containers.become(world.db, number, Status.FINALIZING):
        roots.told(world, order.workflow, Status.FINALIZING)
    _write_logs(world, number)
    row = containers.by_number(world.db, number)
    if verdict == Status.COMPLETE and row is not None and not row.is_over:
        verdict, details = _upload(world, plan, order)
    containers.become(world.db, number, verdict, message=details)
    clear_away(world, number)
    last = containers.by_number(world.db, number)
    done = {"percentageComplete": "100.0"} if verdict == Status.COMPLETE else {}
    roots.told(world, order.workflow, last.status if last else verdict, details=details, **done)


def clear_away(world: World, number: int) -> None:
    """Take back the token, and remove the container when the server says so."""
    row = containers.by_number(world.db, number)
    if row is None:
        return
    tokens.invalidate(world.db, row.token)
    if row.container_id and container_servers.current(world.db).get("auto-cleanup"):
        with suppress(EngineError):  # the daemon has removed it, or is gone
            world.engine.remove(row.container_id)


def log_folder(world: World, row: Container) -> Path:
    return world.folders.root / "archive" / "CONTAINER_EXEC" / row.container_id / "LOGS" / "docker"


def _verdict(ended: Ended | None) -> tuple[str, str]:
    if ended is None:
        return Status.KILLED, NO_SUCCESS
    if ended.state in WORDS:
        return f"{Status.FAILED} ({ended.state})", ended.message or NO_SUCCESS
    if ended.exit_code not in (None, 0) or ended.state == "failed":
        return Status.FAILED, NO_SUCCESS
    return Status.COMPLETE, ""


def _upload(world: World, plan: Plan, order: Order) -> tuple[str, str]:
    failed = []
    for output in plan.outputs:
        host = next(mount.bind.host for mount in plan.mounts if mount.name == output.mount)
        try:
            uploading.upload(world, order.user, output, host, order.workflow)
        except uploading.UploadFailed as error:
            log.info("output %s: %s", output.name, error)
            if output.required:
                failed.append(f"{output.name}: {error}")
    if not failed:
        return Status.COMPLETE, ""
    return Status.UPLOAD_FAILED, "\n".join(["Failed to upload required outputs.", *failed])


def _write_logs(world: World, number: int) -> None:
    row = containers.by_number(world.db, number)
    if row is None or not row.container_id:
        return
    try:
        found = world.engine.logs(row.container_id)
    except EngineError:  # removed by itself, logs and all
        found = Logs()
    folder, paths = log_folder(world, row), []
    for name, content in (("stdout.log", found.stdout), ("stderr.log", found.stderr)):
        if content.strip():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
            paths.append(str(folder / name))
    containers.amend(world.db, number, log_paths=paths)
