"""What an errand must not do when it fails, and what a run must not do at its end."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests import forked
from tests.hospital import QUIET, Site, digests_of
from tests.roads.test_waiting_room import CORK, Clock, Parts, drop, parts, service  # noqa: F401
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.parts import another, gate, settings_for
from xnat_gate.core.archive import ArchiveTroubled, ArchiveUnavailable, NotAllowed, PrearchiveRow
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import Claim, ClaimChanged, DropFolder, split
from xnat_gate.roads import errands, opening, setbacks
from xnat_gate.roads.errands import Errand, Ways, run
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.importing import Importing
from xnat_gate.roads.launched import Launched
from xnat_gate.roads.looked import unjudged
from xnat_gate.roads.turns import Turns
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study, rtstruct

IMPORT = "/data/services/import"


@contextmanager
def claimed(site: Site, name: str, protocol: Path | None = None) -> Iterator[tuple[Claim, Gate]]:
    """What lies there under this name, taken by an importer."""
    with (
        gate(settings_for(None), protocol=protocol, state=site.state, tell=print) as its,
        DropFolder(site.drop) as folder,
    ):
        look = next(one.look for one in folder.look().entries if one.name == name)
        claim = folder.claim(name, look)
        assert claim is not None
        yield claim, its


def away(*_: object) -> None:
    raise ArchiveTroubled("XNAT answered POST /data with 500")


def test_a_zip_that_was_opened_and_failed_for_good_becomes_a_dead_letter(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt_study(tmp_path / "made", CORK)
    with ZipFile(site.drop / "study.zip", "w") as bundle:
        for path in sorted((tmp_path / "made").glob("*.dcm")):
            bundle.write(path, path.name)
    monkeypatch.setattr(opening, "held_elsewhere", away)
    monkeypatch.setattr(opening, "_elsewhere", away)
    with claimed(site, "study.zip") as (claim, its):
        ended = run(Errand(claim=claim), its, Ways(look=Launched(), tries=1))
        assert [one.state for one in ended.passages] == [State.FAILED]
    assert "study.zip" in site.kept("failed")


def test_an_arrival_of_which_a_part_is_through_becomes_a_dead_letter_too(site: Site, tmp_path: Path) -> None:
    ct_series(tmp_path / "one", CORK)
    ct_series(tmp_path / "two", Patient("PHANTOM^DERRY", "DERRY-1"), study=2)
    files = [
        path.read_bytes() for folder in ("one", "two") for path in sorted((tmp_path / folder).glob("*.dcm"))
    ]
    drop(site, "both", *files)
    with claimed(site, "both") as (claim, its):
        fault = Fault(kind=Kind.STATUS, method="POST", path=IMPORT, code=500, skip=1)
        with site.sandbox.faults.add(fault):
            ended = run(Errand(claim=claim), its, Ways(look=Launched(), tries=1))
        assert State.FAILED in [one.state for one in ended.passages]
    assert len(site.kept("failed")) == 5


ONCE = """
import time
from xnat_gate.edge.drop_folder.claim import Claim

whole = Claim.finish
def late(self):
    if self.name == "a":
        (self.path / "late.dcm.partial").write_bytes(b"half")
    else:
        time.sleep(1)
    whole(self)
Claim.finish = late
"""


def options(site: Site, *more: str) -> list[str]:
    return ["import", str(site.drop), "--once", "--state", str(site.state), "--quiet-period", QUIET, *more]


def test_a_run_ends_though_somebody_is_still_writing_into_what_it_gave_back(site: Site) -> None:
    ct_series(site.drop / "a", CORK)
    ct_series(site.drop / "b", Patient("PHANTOM^DERRY", "DERRY-1"), study=2)
    run_of = forked.gate()
    begun = time.monotonic()
    ended = run_of(*options(site, "--workers", "2"), environment=os.environ, folder=site.root, first=ONCE)
    assert ended.returncode == Exit.STOPPED
    assert time.monotonic() - begun < 10


EARLY = """
import shutil, threading, time
from pathlib import Path
from xnat_gate.edge.drop_folder.claim import Claim

drop, outside = Path({drop!r}), Path({outside!r})

def copies():
    for path in sorted(outside.glob("*.dcm")):
        shutil.copy(path, drop / "b")
        time.sleep(0.15)

whole = Claim.finish
def late(self):
    if self.name == "a":
        (self.path / "late.dcm.partial").write_bytes(b"half")
        (drop / "b").mkdir()
        threading.Thread(target=copies).start()
    whole(self)
Claim.finish = late
"""


def test_a_run_does_not_end_while_another_folder_is_still_arriving(site: Site, tmp_path: Path) -> None:
    ct_series(site.drop / "a", CORK)
    ct_series(tmp_path / "outside", Patient("PHANTOM^DERRY", "DERRY-1"), study=2)
    script = EARLY.format(drop=str(site.drop), outside=str(tmp_path / "outside"))
    forked.gate()(*options(site), environment=os.environ, folder=site.root, first=script)
    assert site.sessions("HOSPITAL") == ["CORK-1", "DERRY-1"]


KILLED = """
import os, signal
{place}
whole = place.{name}
def dying(*given, **named):
    answer = whole(*given, **named) if {after} else None
    os.kill(os.getpid(), signal.SIGKILL)
    return answer
