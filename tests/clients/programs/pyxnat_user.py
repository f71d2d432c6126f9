"""What users of pyxnat write: listings (which it asks for as CSV), creation, files, and the prearchive.

Run by the client's own Python: `pyxnat_user.py URL LOGIN`; talked to as `conversation` says.
"""

from __future__ import annotations

import sys
from typing import Any

import conversation
import pyxnat

URL, LOGIN = sys.argv[1:]
interface = pyxnat.Interface(server=URL, user=LOGIN, password=LOGIN)


def projects() -> list[str]:
    return sorted(interface.select.projects().get())


def subjects(project: str) -> list[str]:
    return [subject.label() for subject in interface.select.project(project).subjects()]


def experiments(project: str) -> list[str]:
    return [visit.label() for visit in interface.select.project(project).experiments()]


def scans(project: str, subject: str, experiment: str) -> list[str]:
    return list(_visit(project, subject, experiment).scans().get())


def resources(project: str, subject: str, experiment: str, scan: str) -> list[str]:
    return [found.label() for found in _visit(project, subject, experiment).scan(scan).resources()]


def files(project: str, subject: str, experiment: str, scan: str, resource: str) -> list[str]:
    return sorted(_visit(project, subject, experiment).scan(scan).resource(resource).files().get())


def table(project: str) -> list[dict[str, str]]:
    """The experiments of a project, with chosen columns."""
    found = interface.array.experiments(
        project_id=project, experiment_type="xnat:ctSessionData",
        columns=["ID", "label", "date", "xsiType", "subject_label"],
    )  # fmt: skip
    return [dict(row) for row in found.data]


def exists(project: str, subject: str | None = None) -> bool:
    found = interface.select.project(project)
    return bool((found.subject(subject) if subject else found).exists())


def create(project: str, subject: str, experiment: str, scan: str) -> None:
    visit = _visit(project, subject, experiment)
    visit.create(experiments="xnat:ctSessionData")
    visit.scan(scan).create(scans="xnat:ctScanData")


def datatype(project: str, subject: str, experiment: str) -> str:
    return str(_visit(project, subject, experiment).datatype())


def set_date(project: str, subject: str, experiment: str, date: str) -> str:
    visit = _visit(project, subject, experiment)
    visit.attrs.set("xnat:ctSessionData/date", date)
    return str(visit.attrs.get("xnat:ctSessionData/date"))


def put_file(project: str, subject: str, experiment: str, path: str, name: str) -> dict[str, Any]:
    file = _visit(project, subject, experiment).resource("NOTES").file(name)
    file.put(path, format="TXT", content="NOTE", tags="T")
    return {"size": int(file.size()), "format": file.format(), "content": file.content()}


def get_file(project: str, subject: str, experiment: str, name: str, path: str) -> None:
    _visit(project, subject, experiment).resource("NOTES").file(name).get(path)


def put_zip(project: str, subject: str, experiment: str, path: str) -> list[str]:
    resource = _visit(project, subject, experiment).resource("FOLDER")
    resource.put_zip(path, extract=True)
    return sorted(file.id() for file in resource.files())


def download(project: str, subject: str, experiment: str, folder: str) -> None:
    _visit(project, subject, experiment).scans().download(folder, type="ALL", extract=True)


def share(project: str, subject: str, experiment: str, target: str) -> None:
    _visit(project, subject, experiment).share(target)


def shares(project: str, subject: str, experiment: str) -> list[str]:
    return sorted(_visit(project, subject, experiment).shares().get())


def delete(project: str, subject: str, experiment: str) -> bool:
    visit = _visit(project, subject, experiment)
    visit.delete()
    return bool(visit.exists())


def users(project: str) -> dict[str, list[str]]:
    found = interface.select.project(project)
    return {"owners": found.owners(), "members": found.members(), "role": found.user_role("owner")}


def prearchive_code(project: str, code: str) -> str:
    found = interface.select.project(project)
    found.set_prearchive_code(code)
    return str(found.prearchive_code())


def waiting() -> list[list[str]]:
    """Triples of project, timestamp and folder."""
    return [list(triple) for triple in interface.manage.prearchive.get()]


def waiting_status(triple: list[str]) -> str:
    return str(interface.manage.prearchive.status(triple))


def waiting_scans(triple: list[str]) -> dict[str, Any]:
    prearchive = interface.manage.prearchive
    return {
        scan: {
            name: _many(prearchive.get_files(triple, scan, name))
            for name in _many(prearchive.get_resources(triple, scan))
        }
        for scan in _many(prearchive.get_scans(triple))
    }


def rebuild(triple: list[str]) -> None:
    interface.manage.prearchive.reset(triple)


def delete_waiting(triple: list[str]) -> None:
    prearchive = interface.manage.prearchive
    prearchive.delete(prearchive.get_uri(triple))


def _many(found: str | list[str]) -> list[str]:
    """A column of one row comes as its cell, not as a list."""
    return [found] if isinstance(found, str) else list(found)


def _visit(project: str, subject: str, experiment: str) -> Any:
    return interface.select.project(project).subject(subject).experiment(experiment)


if __name__ == "__main__":
    conversation.hold({name: deed for name, deed in globals().items() if callable(deed)})
    interface.disconnect()
