"""What stands against archiving a waiting session under given labels: the rows of validate-archive.

Laws: asking changes nothing; archiving raises the first objection that its options do not lift, in this order. The
codes are those of PrearcSessionValidator (1 exists, 4 subject, 5 UID, 8 label, 10 open workflow, 12 subject will be
made, 14 files, 16-18 scans, 19 modality), which tells 16 and 17 although a merge would lift them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xnat_gate.sandbox.jobs import catalogues, row_work
from xnat_gate.sandbox.jobs.session_xml import SessionDoc
from xnat_gate.sandbox.models import experiments, scans, subjects, workflows
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.prearchive import Row
from xnat_gate.sandbox.models.subjects import Subject
from xnat_gate.sandbox.world import World

EXISTS = "Session already exists, retry with overwrite enabled"
FILES = "Session already exists with matching files."
CHANGE = "Invalid modification of session {} via archive process."


@dataclass(frozen=True, slots=True)
class Objection:
    """`lifted_by`: '' by nothing, `merge`, `override`, or `files` (override or overwrite_files); None: a warning."""

    code: int
    kind: str
    message: str
    lifted_by: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a session would go. `subject` None: it would be made under `subject_label`."""

    project: str
    label: str
    subject_label: str
    subject: Subject | None
    existing: Experiment | None


def plan(world: World, row: Row, doc: SessionDoc, *, subject: str | None, session: str | None) -> Plan:
    """Labels as the archiver picks them: the request's, else the document's, else the folder's name."""
    project = row.project or ""
    label = re.sub(r"[^A-Za-z0-9_-]", "_", session or doc.label or row.folder)
    named = re.sub(r"[^A-Za-z0-9_-]", "_", subject or doc.subject or doc.patient_name or label)
    found = subjects.match(world.db, project, subject or "") if subject else None
    found = found or subjects.match(world.db, project, named)
    return Plan(project, label, named, found, experiments.labelled(world.db, project, label))


def objections(world: World, row: Row, doc: SessionDoc, where: Plan) -> Iterator[Objection]:
    """Everything that stands against it, in XNAT's order."""
    if where.subject is None:
        yield Objection(12, "WARN", f"Subject {where.subject_label} will be created.", None)
    if where.existing is not None:
        yield from _against_existing(world, row, doc, where, where.existing)
    elif _clashing(world, row, where):
        yield Objection(14, "CONFLICT", FILES, "files")


def _against_existing(
    world: World, row: Row, doc: SessionDoc, where: Plan, existing: Experiment
) -> Iterator[Objection]:
    yield Objection(1, "CONFLICT", EXISTS, "merge")
    if where.subject is None or existing.subject != where.subject.id:
        cause = f"{CHANGE.format('subject')}: {where.label} Already Exists for another Subject"
        yield Objection(4, "FAIL", cause, "")
    if existing.uid and existing.uid != doc.uid:
        yield Objection(5, "CONFLICT", CHANGE.format("UID"), "override")
    if (busy := workflows.open_on(world.db, existing.id)) is not None:
        cause = f"Session processing may already be in progress: {busy.values['pipeline_name']}"
        yield Objection(10, "CONFLICT", cause, "override")
    if existing.xsi_type != doc.xsi_type:
        cause = f"{CHANGE.format('modality')}  Data may require a manual merge."
        yield Objection(19, "FAIL", cause, "")
    yield from _against_scans(world, doc, existing)
    if _clashing(world, row, where):
        yield Objection(14, "CONFLICT", FILES, "files")


def _against_scans(world: World, doc: SessionDoc, existing: Experiment) -> Iterator[Objection]:
    present = scans.listed(world.db, existing.id)
    for scan, other in ((scan, other) for scan in doc.scans for other in present):
        same_uid, same_id = bool(scan.uid) and scan.uid == other.uid, scan.id == other.id
        if same_uid and not same_id:
            cause = f"Session already contains a scan with the same UID, but a different number ({other.id})."
            yield Objection(18, "CONFLICT", cause, "override")
        elif same_uid:
            cause = f"Session already contains a scan ({other.id}) with the same UID and number."
            yield Objection(16, "CONFLICT", cause, "merge")
        elif same_id:
            cause = f"Session already contains a scan ({other.id}) with the same number, but a different UID."
            yield Objection(17, "CONFLICT", cause, "merge")


def _clashing(world: World, row: Row, where: Plan) -> list[str]:
    """Relative paths of the session's files that lie in the target folder already."""
    source, target = row_work.folder(world, row), world.folders.session(where.project, where.label)
    if not target.is_dir():
        return []
    return [path.as_posix() for path in session_files(source) if (target / path).exists()]


def session_files(source: Path) -> list[Path]:
    """What of a session folder goes into the archive: all but the logs and the catalogues."""
    relative = (path.relative_to(source) for path in sorted(source.rglob("*")) if path.is_file())
    return [path for path in relative if path.parts[0] in {"SCANS", "RESOURCES"} and not _is_catalogue(path)]


def _is_catalogue(path: Path) -> bool:
    return path.name.endswith("_catalog.xml") and path.parts[0] == "SCANS"


def listed_files(source: Path, doc: SessionDoc) -> set[Path]:
    """The files that the document's catalogues list, relative to the session folder."""
    return {
        Path(file.uri).parent / entry.path
        for scan in doc.scans
        for file in scan.files
        for entry in catalogues.read(source / file.uri)
    }
