"""Two containers look at the same waiting session: whichever comes first does it, the other one does no harm.

The second look happens, whole, just before a step of the first one: before every step there is.
"""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hospital import Site, digests_of
from tests.roads.looking import in_xnat, looked, once_before, rejected_in_xnat
from tests.roads.test_second_thoughts import somebody
from xnat_gate.core.archive import PrearchiveRow
from xnat_gate.core.states import State
from xnat_gate.edge.xnat import Xnat
from xnat_gate.edge.xnat.keeping import XnatShelf
from xnat_gate.roads.gate import Passage
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, orphan_structure_set, rt_study, rtstruct

CORK = Patient("PHANTOM^CORK", "CORK-1")

REFUSES_THE_SECOND = Fault(
    kind=Kind.STATUS, method="POST", path="/data/services/archive", code=403, body="no", skip=1, times=1
)

STEPS = (
    "row", "annotation", "catalogue", "stream", "session", "objections", "clear_annotation", "archive", "annotate",
    "mark", "move", "scans", "remove_scan", "delete", "session_catalogue", "count_files", "keep_members",
)  # fmt: skip


def linked(files: Path) -> None:
    rt_study(files, CORK)


def partial(files: Path) -> None:
    rt_study(files, CORK)
    min(files.glob("CT*.dcm")).unlink()


def forbidden(files: Path) -> None:
    rt_study(files, CORK, ManufacturerModelName="Aera")


def orphan(files: Path) -> None:
    orphan_structure_set(files)


def orphan_among_images(files: Path) -> None:
    ct_series(files, CORK)
    rtstruct(files, ct_series(None, CORK, series=9), series=14)


ENDS: dict[Callable[[Path], None], tuple[str, int]] = {
    linked: ("HOSPITAL", 0), partial: ("waiting", 0), forbidden: ("QUARANTINE", 0), orphan: ("nowhere", 1),
    orphan_among_images: ("HOSPITAL", 1),
}  # fmt: skip
"""Where what is accepted must be in the end, and how many objects are rejected."""

READS = ("annotation", "catalogue", "stream", "row")
ARCHIVES = ("session", "objections", "clear_annotation", "archive", "count_files")
TAKEN: dict[Callable[[Path], None], tuple[str, ...]] = {
    linked: (*READS, *ARCHIVES), partial: (*READS, "annotate", "mark"), forbidden: (*READS, "move", *ARCHIVES),
    orphan: (*READS, "keep_members", "delete"),
    orphan_among_images: (*READS, "scans", "keep_members", "remove_scan", *ARCHIVES),
}  # fmt: skip
"""The steps that one undisturbed look takes, which a test holds this table to."""


def kept(site: Site) -> set[str]:
    """SHA-256 of all that lies in the zips, reasons left out."""
    found = set()
    for row in rejected_in_xnat(site):
        with zipfile.ZipFile(io.BytesIO(site.get(row["URI"]).content)) as bundle:
            names = [name for name in bundle.namelist() if name != "reason.json"]
            found |= {hashlib.sha256(bundle.read(name)).hexdigest() for name in names}
    return found


def where(site: Site) -> str:
    places = [project for project in ("HOSPITAL", "QUARANTINE") if site.sessions(project)]
    if site.waiting("HOSPITAL") or site.waiting("QUARANTINE"):
        places.append("waiting")
    return " and ".join(places) or "nowhere"


def owner_of(step: str) -> type:
    return XnatShelf if step == "keep_members" else Xnat


@pytest.mark.parametrize("kind", ENDS, ids=lambda kind: kind.__name__)
def test_no_step_of_a_look_is_left_out_here(
    site: Site, monkeypatch: pytest.MonkeyPatch, kind: Callable[[Path], None]
) -> None:
    kind(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL")
    taken: set[str] = set()
    for step in STEPS:
        once_before(monkeypatch, owner_of(step), step, lambda step=step: taken.add(step))
    looked(site, protocol=site.protocol("deny: {ManufacturerModelName: [Aera]}\n"))
    assert taken == set(TAKEN[kind])


@pytest.mark.parametrize(
    ("kind", "step"),
    [pytest.param(kind, step, id=f"{kind.__name__}-{step}") for kind in ENDS for step in TAKEN[kind]],
)
def test_a_second_look_between_two_steps_of_the_first_loses_and_doubles_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, kind: Callable[[Path], None], step: str
) -> None:
    kind(site.root / "files")
    sent = set(digests_of(site.root / "files"))
    site.upload(site.root / "files", "HOSPITAL")
    protocol = site.protocol("deny: {ManufacturerModelName: [Aera]}\n")
    second: list[list[Passage]] = []
    with monkeypatch.context() as once:
        once_before(once, owner_of(step), step, lambda: second.append(looked(site, protocol=protocol)))
        first = looked(site, protocol=protocol)
    assert len(second) == 1, "there was no second look"
    assert all(one.state is not State.FAILED for one in first)
    assert set(in_xnat(site)) | kept(site) == sent, "something is lost"
    for project in ("HOSPITAL", "QUARANTINE"):
        looked(site, project, protocol)
    place, rejected = ENDS[kind]
    assert where(site) == place
    assert len(in_xnat(site)) == len(sent) - rejected, "something is doubled"
    assert set(in_xnat(site)) | kept(site) == sent
    assert len(kept(site)) == rejected


