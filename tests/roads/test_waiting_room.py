"""RT objects that come before or after their images, in any order and by any door, with the clock in hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.hospital import Site, digests_of
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.parts import gate, settings_for
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import DropFolder
from xnat_gate.roads.gate import Passage
from xnat_gate.roads.importing import Importing
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study, rtdose, rtplan, rtstruct

CORK = Patient("PHANTOM^CORK", "CORK-1")


@dataclass
class Clock:
    """Stands still until somebody sets it on."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Service:
    """An importer that runs as a service does, one step at a time."""

    importing: Importing
    passages: Iterator[Passage]

    def next(self) -> Passage:
        """The next line that it tells."""
        return next(self.passages)


@contextmanager
def service(site: Site, clock: Callable[[], datetime], protocol: Path | None = None) -> Iterator[Service]:
    with (
        gate(settings_for(None), protocol=protocol, state=site.state, tell=print) as parts,
        DropFolder(site.drop) as drop,
    ):
        importing = Importing(drop=drop, gate=replace(parts, now=clock), quiet_period=0.2)
        yield Service(importing, importing.forever())


def drop(site: Site, name: str, *files: bytes) -> None:
    """Files appear in the drop folder as one folder."""
    staging = site.root / f"staging-{name}"
    staging.mkdir()
    for number, content in enumerate(files):
        (staging / f"{number}.dcm").write_bytes(content)
    staging.rename(site.drop / name)


@dataclass
class Parts:
    """A linked study, in two halves."""

    images: list[bytes]
    rt: list[bytes]
    digests: list[str]


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    folder = tmp_path / "made"
    rt_study(folder, CORK)
    files = sorted(folder.glob("*.dcm"))
    assert any(path.name.startswith("CT") for path in files)
    return Parts(
        images=[path.read_bytes() for path in files if path.name.startswith("CT")],
        rt=[path.read_bytes() for path in files if not path.name.startswith("CT")],
        digests=digests_of(folder),
    )


def test_rt_that_comes_a_minute_before_its_images_ends_in_their_session(site: Site, parts: Parts) -> None:
    clock = Clock()
    with service(site, clock) as importer:
        drop(site, "plan", *parts.rt)
        first = importer.next()
        assert (first.state, first.files) == (State.WAITING, 3)
        assert "did not come yet" in first.why
        assert site.sessions("HOSPITAL") == []
        clock.on(minutes=1)
        drop(site, "images", *parts.images)
        assert [importer.next().state, importer.next().state] == [State.ARCHIVED, State.ARCHIVED]
    assert site.digests("HOSPITAL", "CORK-1") == parts.digests
    assert site.waiting("HOSPITAL") == []
    assert not (site.state / "rejected").exists()


def test_rt_that_comes_a_day_after_its_images_ends_in_their_session(site: Site, parts: Parts) -> None:
    clock = Clock()
    with service(site, clock) as importer:
        drop(site, "images", *parts.images)
        assert importer.next().state is State.ARCHIVED
    clock.on(days=1)
    with service(site, clock) as importer:
        drop(site, "plan", *parts.rt)
        assert importer.next().state is State.ARCHIVED
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert site.digests("HOSPITAL", "CORK-1") == parts.digests


def test_rt_whose_images_never_come_is_rejected_when_its_time_is_over_and_not_before(
    site: Site, parts: Parts
) -> None:
    clock = Clock()
    with service(site, clock) as importer:
        drop(site, "plan", *parts.rt)
        assert importer.next().state is State.WAITING
    clock.on(minutes=29)
    with service(site, clock) as importer:  # a new start begins no new waiting
        assert importer.next().state is State.WAITING
        assert not (site.state / "rejected").exists()
        clock.on(minutes=2)
        assert importer.next().state is State.REJECTED
    assert sorted(digests_of(site.state / "rejected")) == [
        one for one in parts.digests if one in digests_of(site.state / "rejected")
    ]
    assert len(site.kept("rejected")) == 3
    with site.journal() as journal:
        assert {one.state for one in journal.entries()} == {State.REJECTED}


