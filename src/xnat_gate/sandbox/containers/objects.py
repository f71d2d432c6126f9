"""The objects of the archive as the Container Service sees them: JSON for matchers, properties and mounts.

Laws: `id` of a resource is its label, `content` of a file holds its format (XNAT's own slip); what is null is left out;
children are read from the database each time.
Not played: project assets, subject assessors, assessors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xnat_gate.sandbox.models import experiments, resources, scans, subjects
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.projects import Project
from xnat_gate.sandbox.models.resources import Entry, Resource
from xnat_gate.sandbox.models.scans import Scan
from xnat_gate.sandbox.models.subjects import Subject
from xnat_gate.sandbox.world import World

Model = dict[str, Any]


def project(world: World, found: Project, *, children: bool = True) -> Model:
    home, uri = world.folders.project(found.id), f"/archive/projects/{found.id}"
    own: Model = {
        "type": "Project", "id": found.id, "label": found.name or found.id, "xsiType": "xnat:projectData", "uri": uri,
        "directory": str(home / "arc001"), "title": found.name, "running-title": found.secondary_id,
        "description": found.fields.get("description"), "keywords": found.fields.get("keywords"),
        "accessibility": found.accessibility, "aliases": [],
    }  # fmt: skip
    if children:
        own["resources"] = _resources(world, "project", found.id, uri, home)
        own["subjects"] = [subject(world, each) for each in subjects.listed(world.db, found.id)]
    return _told(own)


def subject(world: World, found: Subject, *, children: bool = True) -> Model:
    uri = f"/archive/subjects/{found.id}"
    own: Model = {
        "type": "Subject", "id": found.id, "label": found.label, "xsiType": "xnat:subjectData", "uri": uri,
        "project-id": found.project, "group": found.fields.get("group"), "source": found.fields.get("src"),
    }  # fmt: skip
    if children:
        home = world.folders.subject(found.project, found.label)
        own["resources"] = _resources(world, "subject", found.id, uri, home)
        own["sessions"] = [session(world, each) for each in experiments.of_subject(world.db, found.id)]
        own["subject-assessors"] = []
    return _told(own)


def session(world: World, found: Experiment, *, children: bool = True) -> Model:
    home, uri = world.folders.session(found.project, found.label), f"/archive/experiments/{found.id}"
    own: Model = {
        "type": "Session", "id": found.id, "label": found.label, "xsiType": found.xsi_type, "uri": uri,
        "directory": str(home), "project-id": found.project, "subject-id": found.subject,
        "visit-id": found.fields.get("visit_id"),
    }  # fmt: skip
    if children:
        own["resources"] = _resources(world, "experiment", found.id, uri, home)
        own["scans"] = [scan(world, found, each) for each in scans.listed(world.db, found.id)]
        own["assessors"] = []
    return _told(own)


def scan(world: World, parent: Experiment, found: Scan) -> Model:
    home = world.folders.session(parent.project, parent.label)
    uri = f"/archive/experiments/{parent.id}/scans/{found.id}"
    kept = _resources(world, "scan", str(found.number), uri, home)
    kind = found.fields.get("type", "")
    folder = Path(kept[0]["directory"]).parent if kept else home / "SCANS" / found.id
    return _told({
        "type": "Scan", "id": found.id, "label": f"{found.id} - {kind}", "xsiType": found.xsi_type, "uri": uri,
        "directory": str(folder), "integer-id": found.number, "scan-type": kind, "project-id": parent.project,
        "session-id": parent.id, "resources": kept, "frames": _number(found.fields.get("frames")),
        "note": found.fields.get("note"), "modality": found.fields.get("modality"),
        "quality": found.fields.get("quality"), "scanner": found.fields.get("scanner"),
        "series-description": found.fields.get("series_description"), "uid": found.uid or None,
    })  # fmt: skip


def _resources(world: World, kind: str, owner: str, parent: str, home: Path) -> list[Model]:
    return [_resource(world, each, parent, home) for each in resources.listed(world.db, kind, owner)]


def _resource(world: World, found: Resource, parent: str, home: Path) -> Model:
    uri, folder = f"{parent}/resources/{found.label}", home / found.folder
    files = [_file(each, uri, folder) for each in resources.entries(world.db, found.number)]
    return {
        "type": "Resource", "id": found.label, "label": found.label, "xsiType": "xnat:resourceCatalog", "uri": uri,
        "directory": str(folder), "integer-id": found.number, "files": files, "parent-uri": parent,
    }  # fmt: skip


def _file(entry: Entry, resource: str, folder: Path) -> Model:
    return {
        "type": "File", "label": entry.path, "uri": f"{resource}/files/{entry.path}", "name": entry.path,
        "path": str(folder / entry.path), "tags": entry.tags, "format": entry.format, "content": entry.format,
        "size": entry.size, "checksum": entry.digest,
    }  # fmt: skip


def _told(own: Model) -> Model:
    return {name: value for name, value in own.items() if value is not None}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
