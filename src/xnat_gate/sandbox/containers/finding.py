"""From what stands for an object (a URI, an ID, or JSON) to the object, with the caller's right to read it.

Laws: a value that begins with `/` gets `/archive` put in front unless it is there, so nothing in the prearchive is
ever found; JSON is taken as it is, without a look-up and without a check of rights; a scan or resource is found by
URI alone.
Not played: project assets, assessors and files as external inputs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import unquote

from xnat_gate.sandbox.containers import objects
from xnat_gate.sandbox.containers.failures import ResolutionFailed
from xnat_gate.sandbox.containers.objects import Model
from xnat_gate.sandbox.models import experiments, projects, rights, scans, shares, subjects
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

URI = re.compile(
    r"/archive(?:/projects/(?P<project>[^/]+))?(?:/subjects/(?P<subject>[^/]+))?"
    r"(?:/experiments/(?P<experiment>[^/]+)(?:/scans/(?P<scan>[^/]+))?)?(?:/resources/(?P<resource>[^/]+))?"
)


def named(world: World, user: User, kind: str, value: str, *, children: bool = True) -> Model | None:
    """The object of a type that an external input's value stands for; None for an unknown ID.

    Raises ResolutionFailed: no such URI, the wrong type, no right to read.
    """
    if value.startswith("{"):
        return {**_as_json(value), "type": kind}
    found = (
        at(world, user, value, children=children)
        if value.startswith("/")
        else _by_id(world, user, kind, value, children=children)
    )
    if found is not None and found["type"] != kind:
        raise ResolutionFailed(f"{value} is a {found['type']}, not a {kind}.")
    return found


def at(world: World, user: User, uri: str, *, children: bool = True) -> Model:
    """The object at an archive URI. Raises ResolutionFailed."""
    full = uri if uri.startswith("/archive/") else f"/archive{uri}"
    words = URI.fullmatch(full)
    if words is None or not any(words.groupdict().values()):
        raise ResolutionFailed(f"Could not parse URI {uri}.")
    args = {name: unquote(word) for name, word in words.groupdict().items() if word is not None}
    owner = _owner(world, user, args, children=children or "resource" in args)
    if owner is None:
        raise ResolutionFailed(f"There is nothing at {uri}.")
    if "resource" not in args:
        return owner
    for resource in owner.get("resources", []):
        if args["resource"] in (resource["label"], str(resource["integer-id"])):
            found: Model = resource
            return found
    raise ResolutionFailed(f"There is nothing at {uri}.")


def _as_json(value: str) -> Model:
    try:
        found = json.loads(value)
    except ValueError as error:
        raise ResolutionFailed(f"Could not read the object: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("uri", ""), str):
        raise ResolutionFailed("Could not read the object.")
    return found


def _by_id(world: World, user: User, kind: str, key: str, *, children: bool) -> Model | None:
    words = {"Project": "project", "Subject": "subject", "Session": "experiment"}
    return _owner(world, user, {words[kind]: key}, children=children) if kind in words else None


def _owner(world: World, user: User, args: Mapping[str, str], *, children: bool) -> Model | None:
    if "experiment" in args:
        session = _session(world, args)
        if session is None:
            return None
        _demand_read(world, user, "experiment", session.id, session.project)
        if "scan" not in args:
            return objects.session(world, session, children=children)
        scan = scans.find(world.db, session.id, args["scan"])
        return objects.scan(world, session, scan) if scan else None
    if "subject" in args:
        key, place = args["subject"], args.get("project")
        subject = subjects.find(world.db, place, key) if place else subjects.by_id(world.db, key)
        if subject is None:
            return None
        _demand_read(world, user, "subject", subject.id, subject.project)
        return objects.subject(world, subject, children=children)
    project = projects.find(world.db, args["project"])
    if project is None:
        return None
    _demand_read(world, user, "project", project.id, project.id)
    return objects.project(world, project, children=children)


def _session(world: World, args: Mapping[str, str]) -> Experiment | None:
    found = experiments.by_id(world.db, args["experiment"])
    if found is None and "project" in args:
        return experiments.find(world.db, args["project"], args["experiment"])
    return found


def _demand_read(world: World, user: User, kind: str, key: str, project: str) -> None:
    places = [project, *(place for place, _ in shares.of(world.db, kind, key))]
    if not any(rights.may_read(world.db, user, place) for place in places):
        raise ResolutionFailed(f"User {user.login} may not read {key}.")
