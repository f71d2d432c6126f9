"""Several arrivals at one time: a slow one holds up nobody, and what belongs together is never in two hands."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.dicom_network import until
from tests.hospital import Site, digests_of
from tests.roads.test_waiting_room import drop
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.parts import another, gate, settings_for
from xnat_gate.core.archive import ArchiveUnavailable, PrearchiveRow
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import DropFolder
from xnat_gate.roads import errands
from xnat_gate.roads.errands import SecondLook
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.importing import Importing
from xnat_gate.roads.launched import Launched
from xnat_gate.roads.prearchive import look
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study, rtstruct

CORK, WAX, TIN = (Patient(f"PHANTOM^{name}", f"{name}-1") for name in ("CORK", "WAX", "TIN"))
QUICKLY = ("--quiet-period", "0.05s")


@dataclass(kw_only=True)
class Service:
    """An importer that runs in a thread of its own with workers, as a service does, until it is stopped or falls."""

    site: Site
    workers: int = 3
    tries: int = 12
    quiet: float = 0.05
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    protocol: Path | None = None
    look: SecondLook = field(default_factory=Launched)
    passages: list[Passage] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ended(self) -> bool:
        assert self._thread is not None
        return not self._thread.is_alive()

    def told(self, state: State) -> int:
        """How many studies have come to this state."""
        return sum(1 for one in self.passages if one.state is state)

    def _run(self) -> None:
        settings = settings_for(None)
        try:
            with (
                gate(
                    settings, protocol=self.protocol, state=self.site.state, tell=self.lines.append
                ) as parts,
                DropFolder(self.site.drop) as folder,
            ):
                usable = replace(parts, now=self.clock)
                importing = Importing(
                    drop=folder,
                    gate=usable,
                    quiet_period=self.quiet,
                    stop=self.stop,
                    look=self.look,
                    workers=self.workers,
                    open_gate=lambda: another(usable, settings),
                    tries=self.tries,
                )
                for one in importing.forever():
                    self.passages.append(one)
        except BaseException as error:  # noqa: BLE001 - the test asks for it
            self.error = error


@contextmanager
def service(site: Site, **ways: object) -> Iterator[Service]:
    """It ends with the block, and must not have fallen unless the test took its error away."""
    running = Service(site=site, **ways)  # type: ignore[arg-type]
    running.start()
    try:
        yield running
    finally:
        running.stop.set()
        until(running.ended)
    if running.error is not None:
        raise running.error


def taken(running: Service) -> BaseException:
    """The error by which it fell."""
    until(running.ended)
    error, running.error = running.error, None
    assert error is not None
    return error


@dataclass
class Blocking:
    """A second look that stands still at one session until it is let go."""

    session: str
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, row: PrearchiveRow, gate: Gate, manifest: str) -> Iterator[Passage]:
        if row.session == self.session:
            self.reached.set()
            assert self.go.wait(10)
        yield from look(row, gate, manifest_sha256=manifest)


def made(folder: Path, patient: Patient, study: int = 1) -> list[bytes]:
    """The files of an RT study that is not dropped yet."""
    rt_study(folder, patient, study=study, slices=2)
    return contents(folder)


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.dcm"))]


def arrivals(site: Site, *patients: Patient) -> None:
    for number, patient in enumerate(patients, start=1):
        drop(site, f"{patient.id} came", *made(site.root / f"made-{number}", patient, number))


def everywhere(site: Site) -> list[str]:
    """Digests of all DICOM files, each as often as it lies somewhere: in the drop folder, on a shelf, in XNAT."""
    places = [site.drop, *(site.state / name for name in ("rejected", "held", "failed")), site.root / "xnat"]
    return sorted(digest for place in places if place.exists() for digest in digests_of(place))


# --- one that is slow -------------------------------------------------------------------------------------------


def test_an_xnat_that_hangs_over_one_study_holds_up_no_other(site: Site) -> None:
    hangs = Fault(kind=Kind.ARCHIVE_HANGS, times=1)
    with site.sandbox.faults.add(hangs) as hanging, service(site, workers=2) as importer:
        arrivals(site, CORK, WAX, TIN)
        hanging.await_held()
        until(lambda: importer.told(State.ARCHIVED) == 2)
        hanging.release()
        until(lambda: importer.told(State.ARCHIVED) == 3)
    for number, patient in enumerate((CORK, WAX, TIN), start=1):
        assert site.digests("HOSPITAL", patient.id) == digests_of(site.root / f"made-{number}")


# --- what belongs together --------------------------------------------------------------------------------------


def test_two_arrivals_of_one_study_are_never_in_hand_together_and_become_one_session(site: Site) -> None:
    files = contents_of_ct(site)
    slow = Blocking("CORK-1")
    with service(site, look=slow) as importer:
        drop(site, "one", *files[:3])
        assert slow.reached.wait(30)
        drop(site, "two", *files[3:])
        drop(site, "other", *made(site.root / "other", WAX, 2))
        until(lambda: site.sessions("HOSPITAL") == ["WAX-1"] and not site.left_in_drop())
        (row,) = site.waiting("HOSPITAL")
        assert len(digests_of(site.root / "xnat" / "prearchive")) == 3, row
        slow.go.set()
        until(lambda: importer.told(State.ARCHIVED) == 3)
    assert site.sessions("HOSPITAL") == ["CORK-1", "WAX-1"]
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "ct")
    assert site.waiting("HOSPITAL") == []


def test_one_run_with_several_workers_takes_what_comes_in_two_folders_in_one_moment_in_whatever_order(
    site: Site,
) -> None:
    halves, whole = contents_of_ct(site), made(site.root / "rt study", WAX, 2)
    drop(site, "half", *halves[:3])
    drop(site, "other half", *halves[3:])
    drop(site, "a plan", *whole[2:])
    drop(site, "its images", *whole[:2])
    assert site.import_once("--workers", "4", *QUICKLY) == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["CORK-1", "WAX-1"]
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "ct")
    assert site.digests("HOSPITAL", "WAX-1") == digests_of(site.root / "rt study")
    assert site.left_in_drop() == []


def test_two_studies_that_would_become_one_session_are_in_hand_one_after_the_other(site: Site) -> None:
    slow = Blocking("CORK-1")
    with service(site, look=slow) as importer:
        drop(site, "one", *made(site.root / "one", CORK, 1))
        assert slow.reached.wait(30)
        drop(site, "two", *made(site.root / "two", CORK, 2))
        drop(site, "other", *made(site.root / "other", WAX, 3))
        until(lambda: site.sessions("HOSPITAL") == ["WAX-1"] and not site.left_in_drop())
        assert len(site.waiting("HOSPITAL")) == 1
        slow.go.set()
        until(lambda: importer.told(State.HELD) == 1)
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "one")
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "CONFLICT"


def contents_of_ct(site: Site) -> list[bytes]:
    ct_series(site.root / "ct", CORK)
    return contents(site.root / "ct")


# --- what nobody foresaw ----------------------------------------------------------------------------------------


class Unforeseen(Exception):
    """What no road knows."""


def test_a_worker_that_meets_what_nobody_foresaw_brings_the_importer_down_and_nothing_is_lost(
    site: Site,
) -> None:
    def stumbling(row: PrearchiveRow, gate: Gate, manifest: str) -> Iterator[Passage]:
        if row.session == "CORK-1":
            raise Unforeseen
        yield from look(row, gate, manifest_sha256=manifest)

    with service(site, look=stumbling) as importer:
        arrivals(site, CORK, WAX, TIN)
        assert isinstance(taken(importer), Unforeseen)
    with service(site):
        until(lambda: site.sessions("HOSPITAL") == ["CORK-1", "TIN-1", "WAX-1"])
    whole = [digest for number in (1, 2, 3) for digest in digests_of(site.root / f"made-{number}")]
    assert everywhere(site) == sorted(whole)


def test_what_an_xnat_that_went_away_left_undone_is_taken_up_by_the_next_importer(site: Site) -> None:
    slow = Blocking("CORK-1")
    with service(site, look=slow) as importer:
        arrivals(site, CORK)
        assert slow.reached.wait(30)
        with site.sandbox.faults.add(
            Fault(kind=Kind.STATUS, method="GET", path="/data/prearchive/*", code=500)
        ):
            drop(site, "more", *made(site.root / "more", WAX, 2))
            slow.go.set()
            assert isinstance(taken(importer), ArchiveUnavailable)
    with service(site) as importer:
        until(lambda: site.sessions("HOSPITAL") == ["CORK-1", "WAX-1"])
        until(lambda: importer.told(State.ARCHIVED) >= 1 and not site.left_in_drop())
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "made-1")
    assert site.digests("HOSPITAL", "WAX-1") == digests_of(site.root / "more")
    assert site.waiting("HOSPITAL") == []


def test_an_importer_that_is_stopped_lets_what_was_begun_come_to_its_end_and_begins_nothing(
    site: Site,
) -> None:
    slow = Blocking("CORK-1")
    with service(site, look=slow) as importer:
        arrivals(site, CORK)
        assert slow.reached.wait(30)
        importer.stop.set()
        drop(site, "more", *made(site.root / "more", WAX, 2))
        assert not importer.ended()
        slow.go.set()
        until(importer.ended)
        assert importer.told(State.ARCHIVED) == 1
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert site.left_in_drop() == ["more"]


# --- one at a time ----------------------------------------------------------------------------------------------


def test_a_session_over_which_xnat_breaks_down_when_it_is_read_holds_up_no_other(site: Site) -> None:
    breaks = Fault(
        kind=Kind.STATUS, method="GET", path="/data/prearchive/projects/HOSPITAL/*/CORK-1*", code=500
    )
    with site.sandbox.faults.add(breaks):
        arrivals(site, CORK)
        with service(site) as importer:
            until(lambda: importer.ended() or site.waiting("HOSPITAL"))
            drop(site, "more", *made(site.root / "more", WAX, 2))
            until(lambda: importer.ended() or site.sessions("HOSPITAL"))
            assert not importer.ended()
        assert site.sessions("HOSPITAL") == ["WAX-1"]


def test_one_run_with_two_workers_tells_of_all_that_it_rejects_at_its_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_read = threading.Barrier(2)
    whole = errands.read

    def together(claim: object, gate: Gate, *, final: bool) -> object:
        opened = whole(claim, gate, final=final)  # type: ignore[arg-type]
        if final:
            with contextlib.suppress(threading.BrokenBarrierError):  # the second one reads once more, alone
                both_read.wait(1)
        return opened

    def slowly(*given: object) -> Iterator[Passage]:
        threading.Event().wait(0.3)
        yield from arriving(*given)  # type: ignore[arg-type]

    arriving = errands.arrive
    monkeypatch.setattr(errands, "read", together)
    monkeypatch.setattr(errands, "arrive", slowly)
    for number in (11, 12):
        rtstruct(site.root / f"{number}", ct_series(None, CORK), series=number)
        drop(site, f"orphan {number}", *contents(site.root / f"{number}"))
    assert site.import_once("--workers", "2", *QUICKLY) == Exit.STOPPED
    assert len(digests_of(site.state / "rejected")) == 2


def test_of_two_copies_that_come_in_the_same_moment_one_is_held(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_read = threading.Barrier(2)
    whole = errands.read

    def together(claim: object, gate: Gate, *, final: bool) -> object:
        opened = whole(claim, gate, final=final)  # type: ignore[arg-type]
        with contextlib.suppress(threading.BrokenBarrierError):
            both_read.wait(1)
        return opened

    monkeypatch.setattr(errands, "read", together)
    protocol = site.protocol("duplicates: {same_pixels: hold}\n")
    for number, patient in enumerate((CORK, WAX), start=1):
        ct_series(site.root / f"{number}", patient, study=number)
        drop(site, f"copy {number}", *contents(site.root / f"{number}"))
    site.import_once("--workers", "2", "--protocol", str(protocol), *QUICKLY)
    assert len(site.sessions("HOSPITAL")) == 1
