"""What users of xnatpy write: its public API, its full model, and the cache clearing that its users learn to do.

Run by the client's own Python: `xnatpy_user.py URL LOGIN`; talked to as `conversation` says.
"""

from __future__ import annotations

import sys
from typing import Any

import conversation
import xnat

URL, LOGIN = sys.argv[1:]
session = xnat.connect(URL, user=LOGIN, password=LOGIN)


def fresh() -> None:
    """Forget everything seen; the prearchive's rows have a cache of their own."""
    session.clearcache()
    session.prearchive.clearcache()
    session.prearchive.caching = False


def experiment_of(project: str, experiment: str) -> Any:
    fresh()
    return session.projects[project].experiments[experiment]


def waiting_in(project: str) -> Any:
    """The one session of the project in the prearchive."""
    fresh()
    (found,) = session.prearchive.find(project=project)
    return found


def site() -> dict[str, Any]:
    fresh()
    return {
        "version": session.xnat_version,
        "user": session.logged_in_user,
        "model": sorted(name for name in vars(session.classes) if name.endswith("SessionData")),
        "projects": [project.id for project in session.projects],
    }


def connect_with(password: str) -> str:
    with xnat.connect(URL, user=LOGIN, password=password) as other:
        return str(other.logged_in_user)


def connect_by_token() -> str:
    alias, secret = session.services.issue_token()
    with xnat.connect(URL, user=alias, password=secret) as other:
        return str(other.logged_in_user)


def create(project: str, subject: str, experiment: str, scan: str) -> None:
    classes = session.classes
    classes.ProjectData(parent=session, id_=project, name=f"{project} by name")
    session.clearcache()
    patient = classes.SubjectData(parent=session.projects[project], label=subject)
    visit = classes.CtSessionData(parent=patient, label=experiment)
    classes.CtScanData(parent=visit, id=scan, type="Thorax")


def walk(project: str) -> dict[str, Any]:
    """Everything below a project."""
    fresh()
    found = session.projects[project]
    return {
        "name": found.name,
        "subjects": {
            subject.label: {
                visit.label: {
                    "type": type(visit).__name__,
                    "scans": {
                        scan.id: {
                            "type": type(scan).__name__,
                            "files": sorted(file.id for file in scan.files),
                        }
                        for scan in visit.scans
                    },
                }
                for visit in subject.experiments
            }
            for subject in found.subjects
        },
    }


def upload(project: str, experiment: str, resource: str, path: str, name: str, overwrite: bool) -> None:
    visit = experiment_of(project, experiment)
    if resource not in visit.resources:
        visit.create_resource(resource)
        visit = experiment_of(project, experiment)
    visit.resources[resource].upload(path, name, overwrite=overwrite)


def create_resource(project: str, experiment: str, resource: str) -> str:
    return str(experiment_of(project, experiment).create_resource(resource).label)


def upload_folder(project: str, experiment: str, resource: str, folder: str, method: str) -> list[str]:
    made = experiment_of(project, experiment).create_resource(resource)
    made.upload_dir(folder, method=method)
    fresh()
    return sorted(made.files.keys())


def download_file(project: str, experiment: str, resource: str, name: str, path: str) -> dict[str, Any]:
    file = experiment_of(project, experiment).resources[resource].files[name]
    file.download(path)
    return {"size": file.size, "digest": file.digest}


def import_zip(path: str, **words: str) -> str:
    return str(session.services.import_(path, **words).uri)


def import_folder(folder: str, **words: str) -> str:
    return str(session.services.import_dir(folder, **words).uri)


def waiting(project: str) -> list[dict[str, Any]]:
    fresh()
    return [
        {"label": each.label, "subject": each.subject, "status": each.status, "project": each.project,
         "tag": each.tag, "uri": each.uri, "day": str(each.scan_date), "folder": each.folder_name}
        for each in session.prearchive.sessions(project=project)
    ]  # fmt: skip


def waiting_scans(project: str) -> dict[str, Any]:
    return {
        scan.id: {
            "description": scan.series_description,
            "resources": sorted(resource.label for resource in scan.resources),
            "files": sorted(file.name for file in scan.files),
            "bytes": sum(len(file.open().read()) for file in scan.files),
        }
        for scan in waiting_in(project).scans
    }


def dump_header(project: str, scan: str, keyword: str) -> list[str]:
    found = waiting_in(project).scans[scan].dicom_dump(fields=[keyword])
    return [str(line["value"]) for line in found]


def download_waiting(project: str, path: str, scan: str | None = None) -> None:
    found = waiting_in(project)
    (found.scans[scan] if scan else found).download(path)


def rebuild(project: str) -> int:
    return int(waiting_in(project).rebuild().status_code)


def move(project: str, target: str) -> int:
    return int(waiting_in(project).move(target).status_code)


def delete_waiting(project: str) -> int:
    return int(waiting_in(project).delete().status_code)


def archive(project: str, **words: str) -> str:
    made = waiting_in(project).archive(**words)
    return f"{made.project}/{made.subject.label}/{made.label}"


def statuses(project: str, cleared: bool) -> list[str]:
    """As an impatient user asks, again and again; `cleared`: beginning with an empty cache."""
    if cleared:
        fresh()
        session.prearchive.caching = True
    return [each.status for each in session.prearchive.sessions(project=project)]


def set_field(project: str, experiment: str, name: str, value: str) -> str:
    experiment_of(project, experiment).fields[name] = value
    return str(experiment_of(project, experiment).fields[name])


def rename(project: str, experiment: str, label: str) -> str:
    experiment_of(project, experiment).label = label
    return str(experiment_of(project, label).label)


def share(project: str, experiment: str, target: str, label: str) -> None:
    experiment_of(project, experiment).share(target, label)


def labels(project: str) -> list[str]:
    fresh()
    return sorted(visit.label for visit in session.projects[project].experiments)


def download(project: str, experiment: str, folder: str) -> None:
    experiment_of(project, experiment).download_dir(folder)


def download_scan(project: str, experiment: str, scan: str, path: str) -> None:
    experiment_of(project, experiment).scans[scan].download(path)


def delete(project: str, experiment: str) -> None:
    session.delete(experiment_of(project, experiment).fulluri, query={"removeFiles": "true"})


def refresh_catalogue(project: str, experiment: str, resource: str) -> None:
    experiment_of(project, experiment).resources[resource].refresh_catalog()


if __name__ == "__main__":
    with session:
        conversation.hold({name: deed for name, deed in globals().items() if callable(deed)})
