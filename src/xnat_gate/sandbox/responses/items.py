"""Single items as XNAT's JSON has them: meta, data_fields, children. Numbers and booleans are native here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xnat_gate.sandbox.models import resources, scans, shares
from xnat_gate.sandbox.models.database import Database
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.projects import Project
from xnat_gate.sandbox.models.scans import Scan
from xnat_gate.sandbox.models.subjects import Subject

ItemValue = dict[str, object]


def project_item(project: Project) -> ItemValue:
    values = {"ID": project.id, "secondary_ID": project.secondary_id, "name": project.name, **project.fields}
    return _item("xnat:projectData", values, [])


def subject_item(db: Database, subject: Subject, sessions: Sequence[Experiment]) -> ItemValue:
    values = {"ID": subject.id, "label": subject.label, "project": subject.project, **subject.fields}
    children = [
        *_children("experiments/experiment", [experiment_item(db, session) for session in sessions]),
        *_custom(subject.custom, "xnat:subjectData_field"),
        *_shares(db, "subject", subject.id),
        *_resources(db, "subject", subject.id, "resources/resource"),
    ]
    return _item("xnat:subjectData", values, children)


def experiment_item(db: Database, session: Experiment) -> ItemValue:
    values = {
        "ID": session.id, "label": session.label, "project": session.project, "subject_ID": session.subject,
        **session.fields,
    }  # fmt: skip
    children = [
        *_children("scans/scan", [scan_item(db, scan) for scan in scans.listed(db, session.id)]),
        *_custom(session.custom, "xnat:experimentData_field"),
        *_shares(db, "experiment", session.id),
        *_resources(db, "experiment", session.id, "resources/resource"),
    ]
    return _item(session.xsi_type, values, children)


def scan_item(db: Database, scan: Scan) -> ItemValue:
    values: dict[str, object] = {
        "ID": scan.id, "image_session_ID": scan.experiment, "xnat_imagescandata_id": scan.number, **scan.fields
    }  # fmt: skip
    if str(values.get("frames", "")).isdecimal():
        values["frames"] = int(str(values["frames"]))
    return _item(scan.xsi_type, values, _resources(db, "scan", scan.number, "file"))


def _item(xsi_type: str, values: Mapping[str, object], children: list[ItemValue]) -> ItemValue:
    return {
        "meta": {"isHistory": False, "xsi:type": xsi_type},
        "data_fields": dict(values),
        "children": children,
    }


def _children(field: str, items: list[ItemValue]) -> list[ItemValue]:
    return [{"field": field, "items": items}] if items else []


def _custom(custom: Mapping[str, str], xsi_type: str) -> list[ItemValue]:
    items = [_item(xsi_type, {"name": name, "field": value}, []) for name, value in custom.items()]
    return _children("fields/field", items)


def _shares(db: Database, kind: str, key: str) -> list[ItemValue]:
    items = [
        _item("", {"project": project, **({"label": label} if label else {})}, [])
        for project, label in shares.of(db, kind, key)
    ]
    return _children("sharing/share", items)


def _resources(db: Database, kind: str, owner: object, field: str) -> list[ItemValue]:
    items = []
    for resource in resources.listed(db, kind, owner):
        count, size = resources.totals(db, resource.number)
        values = {
            "label": resource.label, "URI": f"{resource.folder}/{resource.label}_catalog.xml",
            "format": resource.format, "content": resource.content, "file_count": count, "file_size": size,
            "xnat_abstractresource_id": resource.number,
        }  # fmt: skip
        items.append(_item("xnat:resourceCatalog", values, []))
    return _children(field, items)
