"""Receives one DICOM object into the prearchive: finds or makes its row, stores its bytes as they are.

Laws: rows are keyed by project, StudyInstanceUID and label; the bytes are never altered; the name sent is used only
when it is a plain name; the row's `autoarchive` is frozen here, once; what cannot
be archived directly goes to the prearchive.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from xnat_gate.sandbox.dicom import filenames, identification
from xnat_gate.sandbox.dicom.header import Header, read_header
from xnat_gate.sandbox.dicom.identification import Identity, Wish
from xnat_gate.sandbox.exceptions import BadRequest
from xnat_gate.sandbox.jobs import row_work
from xnat_gate.sandbox.models import prearchive, projects, rights
from xnat_gate.sandbox.models.clock import now, stamp
from xnat_gate.sandbox.models.prearchive import Row, Status
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

FROZEN = {0: "Manual", 4: "AutoArchive", 5: "AutoArchiveOverwrite"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a request says about all its objects; `rename` forces the server's file name; `place` a (TS, folder).

    `direct`: into the archive without the prearchive, where that is possible.
    """

    wish: Wish = field(default_factory=Wish)
    rename: bool = False
    direct: bool = False
    place: tuple[str, str] | None = None
    columns: tuple[tuple[str, str], ...] = ()


def receive(world: World, user: User, arrived: Path, sent_name: str, terms: Terms) -> Row:
    """Store the file `arrived` (which is moved away); the row it went to. Raises NotAnObject."""
    with arrived.open("rb") as source:
        header = read_header(source)
    identity = identification.identify(header, terms.wish, lambda project: _writable(world, user, project))
    with world.row_locks.of(("receipt", identity.project, header.study, identity.session)):
        row = _row(world, header, identity, terms)
        with world.row_locks.of(row.number):
            if prearchive.by_number(world.db, row.number) is None:
                row = _row(world, header, identity, terms)
            prearchive.touch(world.db, row.number)
            _store(world, row, arrived, header, sent_name, rename=terms.rename)
    return row


def _writable(world: World, user: User, project: str) -> bool:
    return projects.find(world.db, project) is not None and rights.may_edit(world.db, user, project)


def _row(world: World, header: Header, identity: Identity, terms: Terms) -> Row:
    with world.db.transaction():
        direct = terms.direct and _may_go_directly(world, header, identity)
        found = prearchive.by_study(world.db, identity.project, header.study, identity.session, direct=direct)
        return found or _create(world, header, identity, terms, direct=direct)


def _may_go_directly(world: World, header: Header, identity: Identity) -> bool:
    """Whether the project is known and its archive has nothing under the label but what is being received there."""
    if identity.project is None:
        return False
    receiving = prearchive.by_study(world.db, identity.project, header.study, identity.session, direct=True)
    if receiving is not None:
        return receiving.status == Status.RECEIVING
    label = _folder_name(identity.session)
    others = prearchive.listed(world.db, identity.project, direct=True)
    return (
        label not in {row.folder for row in others}
        and not world.folders.session(identity.project, label).exists()
    )


def _create(world: World, header: Header, identity: Identity, terms: Terms, *, direct: bool) -> Row:
    timestamp, base = terms.place or (stamp(now()), "")
    if not re.fullmatch(r"[0-9_]+", timestamp):
        raise BadRequest(f"Invalid prearchive timestamp: {timestamp}")
    folder = _folder_name(base or identity.session)
    with world.db.transaction():
        names = [folder, *(f"{folder}_{n}" for n in range(1, 4))]
        while (free := _free(world, identity.project, timestamp, names)) is None:
            timestamp = stamp(now())
        return prearchive.create(
            world.db,
            {
                "project": identity.project, "timestamp": timestamp, "folder": free, "subject": identity.subject,
                "name": identity.session, "tag": header.study, "autoarchive": _frozen(world, identity),
                "direct": direct, **dict(terms.columns),
            },
        )  # fmt: skip


def _free(world: World, project: str | None, timestamp: str, names: list[str]) -> str | None:
    return next((name for name in names if prearchive.at(world.db, project, timestamp, name) is None), None)


def _folder_name(label: str) -> str:
    """The label as given, except for what would make it a path."""
    safe = label.replace("/", "_").replace("\\", "_").replace("\0", "_")
    return f"_{safe}" if safe in {"", ".", ".."} else safe


def _frozen(world: World, identity: Identity) -> str:
    if identity.project is None:
        return ""
    if identity.auto_archive is not None:
        return "AutoArchive" if identity.auto_archive else "Manual"
    project = projects.find(world.db, identity.project)
    return FROZEN.get(project.prearchive_code if project else 0, "Manual")


def _store(world: World, row: Row, arrived: Path, header: Header, sent_name: str, *, rename: bool) -> None:
    session = row_work.folder(world, row)
    home = session / "SCANS" / filenames.scan_folder(header) / "DICOM"
    home.mkdir(parents=True, exist_ok=True)
    name = filenames.server_name(header)
    own = None if rename else filenames.own_name(sent_name)
    if own and _same_object_or_free(world, row, session, home / own, header):
        name = own
    target = home / name
    arrived.replace(target)
    remember(world, row, session, target, header)


def _same_object_or_free(world: World, row: Row, session: Path, target: Path, header: Header) -> bool:
    if not target.exists():
        return True
    known = world.db.row(
        "SELECT header FROM headers WHERE session = ? AND path = ?",
        row.number,
        str(target.relative_to(session)),
    )
    return known is not None and json.loads(known["header"])["sop_instance"] == header.sop_instance


def remember(world: World, row: Row, session: Path, file: Path, header: Header) -> str:
    """Keep what was read of a stored file, so that a build need not read it again; its md5."""
    stat = file.stat()
    with file.open("rb") as source:
        digest = hashlib.file_digest(source, _md5).hexdigest()
    world.db.run(
        "INSERT OR REPLACE INTO headers(session, path, size, changed, digest, header) VALUES (?, ?, ?, ?, ?, ?)",
        row.number, str(file.relative_to(session)), stat.st_size, stat.st_mtime_ns, digest, json.dumps(asdict(header)),
    )  # fmt: skip
    return digest


def _md5() -> hashlib._Hash:
    return hashlib.md5(usedforsecurity=False)
