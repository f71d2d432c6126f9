"""From the words of a path to the item they name, with the caller's rights: 404 for what may not be seen.

Laws: a subject or session may be named by label or accession ID; under a project it is found only there (own or shared
into it); a right to edit or delete counts in the primary project alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Forbidden, NotFound
from xnat_gate.sandbox.models import experiments, rights, scans, shares, subjects
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.scans import Scan
from xnat_gate.sandbox.models.subjects import Subject

URI = re.compile(
    r"^(?:/data|/REST)?(?:/archive)?(?:/projects/(?P<project>[^/]+))?(?:/subjects/(?P<subject>[^/]+))?"
    r"(?:/experiments/(?P<experiment>[^/]+))?(?:/scans/(?P<scan>[^/]+))?(?:/resources/(?P<resource>[^/]+))?/?$"
)


@dataclass(frozen=True, slots=True)
class Item:
    """What owns resources: `kind` and `owner` as `models.resources` has them, `home` its folder on disk."""

    kind: str
    owner: str
    project: str
    home: Path
    uri: str
    scan: Scan | None = None


def subject(call: Call) -> Subject:
    """The subject of {project?}/{subject}; raises NotFound."""
    key = call.args["subject"]
    found = find_subject(call, key)
    if found is None:
        raise NotFound(f"Unable to identify subject: {key}")
    return found


def find_subject(call: Call, key: str) -> Subject | None:
    db = call.world.db
    if (project := call.args.get("project")) is not None:
        rights.visible(db, call.user, project)
        return subjects.find(db, project, key)
    found = subjects.by_id(db, key)
    return found if found and _sees(call, "subject", found.id, found.project) else None


def experiment(call: Call) -> Experiment:
    """The session of {project?}/{subject?}/{experiment}; raises NotFound."""
    found = find_experiment(call)
    if found is None:
        raise NotFound(f"Unable to identify experiment: {call.args['experiment']}")
    return found


def find_experiment(call: Call) -> Experiment | None:
    db, key = call.world.db, call.args["experiment"]
    project = call.args.get("project")
    if project is None:
        found = experiments.by_id(db, key)
        return found if found and _sees(call, "experiment", found.id, found.project) else None
    rights.visible(db, call.user, project)
    if "subject" in call.args and subject(call) is None:
        return None
    found = experiments.by_id(db, key)  # XNAT resolves an accession ID first, whatever the project
    if found is not None and _sees(call, "experiment", found.id, found.project):
        return found
    return experiments.find(db, project, key)


def scan(call: Call) -> tuple[Experiment, Scan]:
    session = experiment(call)
    found = scans.find(call.world.db, session.id, call.args["scan"])
    if found is None:
        raise NotFound(f"Unable to identify scan: {call.args['scan']}")
    return session, found


def item(call: Call) -> Item:
    """The innermost item of the path: scan, experiment, subject or project."""
    if "scan" in call.args:
        return of_scan(call, *scan(call))
    if "experiment" in call.args:
        return of_experiment(call, experiment(call))
    if "subject" in call.args:
        found = subject(call)
        home = call.world.folders.subject(found.project, found.label)
        return Item("subject", found.id, found.project, home, f"/data/subjects/{found.id}")
    project = rights.visible(call.world.db, call.user, call.args["project"])
    home = call.world.folders.project(project.id)
    return Item("project", project.id, project.id, home, f"/data/projects/{project.id}")


def from_uri(call: Call, uri: str) -> Item:
    """The item that a URI inside a parameter names; its words become `call.args`. Raises BadRequest, NotFound."""
    found = URI.match(uri)
    if found is None or not any(found.groupdict().values()):
        raise BadRequest(f"Invalid resource URI: {uri}")
    call.args = {name: unquote(value) for name, value in found.groupdict().items() if value is not None}
    return item(call)


def of_experiment(call: Call, found: Experiment) -> Item:
    home = call.world.folders.session(found.project, found.label)
    return Item("experiment", found.id, found.project, home, f"/data/experiments/{found.id}")


def of_scan(call: Call, session: Experiment, found: Scan) -> Item:
    home = call.world.folders.session(session.project, session.label)
    uri = f"/data/experiments/{session.id}/scans/{found.id}"
    return Item("scan", str(found.number), session.project, home, uri, found)


def demand_edit(call: Call, project: str) -> None:
    if not rights.may_edit(call.world.db, call.user, project):
        raise Forbidden("Specified user account has insufficient privileges to modify this item.")


def demand_delete(call: Call, project: str, what: str) -> None:
    if not rights.may_own(call.world.db, call.user, project):
        raise Forbidden(what)


def _sees(call: Call, kind: str, key: str, project: str) -> bool:
    db = call.world.db
    places = [project, *(shared for shared, _ in shares.of(db, kind, key))]
    return any(rights.may_read(db, call.user, place) for place in places)
