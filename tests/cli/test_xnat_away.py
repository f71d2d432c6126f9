"""XNAT away before, during and after an import: told, and when it is back everything arrives without a hand."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tests.campaign.services import importer, log_of, told, url_of, xnat
from tests.dicom_network import Receiver, data_set, data_set_in, storescu, until
from tests.hospital import Site, digests_of
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

CORK, WAX = Patient("PHANTOM^CORK", "CORK-1"), Patient("PHANTOM^WAX", "WAX-1")


def test_what_comes_by_both_doors_while_xnat_is_away_arrives_when_it_is_back(site: Site) -> None:
    pushed = sorted(path for path in _study(site.root / "pushed", CORK, 7).rglob("*.dcm"))
    dropped = _study(site.root / "dropped", WAX, 8)
    sent = digests_of(dropped)
    port = int(site.sandbox.url.rpartition(":")[2])
    with importer(site) as service, Receiver(site.drop) as receiver:
        service.await_ready()
        site.sandbox.stop()
        dropped.rename(site.drop / "dropped")
        assert storescu(receiver.port, pushed).returncode == 0
        told(log_of(site), "nothing is lost, trying again in [0-9]+ s")
        assert service.alive
        settings = Settings(containers=Kind.PROCESS)
        with Sandbox.start(site.root / "xnat", port, settings=settings) as again:
            site.sandbox = again
            until(lambda: site.sessions("HOSPITAL") == ["CORK-1", "WAX-1"] and not site.left_in_drop())
            assert service.stop() == 0
            assert site.digests("HOSPITAL", "WAX-1") == sent
            assert sorted(map(data_set_in, site.contents("HOSPITAL", "CORK-1"))) == sorted(
                map(data_set, pushed)
            )
            assert site.waiting("HOSPITAL") == []
    assert not site.kept("rejected")
    assert not site.kept("held")


def test_an_xnat_that_dies_in_the_middle_of_an_import_and_again_gets_the_study_once(tmp_path: Path) -> None:
    """kill -9 of XNAT while it is sent the study, and once more while it archives it."""
    sent = digests_of(_study(tmp_path / "made", CORK, 7))
    with xnat(tmp_path, *slow("/data/services/import")) as first, ExitStack() as later:
        url = url_of(first)
        site = Site(tmp_path, _At(url))  # type: ignore[arg-type]
        site.drop.mkdir()
        service = later.enter_context(importer(site))
        (tmp_path / "made").rename(site.drop / "study")
        running, port = first, int(url.rpartition(":")[2])
        for moment, options in (("delivering", slow("/data/services/archive")), ("archiving", ())):
            told(log_of(site), rf"\b{moment} ")
            running.kill()
            if running is first:  # the second time it is back before anybody has to be told
                told(log_of(site), "nothing is lost, trying again")
            running = later.enter_context(xnat(tmp_path, *options, port=port))
        until(lambda: site.sessions("HOSPITAL") == ["CORK-1"] and not site.left_in_drop())
        assert service.stop() == 0
        assert site.digests("HOSPITAL", "CORK-1") == sent
        assert site.waiting("HOSPITAL") == []
    assert (site.kept("rejected"), site.kept("held")) == ({}, {})


def slow(path: str) -> tuple[str, str]:
    """An XNAT that is still about to do this when it dies."""
    return "--fault", f"latency method=POST path={path} seconds=30"


class _At:
    """As much of a sandbox as a site needs to know of one in another process."""

    def __init__(self, url: str) -> None:
        self.url = url


def _study(folder: Path, patient: Patient, number: int) -> Path:
    rt_study(folder, patient, study=number)
    ct_series(folder, patient, study=number, series=21, number=21)
    return folder


def test_a_share_that_goes_away_is_told_and_watched_again_when_it_is_back(site: Site) -> None:
    with importer(site) as service:
        service.await_ready()
        site.drop.rename(site.root / "unmounted")
        told(log_of(site), "drop folder .* cannot be used")
        ct_series(site.root / "unmounted" / "study", CORK)
        (site.root / "unmounted").rename(site.drop)
        until(lambda: site.sessions("HOSPITAL") == ["CORK-1"])
        assert service.stop() == 0
