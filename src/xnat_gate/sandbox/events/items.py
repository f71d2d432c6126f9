"""The items of a project that a schedule may launch on, by the type of the wrapper's first external input.

Laws: sessions include those shared into the project, all else is the project's own; the sandbox keeps no assessors and
no project assets.
"""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.sandbox.events import payload
from xnat_gate.sandbox.events.payload import Model
from xnat_gate.sandbox.models import experiments, scans, subjects
from xnat_gate.sandbox.world import World

Item = tuple[Model, str]
"""The item as the Event Service serialises it, and its primary project."""


def of_type(world: World, type_: str, project: str) -> Iterator[Item]:
    found = READERS.get(type_)
    return found(world, project) if found else iter(())


def _project(world: World, project: str) -> Iterator[Item]:
    found = payload.project(world, project)
    if found is not None:
        yield found.model, project


def _subjects(world: World, project: str) -> Iterator[Item]:
    for one in subjects.listed(world.db, project):
        if one.project == project:
            yield payload.subject(world, one), project


def _sessions(world: World, project: str) -> Iterator[Item]:
    for one in experiments.listed(world.db, project):
        if one.is_session:
            yield payload.session(world, one), one.project


def _subject_assessors(world: World, project: str) -> Iterator[Item]:
    for one in experiments.listed(world.db, project):
        if one.project == project:
            yield payload.session(world, one), project


def _scans(world: World, project: str) -> Iterator[Item]:
    for one in experiments.listed(world.db, project):
        if one.project == project:
            for scan in scans.listed(world.db, one.id):
                yield payload.scan(world, one, scan), project


READERS = {
    "Project": _project, "Subject": _subjects, "Session": _sessions, "SubjectAssessor": _subject_assessors,
    "Scan": _scans,
}  # fmt: skip
