"""Says that something happened: the one call that the places make where stored objects come, grow and go.

Laws (what XNAT tells of, no more and no less): a new session or experiment is CREATED, whoever makes it; an archive
into an existing session is MERGED, once; a new subject, project or scan is CREATED; a removal is DELETED. An edit, a
rename, a move to another project, a share, and all that happens in the prearchive are told to nobody. A call inside a
transaction counts once that is through. While the Event Service is off nothing is told, and nothing later either.
Not certain of XNAT, and played so: a direct archive is told of as any other; an archive tells of no resources; the
event of an archive is older than the end of its prearchive row, but nobody acts on it before that.
"""

from __future__ import annotations

from collections.abc import Iterable

from xnat_gate.sandbox.events import delivery
from xnat_gate.sandbox.events.happening import Happening, Owner, Target
from xnat_gate.sandbox.events.kinds import Kind, Status
from xnat_gate.sandbox.models import preferences
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.resources import Resource
from xnat_gate.sandbox.models.scans import Scan
from xnat_gate.sandbox.models.subjects import Subject
from xnat_gate.sandbox.world import World

CREATED, UPDATED, DELETED = Status.CREATED, Status.UPDATED, Status.DELETED


def fire(world: World, happening: Happening) -> None:
    """Have it delivered to those who subscribed to it, on the container queue."""
    if not preferences.events_enabled(world.db):
        return
    world.db.after_commit(lambda: world.container_queue.submit(lambda: delivery.deliver(world, happening)))


def project(world: World, login: str, key: str, status: Status) -> None:
    _fire(world, Kind.PROJECT, status, login, key, Target(Owner.PROJECT, key))


def subject(world: World, login: str, one: Subject, status: Status) -> None:
    _fire(world, Kind.SUBJECT, status, login, one.project, Target(Owner.SUBJECT, one.id))


def experiment(world: World, login: str, one: Experiment, status: Status) -> None:
    """A session is a subject's assessor, too; a merge is told of the session alone."""
    target = Target(Owner.EXPERIMENT, one.id)
    if one.is_session:
        _fire(world, Kind.SESSION, status, login, one.project, target)
    if status is not Status.MERGED:
        _fire(world, Kind.SUBJECT_ASSESSOR, status, login, one.project, target)


def archived(world: World, login: str, one: Experiment, new_scans: Iterable[Scan], *, merged: bool) -> None:
    """A session has come out of the prearchive; its files lie in the archive, its row is about to go."""
    experiment(world, login, one, Status.MERGED if merged else Status.CREATED)
    for each in new_scans:
        scan(world, login, one.project, each)


def scan(world: World, login: str, project_: str, one: Scan) -> None:
    _fire(world, Kind.SCAN, Status.CREATED, login, project_, Target(Owner.SCAN, str(one.number)))


def resource(world: World, login: str, project_: str, one: Resource, status: Status) -> None:
    """CREATED when it is new, UPDATED by every later upload."""
    _fire(world, Kind.RESOURCE, status, login, project_, Target(Owner.RESOURCE, str(one.number)))


def _fire(world: World, kind: Kind, status: Status, login: str, project_: str, target: Target) -> None:
    fire(world, Happening(kind=kind, status=status, project=project_, login=login, target=target))
