"""The intake container at work: it imports and receives as a user of no rights, and lets go of its work in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dicom_network import data_set, in_sight, storescu
from tests.hospital import Site, digests_of
from tests.images.built import ACCOUNT, Images
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series

pytestmark = pytest.mark.xdist_group("docker")

KILLED = 137
STUDIES = {"CORK-1": Patient("PHANTOM^CORK", "CORK-1"), "WAX-1": Patient("PHANTOM^WAX", "WAX-1")}


def options(site: Site) -> list[str]:
    """Mounts, network and settings for an XNAT on this machine; everything dropped so far becomes movable."""
    site.state.mkdir(exist_ok=True)
    for path in (site.state, site.drop, *site.drop.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    settings = {
        "XNAT_HOST": site.sandbox.url,
        **ACCOUNT,
        "GATE_QUIET_PERIOD": "0.2s",
        "GATE_HEALTH_PORT": "0",
    }
    mounts = [f"--volume={site.drop}:/data/drop", f"--volume={site.state}:/data/state", "--network=host"]
    return [*mounts, *(f"--env={name}={value}" for name, value in settings.items())]


def drop(site: Site) -> dict[str, list[str]]:
    """Two studies; digests of the files of each."""
    for number, (name, patient) in enumerate(STUDIES.items(), start=1):
        ct_series(site.drop / name, patient, study=number)
    return {name: digests_of(site.drop / name) for name in STUDIES}


def claimed(folder: Path) -> list[str]:
    return [
        str(path) for path in (folder / ".xnat-gate").rglob("*") if path.is_file() and path.name != "lock"
    ]


def test_it_imports_what_is_dropped(images: Images, site: Site) -> None:
    digests = drop(site)
    with images.running(*options(site)) as intake:
        intake.wait_for("archived: study", times=len(STUDIES))
        assert intake.stop(within=10) == Exit.PASSED
    assert {name: site.digests("HOSPITAL", name) for name in site.sessions("HOSPITAL")} == digests


def test_as_a_receiver_it_puts_what_it_is_sent_where_the_importer_finds_it(
    images: Images, site: Site
) -> None:
    ct_series(site.root / "sent", STUDIES["CORK-1"])
    files = sorted((site.root / "sent").rglob("*.dcm"))
    service = (
        "--env=GATE_SERVICE=receive",
        "--env=XNAT_GATE_RECEIVE_PORT=0",
        "--env=XNAT_GATE_RECEIVE_RESERVE=0",
    )
    with images.running(*options(site), *service) as intake:
        intake.wait_for("listening on")
        (port,) = re.findall(r"listening on 0\.0\.0\.0:(\d+) as XNAT", intake.log())
        assert storescu(int(port), files).returncode == 0
        assert intake.stop(within=10) == Exit.PASSED
    assert sorted(map(data_set, in_sight(site.drop))) == sorted(map(data_set, files))


def test_told_to_stop_while_it_waits_it_ends_at_once(images: Images, site: Site) -> None:
    with images.running(*options(site)) as intake:
        intake.wait_for("watching /data/drop")
        assert intake.stop(within=2) == Exit.PASSED
    assert claimed(site.drop) == []


def test_told_to_stop_while_xnat_is_away_it_ends_at_once(images: Images) -> None:
    settings = {"XNAT_HOST": "http://127.0.0.1:1", **ACCOUNT}
    environment = [f"--env={name}={value}" for name, value in settings.items()]
    with images.running("--network=none", *environment) as intake:
        intake.wait_for("nothing is lost, trying again")
        assert intake.stop(within=2) == Exit.PASSED


def test_told_to_stop_in_the_middle_it_leaves_nothing_half_done(images: Images, site: Site) -> None:
    digests = drop(site)
    slow = Fault(kind=Kind.LATENCY, method="POST", path="/data/services/import", seconds=0.5)
    one = "--env=GATE_WORKERS=1"
    with site.sandbox.faults.add(slow), images.running(*options(site), one) as intake:
        intake.wait_for("delivering")
        assert intake.stop(within=30) == Exit.PASSED
    (done,) = site.sessions("HOSPITAL")
    assert site.left_in_drop() == [name for name in STUDIES if name != done]
    assert (claimed(site.drop), site.waiting("HOSPITAL")) == ([], [])
    with site.journal() as journal:
        assert list(journal.unfinished()) == []
    assert site.import_once() == Exit.PASSED
    assert {name: site.digests("HOSPITAL", name) for name in site.sessions("HOSPITAL")} == digests
