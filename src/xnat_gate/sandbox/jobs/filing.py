"""Records what was linked into the archive: scans, their catalogues, and session resources that came along.

Laws: a scan that is there (same ID and UID) grows; one of the same ID and another UID is stored as `{id}-{MOD}{n}`;
called inside the archiving transaction.
"""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

from xnat_gate.sandbox.jobs import catalogues
from xnat_gate.sandbox.jobs.session_xml import CatalogueRef, ScanDoc, SessionDoc
from xnat_gate.sandbox.models import resources, scans
from xnat_gate.sandbox.models.experiments import Experiment
from xnat_gate.sandbox.models.resources import Entry, Resource
from xnat_gate.sandbox.models.scans import Scan
from xnat_gate.sandbox.world import World


def file_scans(world: World, source: Path, doc: SessionDoc, experiment: Experiment) -> list[Scan]:
    """Record the scans of `doc`, whose files lie in the archive already; `source` has the catalogues. The new ones."""
    known = {scan.number for scan in scans.listed(world.db, experiment.id)}
    for scan in doc.scans:
        kept = _scan(world, experiment, scan)
        for file in scan.files:
            _file_catalogue(world, source, experiment, kept, file)
    return [scan for scan in scans.listed(world.db, experiment.id) if scan.number not in known]


def file_resources(world: World, source: Path, experiment: Experiment) -> None:
    """Record the session-level resources that travelled with the session."""
    for folder in sorted(path for path in (source / "RESOURCES").glob("*") if path.is_dir()):
        resource = resources.find(world.db, "experiment", experiment.id, folder.name)
        if resource is None:
            resource = resources.create(
                world.db, "experiment", experiment.id, folder.name, f"RESOURCES/{folder.name}"
            )
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = path.read_bytes()
            entry = Entry(path=path.relative_to(folder).as_posix(), size=len(content), digest=md5(content))
            resources.put_entry(world.db, resource.number, entry)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _scan(world: World, experiment: Experiment, scan: ScanDoc) -> Scan:
    same = [other for other in scans.listed(world.db, experiment.id) if other.uid == scan.uid]
    if same:
        return same[0]
    taken = {other.id for other in scans.listed(world.db, experiment.id)}
    code = scan.xsi_type.removeprefix("xnat:").removesuffix("ScanData").removesuffix("Image").upper()
    names = (f"{scan.id}-{code}{n}" for n in itertools.count(1))
    key = scan.id if scan.id not in taken else next(name for name in names if name not in taken)
    values = {
        "UID": scan.uid, "type": scan.type, "series_description": scan.series_description, "quality": scan.quality,
        "modality": scan.modality, "frames": str(sum(file.count for file in scan.files)),
    }  # fmt: skip
    return scans.create(world.db, experiment.id, key, scan.xsi_type, values)


def _file_catalogue(
    world: World, source: Path, experiment: Experiment, scan: Scan, file: CatalogueRef
) -> None:
    folder = Path(file.uri).parent.as_posix()
    resource = resources.find(world.db, "scan", scan.number, file.label)
    if resource is None:
        resource = resources.create(
            world.db, "scan", scan.number, file.label, folder, format_=file.format, content=file.content
        )
    for entry in catalogues.read(source / file.uri):
        resources.put_entry(world.db, resource.number, entry)
    write_catalogue(world, world.folders.session(experiment.project, experiment.label), resource, scan)


def write_catalogue(world: World, home: Path, resource: Resource, scan: Scan) -> None:
    """Bring the catalogue beside a scan's files up to date."""
    place = home / resource.folder / f"scan_{scan.id}_catalog.xml"
    catalogues.write(place, resources.entries(world.db, resource.number), uid=scan.uid)