def test_who_comes_while_another_archives_leaves_it_alone(site: Site) -> None:
    linked(site.root / "files")
    sent = digests_of(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL")
    first: list[Passage] = []
    with site.sandbox.hold("archiving"):
        thread = threading.Thread(target=lambda: first.extend(looked(site)))
        thread.start()
        site.sandbox.await_work("archiving")
        (second,) = looked(site)
        assert (second.state, second.where) == (State.DELIVERED, "prearchive of HOSPITAL / CORK-1")
        assert "ARCHIVING" in second.why
    thread.join()
    assert [one.state for one in first] == [State.ARCHIVED]
    assert site.digests("HOSPITAL", "CORK-1") == sent
    assert site.waiting("HOSPITAL") == []


def test_who_archives_while_another_does_is_told_that_it_is_in_hand(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(site.root / "files")
    sent = digests_of(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL")
    first: list[Passage] = []
    thread = threading.Thread(target=lambda: first.extend(looked(site)))

    def the_other_begins() -> None:
        thread.start()
        site.sandbox.await_work("archiving")

    with site.sandbox.hold("archiving"):
        once_before(monkeypatch, Xnat, "archive", the_other_begins)
        (second,) = looked(site)
    thread.join()
    assert second.state is State.DELIVERED
    assert [one.state for one in first] == [State.ARCHIVED]
    assert site.digests("HOSPITAL", "CORK-1") == sent


def test_who_moves_while_another_does_is_told_that_it_is_in_hand(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden(site.root / "files")
    sent = digests_of(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL")
    protocol = site.protocol("deny: {ManufacturerModelName: [Aera]}\n")
    first: list[Passage] = []
    thread = threading.Thread(target=lambda: first.extend(looked(site, protocol=protocol)))

    def the_other_begins() -> None:
        thread.start()
        site.sandbox.await_work("moving")

    with site.sandbox.hold("moving"):
        once_before(monkeypatch, Xnat, "move", the_other_begins)
        (second,) = looked(site, protocol=protocol)
    thread.join()
    assert second.state is State.DELIVERED
    assert [one.state for one in first] == [State.QUARANTINED]
    assert site.digests("QUARANTINE", "CORK-1") == sent
    assert site.waiting("HOSPITAL") == site.waiting("QUARANTINE") == []


def test_a_refusal_while_another_archives_marks_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    linked(site.root / "files")
    uri = site.upload(site.root / "files", "HOSPITAL")
    first: list[Passage] = []
    thread = threading.Thread(target=lambda: first.extend(looked(site)))

    def the_other_begins() -> None:
        thread.start()
        site.sandbox.await_work("archiving")

    once_before(monkeypatch, Xnat, "archive", the_other_begins)
    with site.sandbox.hold("archiving"), site.sandbox.faults.add(REFUSES_THE_SECOND):
        (second,) = looked(site)
        assert site.get(f"/data{uri}/resources/GATE/files/reason.json").status_code == 404
    thread.join()
    assert second.state is State.DELIVERED
    assert [one.state for one in first] == [State.ARCHIVED]


def test_a_refusal_after_another_has_archived_holds_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL")
    once_before(monkeypatch, Xnat, "archive", lambda: looked(site))
    with site.sandbox.faults.add(REFUSES_THE_SECOND) as fault:
        (second,) = looked(site)
    assert fault.fired == 1
    assert second.state is State.DELIVERED
    assert where(site) == "HOSPITAL"


def test_a_conflict_that_only_archiving_finds_is_marked_and_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL")
    ct_series(site.root / "other", CORK, study=2)

    def another_study_takes_the_label() -> None:
        labels = {"subject": "PHANTOM_CORK", "session": "CORK-1"}
        row = site.upload(site.root / "other", "HOSPITAL", **labels)
        somebody(site, "POST", "/data/services/archive", src=row, **labels)

    once_before(monkeypatch, Xnat, "archive", another_study_takes_the_label)
    (became,) = looked(site)
    (row,) = site.waiting("HOSPITAL")
    assert (became.state, row["status"]) == (State.HELD, "CONFLICT")
    assert "Invalid modification of session UID" in site.reason_of(row)["findings"][0]["message"]


def test_a_session_that_somebody_takes_in_hand_after_it_was_moved_is_left_to_them(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL")
    protocol = site.protocol("deny: {ManufacturerModelName: [Aera]}\nquarantine: prearchive\n")
    whole = Xnat.move

    def moved_and_touched(xnat: Xnat, row: PrearchiveRow, project: str) -> PrearchiveRow:
        now = whole(xnat, row, project)
        somebody(site, "POST", f"/data{now.uri}", action="set-status", status="ERROR")
        return now

    monkeypatch.setattr(Xnat, "move", moved_and_touched)
    (became,) = looked(site, protocol=protocol)
    (row,) = site.waiting("QUARANTINE")
    assert (became.state, row["status"]) == (State.DELIVERED, "ERROR")
    assert site.get(f"/data{row['url']}/resources/GATE/files/reason.json").status_code == 404
