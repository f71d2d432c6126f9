"""Full disks: dcmtk is told, whoever reads the log is told, nothing is lost, and where there is room it goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.campaign.services import importer, log_of, told
from tests.dicom_network import (
    Receiver,
    data_set,
    data_set_in,
    fill,
    in_sight,
    out_of_sight,
    small_disk,
    statuses,
    storescu,
    until,
)
from tests.hospital import Site, digests_of
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.phantoms import Patient, ct_series, orphan_structure_set, save

CORK = Patient("PHANTOM^CORK", "CORK-1")
SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700
NO_ROOM = "is full|no room is left"


@pytest.fixture
def small_drop(site: Site) -> Iterator[Path]:
    with small_disk(site.drop, "8m") as folder:
        yield folder


def images(folder: Path, size: int) -> list[Path]:
    """Five images of so many bytes more than they need."""
    files = []
    for image in ct_series(None, CORK):
        image.add_new(0x00090010, "LO", "PHANTOM")
        image.add_new(0x00091001, "UN", bytes(size))
        files.append(save(image, folder / f"{image.InstanceNumber}.dcm"))
    return files


def uids(files: list[Path]) -> list[str]:
    return [str(dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID) for path in files]


def test_dcmtk_is_told_of_a_full_disk_and_sends_the_same_again_when_there_is_room(
    site: Site, small_drop: Path
) -> None:
    files = images(site.root / "sent", 1 << 20)
    filler = fill(small_drop, but=3 * (1 << 20) + (1 << 19))
    with Receiver(small_drop) as receiver:
        done = storescu(receiver.port, files, "-d", "-nh")
        assert [status for _, status in statuses(done)] == [SUCCESS] * 3 + [OUT_OF_RESOURCES] * 2
        assert receiver.told("object", status="0xA700")["why"] == "No space left on device"
        assert sorted(map(data_set, in_sight(small_drop))) == sorted(map(data_set, files[:3]))
        assert out_of_sight(small_drop) == []
        filler.unlink()
        done = storescu(receiver.port, files, "-d")
        assert statuses(done) == [(uid, SUCCESS) for uid in uids(files)]
    assert site.import_once() == Exit.PASSED
    assert sorted(map(data_set_in, site.contents("HOSPITAL", "CORK-1"))) == sorted(map(data_set, files))
    assert in_sight(small_drop) == []


def test_an_importer_whose_journal_has_no_room_says_so_loses_nothing_and_goes_on(site: Site) -> None:
    ct_series(site.root / "made" / "study", CORK)
    (site.root / "made" / "study" / "notes.txt").write_text("junk")
    sent = digests_of(site.root / "made")
    with small_disk(site.state, "1m") as state, importer(site) as service:
        service.await_ready()
        filler = fill(state)
        for folder in (site.root / "made").iterdir():
            folder.rename(site.drop / folder.name)
        told(log_of(site), NO_ROOM)
        assert everything(site) == sent
        filler.unlink()
        until(lambda: site.sessions("HOSPITAL") == ["CORK-1"])
        until(lambda: site.kept("rejected") and not site.left_in_drop())
        assert service.fell == []
        assert service.stop() == 0
        assert sorted([*site.digests("HOSPITAL", "CORK-1"), *digests_of(state)]) == sent
        assert list(site.kept("rejected")) == ["notes.txt"]
    assert [path.name for path in site.drop.rglob("*") if path.is_file()] == []


def test_what_cannot_be_kept_for_want_of_room_stays_in_the_drop_folder(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    orphan_structure_set(site.drop / "orphan")
    sent = digests_of(site.drop)
    with small_disk(site.state / "rejected", "1m") as rejected:
        filler = fill(rejected)
        assert site.import_once() == Exit.STOPPED
        assert re.search(NO_ROOM, " ".join(capsys.readouterr().out.split()))
        assert (digests_of(site.drop), digests_of(rejected)) == (sent, [])
        filler.unlink()
        assert site.import_once() == Exit.STOPPED
        assert (digests_of(site.drop), digests_of(rejected)) == ([], sent)
        assert list(rejected.rglob(".keeping-*")) == []


def everything(site: Site) -> list[str]:
    """Digests of what lies anywhere, each kept once: a copy that is being made does not count."""
    places = [site.drop, site.state, site.root / "xnat" / "archive", site.root / "xnat" / "prearchive"]
    found = {digest for place in places if place.exists() for digest in digests_of(place)}
    return sorted(found)
