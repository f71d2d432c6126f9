"""The object of an event as the Event Service serialises it: what filters look at and attributes are filled from.

Laws: it is read when the event is delivered, with the rights of the account that acts: what is gone by then, or may not
be read, has no payload; keys are XNAT's own, not those of the Container Service's model.
"""

from __future__ import annotations

from dataclasses import dataclass

from xnat_gate.sandbox import jsonpath
from xnat_gate.sandbox.events.happening import Owner, Target
from xnat_gate.sandbox.models import experiments, projects, resources, rights, scans, subjects
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.resources import Resource
from xnat_gate.sandbox.models.scans import Scan
from xnat_gate.sandbox.models.subjects import Subject
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

Model = dict[str, object]


@dataclass(frozen=True, slots=True)
class Payload:
    """`model` is the JSON; a workflow about it stands on `item` of `item_type` in `project`."""

    model: Model
    item: str
    item_type: str
    project: str

    @property
    def uri(self) -> str:
        """The archive URI, which a container is launched on."""
        return str(self.model["uri"])

    @property
    def label(self) -> str:
        return str(self.model.get("label") or self.model["id"])


def load(world: World, target: Target, user: User) -> Payload | None:
    """What the event is about; None when it is gone or the account may not read it."""
    readers = {
        Owner.PROJECT: project, Owner.SUBJECT: _subject, Owner.EXPERIMENT: _experiment, Owner.SCAN: _scan,
        Owner.RESOURCE: _resource,
    }  # fmt: skip
    found = readers[target.owner](world, target.key)
    return found if found is not None and rights.may_read(world.db, user, found.project) else None


def passes(text: str, model: Model) -> bool:
    """Whether a payload filter keeps this object; '' keeps all. Raises PathError.

    XNAT turns single quotes into double ones first, whatever stands between them.
    """
    return not text or jsonpath.matches(text.replace("'", '"'), model)


def project(world: World, key: str) -> Payload | None:
    found = projects.find(world.db, key)
    if found is None:
        return None
    uri = f"/archive/projects/{found.id}"
    model = _model(found.id, found.id, "xnat:projectData", uri)
    model["resources"] = _resources(world, "project", found.id, uri)
    return Payload(model, found.id, "xnat:projectData", found.id)


def _subject(world: World, key: str) -> Payload | None:
    found = subjects.by_id(world.db, key)
    if found is None:
        return None
    return Payload(subject(world, found), found.id, "xnat:subjectData", found.project)


def subject(world: World, found: Subject) -> Model:
    uri = f"/archive/subjects/{found.id}"
    return _model(found.id, found.label, "xnat:subjectData", uri) | {
        "project-id": found.project, "resources": _resources(world, "subject", found.id, uri),
    }  # fmt: skip


def _experiment(world: World, key: str) -> Payload | None:
    found = experiments.by_id(world.db, key)
    return Payload(session(world, found), found.id, found.xsi_type, found.project) if found else None


def session(world: World, found: Experiment) -> Model:
    """A session: id, label, xsiType, uri, project-id, subject-id, directory, modalities-in-study, scans, resources,
    assessors (which the sandbox has none of)."""
    uri = f"/archive/experiments/{found.id}"
    inner = scans.listed(world.db, found.id)
    modalities = list(dict.fromkeys(each.fields["modality"] for each in inner if each.fields.get("modality")))
    return _model(found.id, found.label, found.xsi_type, uri) | {
        "project-id": found.project, "subject-id": found.subject,
        "directory": f"{world.folders.session(found.project, found.label)}/",
        "modalities-in-study": modalities or [value for value in [found.fields.get("modality")] if value],
        "scans": [scan(world, found, each) for each in inner],
        "resources": _resources(world, "experiment", found.id, uri), "assessors": [],
    }  # fmt: skip


def _scan(world: World, key: str) -> Payload | None:
    """The workflow stands on the session: nobody would find it on a scan."""
    found = scans.by_number(world.db, int(key))
    parent = experiments.by_id(world.db, found.experiment) if found else None
    if found is None or parent is None:
        return None
    return Payload(scan(world, parent, found), parent.id, parent.xsi_type, parent.project)


def scan(world: World, parent: Experiment, found: Scan) -> Model:
    uri, values = f"/archive/experiments/{parent.id}/scans/{found.id}", found.fields
    told = {
        "scan-type": values.get("type"), "project-id": parent.project, "session-id": parent.id,
        "integer-id": found.number, "modality": values.get("modality"), "quality": values.get("quality"),
        "note": values.get("note"), "frames": values.get("frames"), "uid": found.uid or None,
        "series-description": values.get("series_description"),
    }  # fmt: skip
    model = _model(found.id, found.id, found.xsi_type, uri)
    model |= {name: value for name, value in told.items() if value is not None}
    model["resources"] = _resources(world, "scan", str(found.number), uri)
    return model


def _resource(world: World, key: str) -> Payload | None:
    found = resources.by_number(world.db, int(key))
    parent = _parent(world, found) if found else None
    if found is None or parent is None:
        return None
    return Payload(_resource_model(found, parent.uri), parent.item, parent.item_type, parent.project)


def _parent(world: World, found: Resource) -> Payload | None:
    """What the resource belongs to."""
    readers = {"project": project, "subject": _subject, "experiment": _experiment, "scan": _scan}
    return readers[found.kind](world, found.owner)


def _resource_model(found: Resource, parent: str) -> Model:
    return _model(found.label, found.label, "xnat:resourceCatalog", f"{parent}/resources/{found.label}") | {
        "integer-id": found.number, "parent-uri": parent,
    }  # fmt: skip


def _resources(world: World, kind: str, owner: str, uri: str) -> list[Model]:
    return [_resource_model(found, uri) for found in resources.listed(world.db, kind, owner)]


def _model(key: str, label: str, xsi_type: str, uri: str) -> Model:
    return {"id": key, "label": label, "xsiType": xsi_type, "uri": uri}
