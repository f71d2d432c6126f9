"""One phantom, two hospitals: pushed by C-STORE into the one and copied as folders into the other, it ends alike."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dicom_network import Receiver, data_set_in, dcmtk
from tests.hospital import Site
from xnat_gate.edge import protocol_file
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, orphan_structure_set, rt_study, ultrasound
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

CORK = Patient("PHANTOM^CORK", "CORK-1")
PROJECTS = ("HOSPITAL", "QUARANTINE")


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Site]:
    """A second hospital, with an XNAT of its own."""
    root = tmp_path / "other"
    (root / "drop").mkdir(parents=True)
    settings = Settings(containers=Kind.PROCESS)
    with Sandbox.start(root / "xnat", protocol=protocol_file.default_text(), settings=settings) as running:
        yield Site(root, running)


def phantoms(folder: Path) -> None:
    """What is archived, quarantined, held in the prearchive and rejected."""
    rt_study(folder / "planning", CORK, study=7)
    ultrasound(folder / "ultrasound")
    ct = ct_series(None, Patient("PHANTOM^WAX", "WAX-1"), study=8)
    rt_study(folder / "partial", Patient("PHANTOM^WAX", "WAX-1"), study=8)
    (folder / "partial" / f"CT.8.1.{len(ct)}.dcm").unlink()
    orphan_structure_set(folder / "orphan")


def test_the_same_phantom_by_either_door_ends_alike(
    site: Site, other: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    phantoms(site.root / "made")
    for folder in (site.root / "made").iterdir():
        shutil.copytree(folder, other.drop / f"a person's {folder.name}")
    with Receiver(site.drop) as receiver:
        done = dcmtk("dcmsend", "-aec", "XNAT", "127.0.0.1", receiver.port, "+sd", "+r", site.root / "made")
        assert done.returncode == 0, done.stderr
    codes = [site.import_once()]
    monkeypatch.setenv("XNAT_HOST", other.sandbox.url)
    codes.append(other.import_once())
    assert codes[0] == codes[1]
    ended = what_became_of(site)
    assert ended == what_became_of(other)
    assert {state for _, state, *_ in ended["journal"]} == {"archived", "quarantined", "held", "rejected"}
    assert [len(files) for files in ended["archived"].values()] == [8, 1]


def what_became_of(site: Site) -> dict[str, Any]:
    """Everything that does not depend on when and whence it came; which of two copies came second does."""
    with site.journal() as journal:
        entries = journal.entries()
    return {
        "journal": sorted(
            (one.study_uid, one.state.value, one.outcome, one.project, one.session, one.files, one.rejected,
             sorted((reason.id, reason.effect, reason.message) for reason in one.reasons if reason.effect != "note"))
            for one in entries
        ),
        "archived": {
            (project, label): sorted(map(data_set_in, site.contents(project, label)))
            for project in PROJECTS
            for label in site.sessions(project)
        },
        "names": [sorted(names_in(site, project, label)) for project in PROJECTS for label in site.sessions(project)],
        "waiting": sorted(
            (row["project"], row["subject"], row["name"], row["status"], row["tag"],
             str(site.reason_of(row)["findings"]))
            for project in PROJECTS
            for row in site.waiting(project)
        ),
        "rejected": sorted(data_set_in(path.read_bytes()) for path in site.kept("rejected").values()),
        "held": sorted(data_set_in(path.read_bytes()) for path in site.kept("held").values()),
        "drop": site.left_in_drop(),
    }  # fmt: skip


def names_in(site: Site, project: str, label: str) -> list[str]:
    """Scan, resource and file name of every archived file, and so what XNAT made of the study."""
    rows = site.get(f"/data/projects/{project}/experiments/{label}/scans/ALL/files?format=json").json()
    return [row["URI"].partition("/scans/")[2] for row in rows["ResultSet"]["Result"]]
