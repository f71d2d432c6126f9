"""Archives a waiting session: links its files into the archive, records them, removes the row.

Laws: the files are linked first, recorded second, removed last, so that a kill at any moment loses nothing; what is
overridden goes to cache/; an object that arrived meanwhile stays behind in its row.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xnat_gate.sandbox.events import firing
from xnat_gate.sandbox.exceptions import Failure, InConflict
from xnat_gate.sandbox.jobs import filing, objections, row_work, session_xml
from xnat_gate.sandbox.jobs.objections import Objection, Plan
from xnat_gate.sandbox.jobs.session_xml import SessionDoc
from xnat_gate.sandbox.models import experiments, prearchive, rights, subjects, workflows
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.models.workflows import Event
from xnat_gate.sandbox.world import World

UNEXPLAINED = Event(reason="standard upload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`merge`: an existing session of this label may grow; `override`: and its UID, scans and files may be replaced."""

    subject: str | None = None
    session: str | None = None
    merge: bool = True
    override: bool = False
    override_files: bool = False
    event: Event = UNEXPLAINED

    def lifts(self, objection: Objection) -> bool:
        lifting = {
            None: True, "": False, "merge": self.merge, "override": self.override,
            "files": self.override or self.override_files,
        }  # fmt: skip
        return lifting[objection.lifted_by]


def archive(world: World, row: Row, user: User, terms: Terms) -> str:
    """Archive the row; the archive URI (with /data). Raises Locked, InConflict (row CONFLICT) or Failure (ERROR)."""
    with row_work.locked(world, row, Status.ARCHIVING):
        fresh = prearchive.by_number(world.db, row.number) or row
        doc = readable(world, fresh)
        where = objections.plan(world, fresh, doc, subject=terms.subject, session=terms.session)
        with world.row_locks.of(("archive", where.project, where.label)):
            made = _carry_out(world, fresh, user, doc, terms)
    subject = subjects.by_id(world.db, made.subject)
    return f"/data/archive/projects/{made.project}/subjects/{subject.label if subject else ''}/experiments/{made.label}"


def _carry_out(world: World, row: Row, user: User, doc: SessionDoc, terms: Terms) -> Experiment:
    """Look once more, now that nobody else can archive under this label, then act."""
    where = objections.plan(world, row, doc, subject=terms.subject, session=terms.session)
    _refuse(world, row, user, doc, where, terms)
    linked = _link(world, row, doc, where)
    try:
        return _commit(world, row, user, doc, where, terms.event)
    except BaseException:
        _unlink(linked)
        raise


def readable(world: World, row: Row) -> SessionDoc:
    """The row's session document; raises Failure when it was not built or belongs to no project."""
    if row.project is None:
        raise Failure("unable to identify destination project")
    doc = session_xml.read(row_work.xml(world, row))
    if doc is None:
        raise Failure("session document is not available")
    if not doc.scans:
        raise Failure("session contains no scans")
    return doc


def _refuse(world: World, row: Row, user: User, doc: SessionDoc, where: Plan, terms: Terms) -> None:
    if not rights.may_edit(world.db, user, where.project):
        raise Failure(f"User {user.login} may not create sessions in {where.project}")
    for objection in objections.objections(world, row, doc, where):
        if not terms.lifts(objection):
            raise InConflict(objection.message)


def _link(world: World, row: Row, doc: SessionDoc, where: Plan) -> list[Path]:
    """Give every file of the session a second name in the archive; the new names."""
    source, target = row_work.folder(world, row), world.folders.session(where.project, where.label)
    wanted = objections.listed_files(source, doc)
    linked: list[Path] = []
    for relative in objections.session_files(source):
        if relative.parts[0] == "SCANS" and relative not in wanted:
            continue
        place = target / relative
        world.folders.discard(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        _second_name(source / relative, place)
        linked.append(place)
    return linked


def _second_name(source: Path, place: Path) -> None:
    try:
        os.link(source, place)
    except OSError:  # a file system without hard links
        shutil.copy2(source, place)


def _unlink(places: list[Path]) -> None:
    for place in places:
        place.unlink(missing_ok=True)


def _commit(world: World, row: Row, user: User, doc: SessionDoc, where: Plan, event: Event) -> Experiment:
    with world.row_locks.of(row.number), world.db.transaction():
        made = where.existing or _new(world, user, doc, where)
        experiments.update(world.db, made, _fields(doc), {})
        fresh = filing.file_scans(world, row_work.folder(world, row), doc, made)
        filing.file_resources(world, row_work.folder(world, row), made)
        firing.archived(world, user.login, made, fresh, merged=where.existing is not None)
        _close_row(world, row, doc)
        workflows.record(
            world.db, event, login=user.login, item=made.id, data_type=made.xsi_type, project=made.project,
            action="Merged" if where.existing else "Transferred",
        )  # fmt: skip
    return made


def _new(world: World, user: User, doc: SessionDoc, where: Plan) -> Experiment:
    """The subject is looked up once more: inside the transaction nobody else can make it meanwhile."""
    db, site = world.db, world.settings.site_id
    subject = where.subject or subjects.match(db, where.project, where.subject_label)
    if subject is None:
        subject = subjects.create(db, site, where.project, where.subject_label, user.login)
        firing.subject(world, user.login, subject, firing.CREATED)
    return experiments.create(
        db,
        site,
        project=where.project,
        label=where.label,
        subject=subject.id,
        xsi_type=doc.xsi_type,
        user=user.login,
    )


def _fields(doc: SessionDoc) -> dict[str, str]:
    values = {
        "UID": doc.uid, "date": doc.date, "time": doc.time, "modality": doc.modality,
        "dcmPatientName": doc.patient_name, "dcmPatientId": doc.patient_id,
    }  # fmt: skip
    return {name: value for name, value in values.items() if value}


def _close_row(world: World, row: Row, doc: SessionDoc) -> None:
    """Remove the archived files and the row; what arrived meanwhile keeps the row alive."""
    source = row_work.folder(world, row)
    taken = objections.listed_files(source, doc)
    late = [
        path for path in objections.session_files(source) if path.parts[0] == "SCANS" and path not in taken
    ]
    if late:
        for path in taken:
            (source / path).unlink(missing_ok=True)
        prearchive.force_status(world.db, row.number, Status.RECEIVING)
        return
    prearchive.delete(world.db, row.number)
    row_work.xml(world, row).unlink(missing_ok=True)
    shutil.rmtree(source, ignore_errors=True)
    with suppress(OSError):
        source.parent.rmdir()