def test_images_that_come_into_the_archive_by_another_door_are_found(site: Site, parts: Parts) -> None:
    clock = Clock()
    with service(site, clock) as importer:
        drop(site, "plan", *parts.rt)
        assert importer.next().state is State.WAITING
        images = site.root / "by-hand"
        images.mkdir()
        for number, content in enumerate(parts.images):
            (images / f"{number}.dcm").write_bytes(content)
        site.upload(images, "HOSPITAL", SUBJECT_ID="PHANTOM_CORK", EXPT_LABEL="CORK-1")
        assert site.prearchive() == Exit.PASSED
        assert site.sessions("HOSPITAL") == ["CORK-1"]
        clock.on(minutes=1)
        assert importer.next().state is State.ARCHIVED
    assert site.digests("HOSPITAL", "CORK-1") == parts.digests


def test_the_images_of_a_study_go_on_while_its_rt_waits_for_others(site: Site, tmp_path: Path) -> None:
    clock = Clock()
    made = tmp_path / "made"
    ct_series(made / "here", CORK, series=1)
    late = ct_series(made / "late", CORK, series=9, number=9)
    rtstruct(made / "here", late, series=14)
    here = [path.read_bytes() for path in sorted((made / "here").glob("*.dcm"))]
    with service(site, clock) as importer:
        drop(site, "first", *here)
        states = {importer.next().state, importer.next().state}
        assert states == {State.ARCHIVED, State.WAITING}
        drop(site, "second", *(path.read_bytes() for path in sorted((made / "late").glob("*.dcm"))))
        assert [importer.next().state, importer.next().state] == [State.ARCHIVED, State.ARCHIVED]
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(made)
    assert site.left_in_drop() == []


def test_what_waits_goes_where_its_study_has_to_go(site: Site, tmp_path: Path) -> None:
    """The images alone would be let in; the structure set that waits is what the protocol forbids."""
    made = tmp_path / "made"
    ct_series(made, CORK, series=1)
    missing = ct_series(None, CORK, series=9)
    rtstruct(made, missing, series=14, ManufacturerModelName="Leaky")
    protocol = site.protocol("deny: {ManufacturerModelName: [Leaky]}\n")
    with service(site, Clock(), protocol) as importer:
        drop(site, "study", *(path.read_bytes() for path in sorted(made.glob("*.dcm"))))
        assert {importer.next().state, importer.next().state} == {State.QUARANTINED, State.WAITING}
    assert site.sessions("HOSPITAL") == []
    assert len(site.digests("QUARANTINE", "CORK-1")) == 5


def test_one_run_takes_images_and_rt_in_whatever_order_they_lie(site: Site, parts: Parts) -> None:
    drop(site, "a", *parts.rt)
    drop(site, "b", *parts.images)
    assert site.import_once() == Exit.PASSED
    assert site.digests("HOSPITAL", "CORK-1") == parts.digests


def test_one_run_rejects_at_its_end_what_came_without_its_images(site: Site, parts: Parts) -> None:
    drop(site, "a", *parts.rt)
    assert site.import_once() == Exit.STOPPED
    assert len(site.kept("rejected")) == 3


def test_one_run_leaves_what_a_service_has_waiting_its_time(
    site: Site, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    with service(site, lambda: datetime.now(UTC)) as importer:
        drop(site, "plan", *parts.rt)
        assert importer.next().state is State.WAITING
    assert site.import_once() == Exit.STOPPED
    assert "waiting" in capsys.readouterr().out
    assert site.kept("rejected") == {}
    drop(site, "images", *parts.images)
    assert site.import_once() == Exit.PASSED
    assert site.digests("HOSPITAL", "CORK-1") == parts.digests


def test_a_plan_and_a_dose_wait_for_a_structure_set_as_it_does_for_images(site: Site, tmp_path: Path) -> None:
    made = tmp_path / "made"
    images = ct_series(made / "1", CORK)
    structures = rtstruct(made / "1", images, series=14)
    plan = rtplan(made / "2", structures, series=15)
    rtdose(made / "2", plan, series=16)
    with service(site, Clock()) as importer:
        drop(site, "late", *(path.read_bytes() for path in sorted((made / "2").glob("*.dcm"))))
        assert importer.next().state is State.WAITING
        drop(site, "early", *(path.read_bytes() for path in sorted((made / "1").glob("*.dcm"))))
        assert [importer.next().state, importer.next().state] == [State.ARCHIVED, State.ARCHIVED]
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(made)
