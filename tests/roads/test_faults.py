"""Every way an XNAT can fail, met by both roads: nothing is lost, doubled or archived wrongly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hospital import Site, digests_of
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, rt_study

CORK = Patient("PHANTOM^CORK", "CORK-1")

IMPORT, ARCHIVE = "/data/services/import", "/data/services/archive"
PREARCHIVE = "/data/prearchive/*"

FAULTS = {
    "import answers 503": Fault(kind=Kind.STATUS, method="POST", path=IMPORT, code=503, times=1),
    "import answers 500": Fault(kind=Kind.STATUS, method="POST", path=IMPORT, code=500, times=1),
    "import is cut before the work": Fault(kind=Kind.CUT_BEFORE, method="POST", path=IMPORT, times=1),
    "import is cut after the work": Fault(kind=Kind.CUT, method="POST", path=IMPORT, times=1),
    "the disk is full": Fault(kind=Kind.DISK_FULL, times=1),
    "import answers a login page": Fault(kind=Kind.LOGIN_PAGE, method="POST", path=IMPORT, times=1),
    "archive answers 503": Fault(kind=Kind.STATUS, method="POST", path=ARCHIVE, code=503, times=1),
    "archive answers 500": Fault(kind=Kind.STATUS, method="POST", path=ARCHIVE, code=500, times=1),
    "archive is cut before the work": Fault(kind=Kind.CUT_BEFORE, method="POST", path=ARCHIVE, times=1),
    "archive is cut after the work": Fault(kind=Kind.CUT, method="POST", path=ARCHIVE, times=1),
    "archive hangs and succeeds": Fault(kind=Kind.ARCHIVE_HANGS, times=1),
    "archive answers a login page": Fault(kind=Kind.LOGIN_PAGE, method="POST", path=ARCHIVE, times=1),
    "the first look is cut": Fault(kind=Kind.CUT, method="GET", path=PREARCHIVE, times=5),
    "the third look is cut": Fault(kind=Kind.CUT, method="GET", path=PREARCHIVE, skip=2, times=5),
    "the download is a login page": Fault(
        kind=Kind.LOGIN_PAGE, method="GET", path=PREARCHIVE, skip=1, times=1
    ),
    "the login expires": Fault(kind=Kind.EXPIRED_SESSION, times=3),
    "every answer is slow": Fault(kind=Kind.LATENCY, seconds=0.02),
    "the session list answers 500": Fault(
        kind=Kind.STATUS, method="GET", path="/data/projects/*/experiments", code=500, times=5
    ),
    "the validation answers 500": Fault(
        kind=Kind.STATUS, method="POST", path="/data/services/validate-archive", code=500, times=1
    ),
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, so that what hangs is given up within the test."""
    monkeypatch.setenv("XNAT_GATE_READ_TIMEOUT", "5s")
    monkeypatch.setenv("XNAT_GATE_ARCHIVE_TIMEOUT", "1s")
    monkeypatch.setenv("XNAT_GATE_TRANSFER_TIMEOUT", "5s")


def everything(site: Site) -> list[str]:
    """Digests of all DICOM files, wherever they are now: drop folder, held, rejected, prearchive, archive."""
    places = [site.drop, site.state, site.root / "xnat" / "prearchive", site.root / "xnat" / "archive"]
    return sorted(digest for place in places if place.exists() for digest in digests_of(place))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", FAULTS)
def test_an_arrival_survives(site: Site, name: str) -> None:
    rt_study(site.drop / "study", CORK)
    sent = digests_of(site.drop)
    with site.sandbox.faults.add(FAULTS[name]):
        site.import_once()
        assert set(everything(site)) == set(sent), "something is lost"
    site.import_once()
    assert site.digests("HOSPITAL", "CORK-1") == sent
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert site.waiting("HOSPITAL") == []
    assert site.left_in_drop() == []
    with site.journal() as journal:
        assert journal.unfinished() == ()
    assert everything(site) == sent


