"""What a launch is recorded on: the workflow of its root object.

Laws: an object that nobody knows is recorded all the same, with its text as ID; a scan on its session.
"""

from __future__ import annotations

from xnat_gate.sandbox.containers import finding
from xnat_gate.sandbox.containers.failures import ResolutionFailed
from xnat_gate.sandbox.containers.objects import Model
from xnat_gate.sandbox.models import experiments, users, workflows
from xnat_gate.sandbox.models.clock import now, printed
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.models.containers import Status
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.models.workflows import Workflow
from xnat_gate.sandbox.world import World

WHY = "Container launch"


def opened(world: World, user: User, wrapper: Shape, root: str, value: str, project: str | None) -> Workflow:
    """A new workflow for a launch on this object."""
    kinds = [each.get("type") for each in wrapper.get("external-inputs", []) if each["name"] == root]
    item, data_type, home, scan = _about(world, _found(world, kinds[0] if kinds else "", value), value)
    return workflows.create(
        world.db, user.login, {
            "id": item, "data_type": data_type, "pipeline_name": wrapper["name"], "launch_time": printed(now()),
            "ExternalID": project or home, "status": Status.WAITING, "justification": WHY, "scan_id": scan,
        },
    )  # fmt: skip


def told(world: World, number: int | None, status: str, **more: str) -> None:
    """Write a status on the workflow; nothing happens without one."""
    found = workflows.find(world.db, number) if number is not None else None
    if found is not None:
        workflows.update(world.db, found, {"status": status, **more})


def tracking(world: World, user: User, number: int | None) -> dict[str, str]:
    """The labels of a container that has a workflow."""
    found = workflows.find(world.db, number) if number is not None else None
    if found is None:
        return {}
    return {
        "XNAT_DATATYPE": found.values["data_type"], "XNAT_PROJECT": found.values["ExternalID"],
        "XNAT_ID": found.values["id"], "XNAT_USER_EMAIL": user.email, "XNAT_USER_ID": str(user.id),
    }  # fmt: skip


def _found(world: World, kind: str, value: str) -> Model | None:
    try:
        return finding.named(world, users.robot(world.db), kind, value, children=False)
    except ResolutionFailed:
        return None


def _about(world: World, model: Model | None, value: str) -> tuple[str, str, str, str]:
    """ID, data type, project and scan."""
    if model is None:
        return value, "", "", ""
    session = experiments.by_id(world.db, str(model.get("session-id", "")))
    if model.get("type") == "Scan" and session is not None:
        return session.id, session.xsi_type, session.project, str(model["id"])
    home = model.get("id") if model.get("type") == "Project" else model.get("project-id")
    return str(model.get("id", value)), str(model.get("xsiType", "")), str(home or ""), ""