place.{name} = dying
"""


@pytest.mark.parametrize(
    ("place", "name", "after"),
    [
        ("import xnat_gate.roads.parting as place", "split", True),
        ("from xnat_gate.edge.journal import Journal as place", "judged", True),
        ("import xnat_gate.roads.errands as place", "arrive", False),
        ("import xnat_gate.roads.delivery as place", "_send", False),
    ],
    ids=lambda value: str(value).rpartition(" ")[0].rpartition(".")[2],
)
def test_the_rest_of_a_forbidden_study_survives_a_kill_as_forbidden(
    site: Site, place: str, name: str, after: bool
) -> None:
    ct_series(site.drop / "study", CORK, series=1)
    rtstruct(site.drop / "study", ct_series(None, CORK, series=9), series=14, ManufacturerModelName="Leaky")
    protocol = site.protocol("deny: {ManufacturerModelName: [Leaky]}\n")
    script = KILLED.format(place=place, name=name, after=after)
    words = options(site, "--protocol", str(protocol))
    process = forked.gate()(*words, environment=os.environ, folder=site.root, first=script)
    assert process.returncode == -signal.SIGKILL, process.stderr
    site.import_once("--protocol", str(protocol))
    assert site.sessions("HOSPITAL") == []


def test_a_late_look_at_a_delivered_study_leaves_what_was_decided(
    site: Site,
    parts: Parts,  # noqa: F811
) -> None:
    """Two importers share a journal, or two studies of one arrival are looked at by two workers: the entry was read
    before the other one was done with it."""
    drop(site, "study", *parts.images)
    with claimed(site, "study") as (claim, its):
        run(Errand(claim=claim), its, Ways(look=lambda row, *_: iter([unjudged(row, State.DELIVERED, "")])))
        (stale,) = its.journal.unfinished()
        assert site.prearchive("HOSPITAL", "--resolve", stale.xnat_uri, "--delete") == Exit.STOPPED
        assert its.journal.of_study(stale.study_uid)[0].state is State.REJECTED
        run(Errand(delivered=stale), its, Ways(look=Launched()))
        assert its.journal.of_study(stale.study_uid)[0].state is State.REJECTED


class Late:
    """Turns that another worker had first: it brought the images just before."""

    def __init__(self, first: Callable[[], None]) -> None:
        self._first, self._turns = first, Turns()

    @contextmanager
    def take(self, names: frozenset[str]) -> Iterator[None]:
        self._first()
        with self._turns.take(names):
            yield


def test_what_is_judged_is_judged_by_what_xnat_holds_when_its_turn_comes(
    site: Site,
    parts: Parts,  # noqa: F811
) -> None:
    """The time of a plan is over in the moment in which another worker archives its images."""
    clock = Clock()
    drop(site, "plan", *parts.rt)

    def images_come() -> None:
        drop(site, "images", *parts.images)
        with claimed(site, "images") as (claim, its):
            run(Errand(claim=claim), its, Ways(look=Launched()))

    with claimed(site, "plan") as (claim, its):
        ways = Ways(look=Launched(), turns=Late(images_come))  # type: ignore[arg-type]
        run(Errand(claim=claim, final=True), replace(its, now=clock), ways)
    assert site.kept("rejected") == {}


def test_a_run_leaves_nothing_behind_that_was_postponed_at_its_end(
    site: Site,
    parts: Parts,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two folders of one study, whose images did not come, and two workers."""
    drop(site, "plan 1", *parts.rt[:2])
    drop(site, "plan 2", *parts.rt[2:])
    both, whole = threading.Barrier(2), errands.arrive
    finals = threading.Event()
    reading = errands.read

    def read(claim: Claim, its: Gate, *, final: bool = False) -> object:
        if final:
            finals.set()
        return reading(claim, its, final=final)

    def arrive(opened: object, its: Gate) -> object:
        if finals.is_set():
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.5)  # long enough for the other worker to find the study taken
        return whole(opened, its)  # type: ignore[arg-type]

    monkeypatch.setattr(errands, "read", read)
    monkeypatch.setattr(errands, "arrive", arrive)
    settings = settings_for(None)
    with (
        gate(settings, protocol=None, state=site.state, tell=print) as its,
        DropFolder(site.drop) as folder,
    ):
        road = Importing(
            drop=folder, gate=its, quiet_period=0.2, workers=2, open_gate=lambda: another(its, settings)
        )
        told = list(road.once())
    assert len(digests_of(site.state / "rejected")) == 3
    assert sum(one.files for one in told) == 3
    with site.journal() as journal:
        assert journal.unfinished() == ()


