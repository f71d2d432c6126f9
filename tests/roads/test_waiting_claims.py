"""What an importer with a waiting room must not do, each in the smallest story that shows it."""

from __future__ import annotations

import errno
import itertools
import threading
from pathlib import Path

import pytest

from tests.hospital import Site
from tests.roads.test_waiting_room import CORK, Clock, Parts, Service, drop, parts, service  # noqa: F401
from xnat_gate.core.states import State
from xnat_gate.core.study import Reading
from xnat_gate.roads import opening
from xnat_gate.roads.gate import Passage
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, rtstruct

IMPORT = "/data/services/import"


def told(importer: Service, least: int, state: State | None = None) -> list[Passage]:
    """So many lines of this state, or of any; fewer when they take longer than some seconds to come."""
    giving_up = threading.Timer(10, importer.importing.stop.set)
    giving_up.start()
    try:
        wanted = (one for one in importer.passages if state in (None, one.state))
        return list(itertools.islice(wanted, least))
    finally:
        giving_up.cancel()


def forbidden(site: Site, made: Path) -> tuple[list[bytes], Path]:
    """Images that would be let in, and a structure set that waits and that the protocol forbids."""
    ct_series(made, CORK, series=1)
    rtstruct(made, ct_series(None, CORK, series=9), series=14, ManufacturerModelName="Leaky")
    protocol = site.protocol("deny: {ManufacturerModelName: [Leaky]}\n")
    return [path.read_bytes() for path in sorted(made.glob("*.dcm"))], protocol


def test_the_rest_of_a_forbidden_study_that_is_tried_again_still_goes_to_quarantine(
    site: Site, tmp_path: Path
) -> None:
    """XNAT fails once at the delivery, after what waits was taken out of the claim."""
    files, protocol = forbidden(site, tmp_path / "made")
    clock = Clock()
    with (
        service(site, clock, protocol) as importer,
        site.sandbox.faults.add(Fault(kind=Kind.STATUS, method="POST", path=IMPORT, code=500, times=1)),
    ):
        drop(site, "study", *files)
        assert importer.next().state is State.WAITING
        clock.on(seconds=31)
        assert [one.files for one in told(importer, 1)] == [5]
    assert site.sessions("HOSPITAL") == []


def test_one_failed_look_does_not_cut_the_waiting_short(
    site: Site,
    parts: Parts,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The drive hiccups once while the plan is looked at again; two minutes after it came its images come, too."""
    clock, whole, left = Clock(), opening.dicom_files.read_folder, [1]

    def hiccup(root: Path, wanted: frozenset[str]) -> Reading:
        if root.name == "plan" and left:
            left.clear()
            raise OSError(errno.EIO, "Input/output error")
        return whole(root, wanted)

    with service(site, clock) as importer:
        drop(site, "plan", *parts.rt)
        assert importer.next().state is State.WAITING
        monkeypatch.setattr(opening.dicom_files, "read_folder", hiccup)
        clock.on(minutes=1)
        drop(site, "other", *images_of_another(site))
        assert importer.next().state is State.ARCHIVED
        if left:  # nobody has looked at it yet
            drop(site, "more", *images_of_another(site, 3))
            told(importer, 1)
        assert not left
        clock.on(minutes=1)
        drop(site, "images", *parts.images)
        states = [one.state for one in told(importer, 2)]
    assert states == [State.ARCHIVED, State.ARCHIVED]
    assert site.digests("HOSPITAL", "CORK-1") == parts.digests


def images_of_another(site: Site, study: int = 2) -> list[bytes]:
    folder = site.root / f"another {study}"
    ct_series(folder, Patient(f"PHANTOM^DERRY{study}", f"DERRY-{study}"), study=study)
    return [path.read_bytes() for path in sorted(folder.glob("*.dcm"))]


def test_what_waited_for_two_studies_comes_to_its_end_in_the_journal(site: Site, tmp_path: Path) -> None:
    made = tmp_path / "made"
    for study, patient in enumerate((CORK, Patient("PHANTOM^DERRY", "DERRY-1")), start=1):
        rtstruct(made / f"rt {study}", ct_series(made / f"images {study}", patient, study=study), series=14)
    with service(site, Clock()) as importer:
        drop(site, "rt", *(path.read_bytes() for path in sorted(made.glob("rt */*.dcm"))))
        assert [one.state for one in told(importer, 2)] == [State.WAITING] * 2
        for study in (1, 2):
            drop(
                site,
                f"images {study}",
                *(path.read_bytes() for path in sorted(made.glob(f"images {study}/*"))),
            )
        ended = told(importer, 4, State.ARCHIVED)
    assert [one.state for one in ended] == [State.ARCHIVED] * 4
    with site.journal() as journal:
        assert journal.unfinished() == ()
