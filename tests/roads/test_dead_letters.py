"""What fails is tried again, later each time, and in the end laid aside for a person; with the clock in hand."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dicom_network import until
from tests.hospital import Site, digests_of
from tests.roads.test_several_at_once import CORK, QUICKLY, WAX, contents, everywhere, made, service, taken
from tests.roads.test_waiting_room import Clock, drop
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.core.archive import ArchiveUnavailable
from xnat_gate.core.states import State
from xnat_gate.edge import dicom_files
from xnat_gate.edge.journal import Entry
from xnat_gate.roads import opening
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import ct_series, orphan_structure_set

FOLDER = "Petra Cork, born in May"
"""What a person called the folder."""
BREAKS = Fault(kind=Kind.STATUS, method="POST", path="/data/services/import", code=500)
AWAY = Fault(kind=Kind.STATUS, method="GET", path="/data/*", code=500)


def entries(site: Site, *states: State) -> list[Entry]:
    with site.journal() as journal:
        return [one for one in journal.entries() if one.state in (states or tuple(State))]


def tried(site: Site) -> int:
    return max((one.tries for one in entries(site)), default=0)


def put_off(site: Site) -> Entry:
    """The one entry that is to be tried again."""
    (one,) = (one for one in entries(site) if one.until)
    return one


def no_place(site: Site, shelf: str) -> Path:
    """Nothing can be kept there."""
    site.state.mkdir(exist_ok=True)
    (site.state / shelf).write_text("a file where a folder is needed")
    return site.state / shelf


def lasting(clock: Clock, one: Entry) -> timedelta:
    """How long it is put off."""
    return datetime.fromisoformat(one.until) - clock.now


@dataclass
class Disk:
    """Whether the folder that a person called FOLDER can be read, and how often that was tried."""

    broken: bool = False
    reads: int = 0


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    watched, whole = Disk(), dicom_files.read_folder

    def read_folder(root: Path, *given: Any) -> Any:
        if root.name == FOLDER:
            watched.reads += 1
            if watched.broken:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(root))
        return whole(root, *given)

    monkeypatch.setattr(opening.dicom_files, "read_folder", read_folder)
    return watched


# --- later each time --------------------------------------------------------------------------------------------


def test_an_arrival_that_cannot_be_kept_is_tried_ever_later_while_others_go_on_and_is_then_a_dead_letter(
    site: Site,
) -> None:
    clock = Clock()
    orphan_structure_set(site.root / "orphan")
    no_place(site, "rejected")
    protocol = site.protocol("rt: {wait_for_images: 0s}\n")
    with service(site, clock=clock, tries=4, protocol=protocol) as importer:
        drop(site, FOLDER, *contents(site.root / "orphan"))
        for number, seconds in enumerate((30, 60, 120), start=1):
            until(lambda number=number: tried(site) == number)
            assert lasting(clock, put_off(site)) == timedelta(seconds=seconds)
            if number == 1:
                clock.on(seconds=29)
                drop(site, "other", *made(site.root / "other", WAX, 2))
                until(lambda: importer.told(State.ARCHIVED) == 1)
                assert tried(site) == 1
                clock.on(seconds=1)
            else:
                clock.on(seconds=seconds)
        until(lambda: importer.told(State.FAILED) == 1)
    assert site.sessions("HOSPITAL") == ["WAX-1"]
    assert digests_of(site.state / "failed") == digests_of(site.root / "orphan")
    assert site.left_in_drop() == []


def test_a_dead_letter_has_its_reason_and_goes_into_the_archive_when_it_is_retried(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    with site.sandbox.faults.add(BREAKS) as fault, service(site, tries=1) as importer:
        drop(site, FOLDER, *made(site.root / "made", CORK))
        until(lambda: importer.told(State.FAILED) == 1)
        assert fault.fired == 1
    (dead,) = importer.passages
    assert dead.where.startswith(str(site.state / "failed"))
    assert "xnat-gate retry" in dead.why
    assert digests_of(site.state / "failed") == digests_of(site.root / "made")
    (reason,) = {path.read_text() for path in (site.state / "failed").rglob("reason.json")}
    told = json.loads(reason)["reason"]
    assert told["id"] == "FAILED"
    assert told["message"].startswith(
        "It was tried 1 times: XNAT answered POST /data/services/import with 500"
    )
    assert main(["retry", "--all", "--drop", str(site.drop), "--state", str(site.state)]) == Exit.PASSED
    assert "retried" in capsys.readouterr().out
    assert site.left_in_drop() == [FOLDER]
    assert site.import_once(*QUICKLY) == Exit.PASSED
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "made")
    assert list((site.state / "failed").rglob("*.dcm")) == []
    with site.journal() as journal:
        assert [line.event for line in journal.audit() if line.event == "retried"] == ["retried"]
        assert journal.verify().whole


def test_an_arrival_that_the_disk_does_not_show_is_tried_again_and_its_name_is_told_nowhere(
    site: Site, disk: Disk
) -> None:
    clock = Clock()
    disk.broken = True
    with service(site, clock=clock) as importer:
        drop(site, FOLDER, *made(site.root / "made", CORK))
        until(lambda: tried(site) == 1)
        disk.broken = False
        clock.on(seconds=30)
        until(lambda: importer.told(State.ARCHIVED) == 1)
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "made")
    with site.journal() as journal:
        notes = [step.note for one in journal.entries() for step in journal.steps(one.arrival)]
    assert any(
        "try 1 failed: a file cannot be read or written (Input/output error)" in note for note in notes
    )
    written = b"".join(path.read_bytes() for path in site.state.glob("journal.sqlite3*"))
    assert b"Petra" not in written
    assert "Petra" not in " ".join(importer.lines)


def test_an_arrival_of_which_a_part_is_archived_becomes_a_dead_letter_with_the_rest(site: Site) -> None:
    clock = Clock()
    ct_series(site.root / "made", CORK)
    no_place(site, "rejected")
    with service(site, clock=clock, tries=2) as importer:
        drop(site, FOLDER, *contents(site.root / "made"), b"notes, and no DICOM")
        until(lambda: importer.told(State.ARCHIVED) == 1 and tried(site) == 1)
        clock.on(seconds=30)
        until(lambda: importer.told(State.FAILED) == 1 or tried(site) == 2)
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "made")
    assert importer.told(State.FAILED) == 1, importer.lines
    assert [path.read_bytes() for path in site.kept("failed").values()] == [b"notes, and no DICOM"]


def test_the_journal_tells_that_what_could_not_be_rejected_was_laid_aside(site: Site) -> None:
    orphan_structure_set(site.root / "orphan")
    no_place(site, "rejected")
    with service(site, tries=1, protocol=site.protocol("rt: {wait_for_images: 0s}\n")) as importer:
        drop(site, FOLDER, *contents(site.root / "orphan"))
        until(lambda: importer.told(State.FAILED) == 1)
    assert tried(site) == 1


def test_what_cannot_even_be_laid_aside_stays_claimed_and_is_tried_on(site: Site) -> None:
    clock = Clock()
    shelf = no_place(site, "failed")
    with site.sandbox.faults.add(BREAKS), service(site, clock=clock, tries=1) as importer:
        drop(site, FOLDER, *made(site.root / "made", CORK))
        until(lambda: any("could not be laid into failed/" in line for line in importer.lines))
        until(lambda: tried(site) == 1)
        shelf.unlink()
        clock.on(seconds=30)
        until(lambda: importer.told(State.FAILED) == 1)
    assert digests_of(site.state / "failed") == digests_of(site.root / "made")


# --- across restarts --------------------------------------------------------------------------------------------


def test_a_new_importer_knows_how_often_it_was_tried_and_when_it_is_tried_next(site: Site) -> None:
    clock = Clock()
    with site.sandbox.faults.add(BREAKS) as fault:
        with service(site, clock=clock, tries=3):
            drop(site, FOLDER, *made(site.root / "made", CORK))
            until(lambda: tried(site) == 1)
            clock.on(seconds=30)
            until(lambda: tried(site) == 2)
        with service(site, clock=clock, tries=3) as importer:
            until(lambda: importer.lines)
            one = put_off(site)
            assert (one.tries, lasting(clock, one), fault.fired) == (2, timedelta(seconds=60), 2)
            clock.on(seconds=60)
            until(lambda: importer.told(State.FAILED) == 1)
        assert fault.fired == 3
    (dead,) = entries(site, State.FAILED)
    assert dead.tries == 3


def test_an_xnat_that_is_away_meanwhile_does_not_make_it_forget_the_tries(site: Site) -> None:
    clock = Clock()
    with site.sandbox.faults.add(BREAKS):
        with service(site, clock=clock) as importer:
            drop(site, FOLDER, *made(site.root / "made", CORK))
            until(lambda: tried(site) == 1)
            with site.sandbox.faults.add(AWAY):
                clock.on(seconds=30)
                assert isinstance(taken(importer), ArchiveUnavailable)
        with service(site, clock=clock):
            until(lambda: any(one.until and lasting(clock, one) > timedelta(0) for one in entries(site)))
    assert put_off(site).tries == 2


def test_trouble_while_it_waits_for_its_images_does_not_cut_its_waiting_short(site: Site, disk: Disk) -> None:
    clock = Clock()
    whole = made(site.root / "made", CORK)
    images, rt = whole[:2], whole[2:]
    with service(site, clock=clock) as importer:
        drop(site, FOLDER, *rt)
        until(lambda: importer.told(State.WAITING) == 1)
        disk.broken = True
        clock.on(minutes=1)
        until(lambda: tried(site) == 1)
        disk.broken = False
        clock.on(minutes=2)
        until(lambda: disk.reads == 3)
        drop(site, "images", *images)
        until(lambda: importer.told(State.ARCHIVED) == 2 or importer.told(State.REJECTED))
        assert site.kept("rejected") == {}
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "made")


def test_trouble_when_it_has_waited_long_enough_does_not_let_it_wait_anew(site: Site) -> None:
    clock = Clock()
    orphan_structure_set(site.root / "orphan")
    no_place(site, "rejected")
    with service(site, clock=clock) as importer:
        drop(site, FOLDER, *contents(site.root / "orphan"))
        until(lambda: importer.told(State.WAITING) == 1)
        clock.on(minutes=31)
        until(lambda: tried(site) == 1)
        clock.on(seconds=30)
        until(lambda: tried(site) == 2 or entries(site, State.WAITING))
    assert entries(site, State.WAITING) == []


# --- kept for its time ------------------------------------------------------------------------------------------


def test_what_was_rejected_long_enough_ago_goes_with_a_line_in_the_audit_record_and_the_rest_stays(
    site: Site,
) -> None:
    for number, name in enumerate(("old", "young"), start=3):
        orphan_structure_set(site.drop / name, study=number)
    assert site.import_once(*QUICKLY) == Exit.STOPPED
    old, young = (next((site.state / "rejected").rglob(name)) for name in ("old", "young"))
    age(old / "reason.json", timedelta(days=2))
    with service(site, protocol=site.protocol("rejected: {keep: 1d}\n")) as importer:
        until(lambda: not old.exists())
        assert young.is_dir()
    with site.journal() as journal:
        (line,) = [one for one in journal.audit() if one.event == "expired"]
        facts = json.loads(line.facts)
        assert (facts["files"], facts["kept_days"], line.arrival != "") == (1, 1, True)
        assert journal.verify().whole
    assert any("removing from rejected/ after 1 days" in told for told in importer.lines)


def age(reason: Path, by: timedelta) -> None:
    """It has been kept longer than it has."""
    document = json.loads(reason.read_text())
    document["kept"] = (datetime.now(UTC) - by).isoformat()
    reason.write_text(json.dumps(document))


# --- what is written down ---------------------------------------------------------------------------------------


def test_the_journal_tells_every_step_of_a_study_in_its_order_and_names_nobody(site: Site) -> None:
    with service(site) as importer:
        drop(site, FOLDER, *made(site.root / "made", CORK))
        until(lambda: importer.told(State.ARCHIVED) == 1)
    with site.journal() as journal:
        (one,) = journal.entries()
        before, after = journal.steps(one.arrival), journal.steps(one.arrival, one.study_uid)
        assert journal.verify().whole
    assert [step.state for step in (*before, *after)] == [
        State.SETTLING, State.CLAIMED, State.JUDGED, State.DELIVERING, State.DELIVERED, State.ARCHIVED
    ]  # fmt: skip
    times = [step.at for step in (*before, *after)]
    assert times == sorted(times)
    written = b"".join(path.read_bytes() for path in site.state.glob("journal.sqlite3*"))
    assert one.study_uid.encode() in written
    for name in (b"PHANTOM", b"Petra", b"born in"):
        assert name not in written
    assert everywhere(site) == digests_of(site.root / "made")