ON_THE_PREARCHIVE_ROAD = [name for name in FAULTS if "import" not in name and "disk" not in name]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", ON_THE_PREARCHIVE_ROAD)
def test_a_waiting_session_survives(site: Site, name: str) -> None:
    rt_study(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL")
    sent = digests_of(site.root / "files")
    with site.sandbox.faults.add(FAULTS[name]):
        site.prearchive()
    site.prearchive()
    assert site.digests("HOSPITAL", "CORK-1") == sent
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert site.waiting("HOSPITAL") == []
    assert site.kept("rejected") == {}


PREARCHIVE_FAULTS: dict[str, Callable[[Site], Fault]] = {
    "move answers 500": lambda _: Fault(
        kind=Kind.STATUS, method="POST", path="/data/prearchive/*", code=500, times=1
    ),
    "move is cut before the work": lambda _: Fault(
        kind=Kind.CUT_BEFORE, method="POST", path="/data/prearchive/*", times=1
    ),
    "move is cut after the work": lambda _: Fault(
        kind=Kind.CUT, method="POST", path="/data/prearchive/*", times=1
    ),
    "archive is cut after the work": lambda _: FAULTS["archive is cut after the work"],
    "archive hangs and succeeds": lambda _: FAULTS["archive hangs and succeeds"],
    "the download is cut": lambda _: Fault(kind=Kind.CUT, method="GET", path=PREARCHIVE, skip=1, times=1),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", PREARCHIVE_FAULTS)
def test_a_forbidden_session_in_the_prearchive_survives_and_never_enters_the_hospital_project(
    site: Site, name: str
) -> None:
    rt_study(site.root / "files", CORK, ManufacturerModelName="Aera")
    site.upload(site.root / "files", "HOSPITAL")
    sent = digests_of(site.root / "files")
    protocol = str(site.protocol("deny: {ManufacturerModelName: [Aera]}\n"))
    with site.sandbox.faults.add(PREARCHIVE_FAULTS[name](site)):
        site.prearchive("HOSPITAL", "--protocol", protocol)
        assert site.sessions("HOSPITAL") == []
    for project in ("HOSPITAL", "QUARANTINE"):
        site.prearchive(project, "--protocol", protocol)
    assert site.digests("QUARANTINE", "CORK-1") == sent
    assert site.sessions("HOSPITAL") == []
    assert site.waiting("HOSPITAL") == site.waiting("QUARANTINE") == []


@pytest.mark.usefixtures("impatient")
def test_a_queue_that_never_moves_leaves_the_session_where_it_is(site: Site) -> None:
    rt_study(site.drop / "study", CORK)
    sent = digests_of(site.drop)
    with site.sandbox.faults.add(Fault(kind=Kind.QUEUE_STUCK)):
        assert site.import_once() in (Exit.STOPPED, Exit.UNAVAILABLE)
        assert set(everything(site)) == set(sent)
    site.sandbox.settle()
    site.import_once()
    site.prearchive()
    assert site.digests("HOSPITAL", "CORK-1") == sent
    assert everything(site) == sent


def test_one_study_that_xnat_breaks_down_over_does_not_keep_the_others_waiting(site: Site) -> None:
    for number in range(3):
        rt_study(site.drop / f"{number}", Patient(f"PHANTOM^{number}", f"P-{number}"), study=number + 1)
    with site.sandbox.faults.add(Fault(kind=Kind.DISK_FULL, times=1)):
        assert site.import_once() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == ["P-1", "P-2"]
    assert site.left_in_drop() == ["0"]
    assert site.import_once() == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["P-0", "P-1", "P-2"]


def test_a_disk_that_is_full_on_our_side_leaves_the_study_in_the_drop_folder(
    site: Site, tmp_path: Path
) -> None:
    rt_study(site.drop / "study", CORK)
    (site.drop / "study" / "notes.txt").write_text("junk")
    sent = digests_of(site.drop)
    site.state.mkdir()
    (site.state / "rejected").write_text("a file where a folder is needed")
    assert site.import_once() == Exit.STOPPED
    assert site.left_in_drop() == ["study"]
    assert (site.drop / "study" / "notes.txt").is_file()
    assert site.digests("HOSPITAL", "CORK-1") == sent
