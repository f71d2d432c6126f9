"""/data/services/prearchive/move | delete | rebuild: owner rights, an answer before the work has run.

Laws: the table shows the queued status; a locked row is skipped silently; nothing is asked of the destination before
the job runs, a bad one shows as ERROR and in the log.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.responses import Response

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Failure, Forbidden, NotFound, Refusal
from xnat_gate.sandbox.jobs import building, moving, row_work
from xnat_gate.sandbox.models import prearchive, projects, rights, row_log
from xnat_gate.sandbox.models.folders import UNASSIGNED
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.responses.prearchive import table_of
from xnat_gate.sandbox.world import World

SOURCE = re.compile(r"^(?:/data|/REST)?/prearchive/projects/(?P<p>[^/]+)/(?P<t>[^/]+)/(?P<f>[^/]+)/?$")
Work = Callable[[World, Row], object]


def move(call: Call) -> Response:
    """Queues the move of every `src` to `newProject`, of which nothing is asked before; owner (403); the status
    table, XML unless asked.
    """
    project = call.param("newProject") or ""
    return _batch(call, Status.QUEUED_MOVING, lambda world, row: moving.move(world, row, project))


def delete(call: Call) -> Response:
    """Queues the removal of every `src`; owner (403); the status table."""
    return _batch(call, Status.QUEUED_DELETING, moving.remove)


def rebuild(call: Call) -> Response:
    """Queues a build without an auto-archive after it; `overrideLock` takes locked rows, too; owner (403)."""
    return _batch(call, Status.QUEUED_BUILDING, _build, override_lock=call.flag("overrideLock"))


def sources(call: Call) -> list[Row | None]:
    """The rows that `src` names, None for one that is not there; raises BadRequest for a malformed one."""
    found: list[Row | None] = []
    for source in call.every("src"):
        words = SOURCE.match(source)
        if words is None:
            raise BadRequest(f"Invalid src URI: {source}")
        project = None if words["p"] == UNASSIGNED else words["p"]
        found.append(prearchive.find(call.world.db, project, words["t"], words["f"]))
    return found


def _batch(call: Call, queued: Status, work: Work, *, override_lock: bool = False) -> Response:
    try:
        rows = [row for row in sources(call) if row is not None]
    except BadRequest as malformed:
        raise Failure(str(malformed)) from malformed
    for row in rows:
        _demand_owner(call, row)
    for row in rows:
        if override_lock:
            prearchive.force_status(call.world.db, row.number, queued)
        elif not prearchive.set_status(call.world.db, row.number, queued):
            continue
        _queue(call.world, row, work)
    _refuse_unknown_projects(call)
    shown = [prearchive.by_number(call.world.db, row.number) for row in rows]
    return table_of(call, [row for row in shown if row is not None], default="xml")


def _refuse_unknown_projects(call: Call) -> None:
    """XNAT sets 404 for them and goes on; so the answer comes after the rest was queued."""
    for source in call.every("src"):
        name = SOURCE.match(source)
        if name and name["p"] != UNASSIGNED and projects.find(call.world.db, name["p"]) is None:
            raise NotFound(f"Unable to identify project: {name['p']}")


def _queue(world: World, row: Row, work: Work) -> None:
    def job() -> None:
        current = prearchive.by_number(world.db, row.number)
        if current is None:
            return
        try:
            work(world, current)
        except Refusal as refusal:
            row_log.write(row_work.folder(world, current), str(refusal))

    world.queue.submit(job)


def _build(world: World, row: Row) -> None:
    prearchive.change(world.db, row.number, auto_archive_blocked=1)
    building.build(world, row)


def _demand_owner(call: Call, row: Row) -> None:
    if row.project is None:
        allowed = call.user.data_admin
    elif not rights.may_read(call.world.db, call.user, row.project):
        raise NotFound(f"Unable to identify project: {row.project}")
    else:
        allowed = rights.may_own(call.world.db, call.user, row.project)
    if not allowed:
        raise Forbidden("Invalid permissions to delete prearchive sessions for this project.")
