"""Which objects can be derived from which: children, and the way up.

Laws: a session is never derived from a project directly, it goes by the subject; what XNAT cannot derive it finds none
of, without an error of its own.
"""

from __future__ import annotations

from xnat_gate.sandbox.containers import objects
from xnat_gate.sandbox.containers.objects import Model
from xnat_gate.sandbox.models import experiments, projects, scans, subjects
from xnat_gate.sandbox.world import World

CHILDREN = {
    ("Project", "Subject"): "subjects", ("Subject", "Session"): "sessions", ("Session", "Scan"): "scans",
    ("Project", "Resource"): "resources", ("Subject", "Resource"): "resources", ("Session", "Resource"): "resources",
    ("Scan", "Resource"): "resources",
}  # fmt: skip
PROJECT_OF = frozenset({"Subject", "Session", "Scan"})


def related(world: World, model: Model, kind: str) -> list[Model]:
    """The objects of a type derived from one."""
    step = (str(model.get("type")), kind)
    if step in CHILDREN:
        return list(model.get(CHILDREN[step], []))
    match step:
        case (parent, "Project") if parent in PROJECT_OF:
            project = projects.find(world.db, str(model.get("project-id", "")))
            return [objects.project(world, project, children=False)] if project else []
        case ("Session", "Subject"):
            subject = subjects.by_id(world.db, str(model.get("subject-id", "")))
            return [objects.subject(world, subject)] if subject else []
        case ("Scan", "Session"):
            session = experiments.by_id(world.db, str(model.get("session-id", "")))
            return [objects.session(world, session)] if session else []
        case ("Resource", "Scan"):
            return _scan_of(world, str(model.get("parent-uri", "")))
    return []


def _scan_of(world: World, uri: str) -> list[Model]:
    owner, _, key = uri.removeprefix("/archive/experiments/").partition("/scans/")
    session = experiments.by_id(world.db, owner)
    scan = scans.find(world.db, owner, key) if session else None
    return [objects.scan(world, session, scan)] if session and scan else []