def test_a_copy_that_is_on_its_way_at_the_same_time_is_seen(site: Site, tmp_path: Path) -> None:
    """Another worker brings the same pictures under another name, between this one's reading and its turn."""
    protocol = site.protocol("duplicates: {same_pixels: quarantine}\n")
    twin = Patient("PHANTOM^DERRY", "DERRY-1")
    ct_series(tmp_path / "a", CORK)
    ct_series(tmp_path / "b", twin, study=2)
    drop(site, "a", *(path.read_bytes() for path in sorted((tmp_path / "a").glob("*.dcm"))))
    drop(site, "b", *(path.read_bytes() for path in sorted((tmp_path / "b").glob("*.dcm"))))

    def the_other_comes() -> None:
        with claimed(site, "b", protocol) as (claim, its):
            run(Errand(claim=claim), its, Ways(look=Launched()))

    with claimed(site, "a", protocol) as (claim, its):
        ways = Ways(look=Launched(), turns=Late(the_other_comes))  # type: ignore[arg-type]
        run(Errand(claim=claim), its, ways)
    assert len(site.sessions("HOSPITAL")) == 1


def test_a_copy_that_came_before_is_seen(site: Site, tmp_path: Path) -> None:
    """The same, one after the other: what the test above is measured by."""
    protocol = site.protocol("duplicates: {same_pixels: quarantine}\n")
    ct_series(site.drop / "a", CORK)
    ct_series(site.drop / "b", Patient("PHANTOM^DERRY", "DERRY-1"), study=2)
    site.import_once("--protocol", str(protocol))
    assert len(site.sessions("HOSPITAL")) == 1


def in_sight(site: Site) -> int:
    """How many DICOM files lie in the drop folder where a person sees them."""
    return sum(
        1 for path in site.drop.rglob("*.dcm") if not path.relative_to(site.drop).parts[0].startswith(".")
    )


def test_a_run_that_xnat_goes_away_from_gives_back_what_began_to_wait_too(site: Site) -> None:
    ct_series(site.drop / "study", CORK, series=1)
    rtstruct(site.drop / "study", ct_series(None, CORK, series=9), series=14)
    with site.sandbox.faults.add(Fault(kind=Kind.STATUS, method="POST", path=IMPORT, code=503)):
        site.import_once()
    assert in_sight(site) == 6


def test_a_run_whose_worker_cannot_log_in_gives_back_what_it_took(site: Site) -> None:
    ct_series(site.drop / "study", CORK)

    def gone() -> AbstractContextManager[Gate]:
        raise ArchiveUnavailable("XNAT cannot be reached")

    with (
        gate(settings_for(None), protocol=None, state=site.state, tell=print) as its,
        DropFolder(site.drop) as folder,
    ):
        road = Importing(drop=folder, gate=its, quiet_period=0.2, workers=2, open_gate=gone)
        with pytest.raises(ArchiveUnavailable):
            list(road.once())
    assert in_sight(site) == 5


def test_a_dead_letter_whose_importer_was_killed_is_no_longer_under_way(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.drop / "study", CORK)

    whole = setbacks._laid_aside

    def killed(*given: object) -> str:
        whole(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    ways = Ways(look=Launched(), tries=1)
    fault = Fault(kind=Kind.STATUS, method="POST", path=IMPORT, code=500)
    with (
        claimed(site, "study") as (claim, its),
        site.sandbox.faults.add(fault),
        monkeypatch.context() as patch,
    ):
        patch.setattr(setbacks, "_laid_aside", killed)
        with pytest.raises(KeyboardInterrupt):
            run(Errand(claim=claim), its, ways)
    site.import_once()
    assert len(site.kept("failed")) == 5
    with site.journal() as journal:
        assert journal.unfinished() == ()


def test_a_file_written_to_before_a_split_cannot_be_removed_after_it(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    for name in ("image", "plan"):
        (tmp_path / "study" / name).write_bytes(b"as it was judged")
    with DropFolder(tmp_path) as folder:
        (entry,) = folder.look().entries
        claim = folder.claim("study", entry.look)
        assert claim is not None
        (claim.path / "image").write_bytes(b"as nobody has judged it")
        rest, _ = split(claim, ["plan"], f"{claim.id}~1")
        with pytest.raises(ClaimChanged):
            rest.remove_files(["image"])


def test_a_delivered_study_that_may_not_be_looked_at_is_told_and_no_run_looks_for_ever(site: Site) -> None:
    """A right that the account lacks, say: the study waits in XNAT, and this is no import that passed."""
    looks: list[str] = []

    def refused(row: PrearchiveRow, *_: object) -> Iterator[Passage]:
        looks.append(row.uri)
        assert len(looks) < 10, "again and again"
        raise NotAllowed("the account may not")
        yield

    ct_series(site.drop / "study", CORK)
    with (
        gate(settings_for(None), protocol=None, state=site.state, tell=print) as its,
        DropFolder(site.drop) as folder,
    ):
        for _ in range(2):
            road = Importing(drop=folder, gate=its, quiet_period=0.05, look=refused)
            assert [one.state for one in road.once()] == [State.DELIVERED]
    assert len(looks) == 2
    assert len(site.waiting("HOSPITAL")) == 1
