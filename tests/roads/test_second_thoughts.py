"""What the gate asks twice: studies that came back to the drop folder, and those whose importer died."""

from __future__ import annotations

import requests

from tests.hospital import Site, digests_of
from tests.roads.test_crashes import CLEARS_HALF, die_at, import_killed_by
from xnat_gate.cli.exits import Exit
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import (
    Patient,
    ct_series,
    orphan_structure_set,
    rt_study,
    save,
    ultrasound,
)

CORK = Patient("PHANTOM^CORK", "CORK-1")
LABELS = {"subject": "PHANTOM_CORK", "session": "CORK-1"}
REFUSES = Fault(kind=Kind.STATUS, method="POST", path="/data/services/import", code=503)
NOT_SHOWN = Fault(kind=Kind.LOGIN_PAGE, method="GET", path="/data/prearchive/*/*/*/*", times=1)
"""The files arrive, and the look whether they did is what fails."""


def somebody(site: Site, method: str, path: str, **query: str) -> None:
    """Somebody else does this in XNAT."""
    answer = requests.request(
        method,
        site.sandbox.url + path,
        params=query,
        auth=("admin", "admin"),
        timeout=30,
        allow_redirects=False,
    )
    assert answer.status_code < 400, answer.text


def archived_by_somebody(site: Site, row: dict[str, str], **labels: str) -> None:
    somebody(site, "POST", "/data/services/archive", src=row["url"], **labels)


def latest(site: Site) -> Entry:
    with site.journal() as journal:
        return journal.entries(limit=1)[0]


def delivered_and_killed(site: Site) -> dict[str, str]:
    """The row of a study whose importer died right after the delivery."""
    die_at(site, "xnat_gate.roads.launched", "look", "before")
    (row,) = site.waiting("HOSPITAL") + site.waiting("QUARANTINE")
    assert latest(site).state is State.DELIVERED
    return row


# --- back from the drop folder ----------------------------------------------------------------------------------


def test_a_study_that_was_given_back_is_not_sent_again_when_xnat_has_it(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    sent = digests_of(site.drop)
    with site.sandbox.faults.add(NOT_SHOWN):
        assert site.import_once() == Exit.UNAVAILABLE
    assert site.left_in_drop() == ["study"]
    assert len(site.waiting("HOSPITAL")) == 1
    with site.sandbox.faults.add(REFUSES) as again:
        assert site.import_once() == Exit.PASSED
        assert again.fired == 0
    assert site.digests("HOSPITAL", "CORK-1") == sent


def test_a_study_that_was_given_back_and_is_in_quarantine_by_now_is_told_as_quarantined(site: Site) -> None:
    ultrasound(site.drop / "us")
    with site.sandbox.faults.add(NOT_SHOWN):
        assert site.import_once() == Exit.UNAVAILABLE
    (row,) = site.waiting("QUARANTINE")
    archived_by_somebody(site, row)
    assert site.import_once() == Exit.STOPPED
    assert latest(site).state is State.QUARANTINED
    assert site.left_in_drop() == []


def test_a_study_that_was_given_back_is_sent_when_only_a_part_of_it_waits(site: Site) -> None:
    images = ct_series(site.drop / "study", CORK)
    with site.sandbox.faults.add(REFUSES):
        assert site.import_once() == Exit.UNAVAILABLE
    sent = digests_of(site.drop)
    for image in images[:2]:
        save(image, site.root / "part" / f"{image.SOPInstanceUID}.dcm")
    site.upload(site.root / "part", "HOSPITAL", **LABELS)
    site.import_once()
    assert site.kept("held") == {}
    assert digests_of(site.root / "xnat") == sent


def test_a_late_series_that_was_given_back_is_sent_beside_what_the_archive_has(site: Site) -> None:
    ct_series(site.drop / "first", CORK, series=1)
    assert site.import_once() == Exit.PASSED
    ct_series(site.drop / "late", CORK, series=2, number=7)
    with site.sandbox.faults.add(REFUSES):
        assert site.import_once() == Exit.UNAVAILABLE
    assert site.import_once() == Exit.PASSED
    assert len(site.digests("HOSPITAL", "CORK-1")) == 10


def test_what_could_not_be_kept_is_not_journalled_as_kept(site: Site) -> None:
    orphan_structure_set(site.drop / "alone")
    site.state.mkdir()
    (site.state / "rejected").write_text("a file where a folder is needed")
    assert site.import_once() == Exit.STOPPED
    assert site.left_in_drop() == ["alone"]
    assert latest(site).state is State.FAILED


def test_the_same_study_under_another_label_waits_beside_the_first(site: Site) -> None:
    for name, patient in (("first", CORK), ("second", Patient("PHANTOM^CORK", "CORK-2"))):
        rt_study(site.drop / name, patient)
        min((site.drop / name).glob("CT*.dcm")).unlink()
        assert site.import_once() == Exit.STOPPED
    assert sorted(row["name"] for row in site.waiting("HOSPITAL")) == ["CORK-1", "CORK-2"]
    assert site.kept("held") == {}


# --- delivered when the importer died ---------------------------------------------------------------------------


def test_what_somebody_archived_after_a_crash_is_journalled_as_archived(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    archived_by_somebody(site, delivered_and_killed(site))
    site.import_once()
    assert latest(site).state is State.ARCHIVED
    assert latest(site).xnat_uri.startswith("/archive/experiments/")


def test_what_somebody_archived_in_quarantine_after_a_crash_is_journalled_as_quarantined(site: Site) -> None:
    ultrasound(site.drop / "us")
    archived_by_somebody(site, delivered_and_killed(site))
    site.import_once()
    assert latest(site).state is State.QUARANTINED


def test_what_somebody_deleted_after_a_crash_is_journalled_as_failed(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    somebody(site, "DELETE", f"/data{delivered_and_killed(site)['url']}")
    site.import_once()
    assert latest(site).state is State.FAILED


def test_another_study_under_the_label_is_not_taken_for_one_that_has_left_the_prearchive(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    somebody(site, "DELETE", f"/data{delivered_and_killed(site)['url']}")
    ct_series(site.root / "other", CORK, study=2)
    site.upload(site.root / "other", "HOSPITAL", **LABELS)
    archived_by_somebody(site, site.waiting("HOSPITAL")[0])
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    site.import_once()
    assert latest(site).state is State.FAILED


def test_originals_half_cleared_are_cleared_when_somebody_archived_the_study_meanwhile(site: Site) -> None:
    rt_study(site.drop / "study", CORK)
    sent = digests_of(site.drop)
    import_killed_by(site, CLEARS_HALF)
    archived_by_somebody(site, site.waiting("HOSPITAL")[0])
    site.import_once()
    assert site.digests("HOSPITAL", "CORK-1") == sent
    assert site.kept("rejected") == {}
    assert site.left_in_drop() == []
