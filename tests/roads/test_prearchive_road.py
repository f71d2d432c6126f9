"""What waits in the prearchive: sessions that came round the gate, conflicts, and a person's decisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.hospital import Site, digests_of
from xnat_gate.cli.exits import Exit
from xnat_gate.core.states import State
from xnat_gate.edge.keeping import Keeping
from xnat_gate.edge.xnat import Xnat
from xnat_gate.sandbox.phantoms import (
    Patient,
    ct_series,
    mr,
    orphan_structure_set,
    rt_study,
    rtstruct,
    save,
    ultrasound,
)

CORK = Patient("PHANTOM^CORK", "CORK-1")


def conflict(site: Site) -> dict[str, str]:
    """The same study twice: the second waits."""
    for name in ("first", "second"):
        rt_study(site.drop / name, CORK)
        site.import_once()
    (row,) = site.waiting("HOSPITAL")
    return row


def test_a_session_that_came_round_the_gate_is_archived_under_the_protocols_labels(site: Site) -> None:
    rt_study(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL", subject="somebody", session="something")
    assert site.prearchive() == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "files")


def test_a_forbidden_session_that_came_round_the_gate_is_moved_to_quarantine(site: Site) -> None:
    ct_series(site.root / "files", CORK, ManufacturerModelName="Aera")
    site.upload(site.root / "files", "HOSPITAL")
    protocol = site.protocol("deny: {ManufacturerModelName: [Aera]}\n")
    assert site.prearchive("HOSPITAL", "--protocol", str(protocol)) == Exit.STOPPED
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    assert site.sessions("HOSPITAL") == []
    assert site.waiting("HOSPITAL") == site.waiting("QUARANTINE") == []


def test_nothing_leaves_quarantine_by_this_road(site: Site) -> None:
    ct_series(site.root / "files", CORK)
    site.upload(site.root / "files", "QUARANTINE")
    assert site.prearchive("QUARANTINE") == Exit.STOPPED
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    assert site.sessions("HOSPITAL") == []


def test_an_orphan_that_came_round_the_gate_is_kept_before_it_is_deleted(site: Site) -> None:
    orphan_structure_set(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL")
    assert site.prearchive() == Exit.STOPPED
    assert site.waiting("HOSPITAL") == []
    assert digests_of(site.state / "rejected") == digests_of(site.root / "files")


def test_an_orphan_among_images_is_taken_out_and_the_images_are_archived(site: Site) -> None:
    ct_series(site.root / "files", CORK)
    images = digests_of(site.root / "files")
    rtstruct(site.root / "files", ct_series(None, CORK, series=9), series=14)
    site.upload(site.root / "files", "HOSPITAL")
    assert site.prearchive() == Exit.STOPPED
    assert site.digests("HOSPITAL", "CORK-1") == images
    assert len(site.kept("rejected")) == 1


def test_a_session_still_receiving_is_left_for_the_next_look(site: Site) -> None:
    rt_study(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL", dest="", project="HOSPITAL")
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "RECEIVING"
    assert site.prearchive() == Exit.STOPPED
    assert site.waiting("HOSPITAL") == [row]


def test_a_conflict_is_archived_under_a_new_session_id(site: Site) -> None:
    row = conflict(site)
    before = site.digests("HOSPITAL", "CORK-1")
    assert site.prearchive("HOSPITAL", "--resolve", row["url"], "--session", "CORK-1b") == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["CORK-1", "CORK-1b"]
    assert site.digests("HOSPITAL", "CORK-1b") == site.digests("HOSPITAL", "CORK-1") == before
    assert site.waiting("HOSPITAL") == []


@pytest.mark.parametrize("name", ["CORK 1", "CORK/1", "CÖRK", "../x", ""])
def test_special_characters_in_a_new_session_id_are_refused(site: Site, name: str) -> None:
    row = conflict(site)
    assert site.prearchive("HOSPITAL", "--resolve", row["url"], "--session", name) == Exit.WRONG
    assert len(site.waiting("HOSPITAL")) == 1
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_a_new_session_id_that_exists_already_stays_a_conflict(site: Site) -> None:
    row = conflict(site)
    before = site.digests("HOSPITAL", "CORK-1")
    assert site.prearchive("HOSPITAL", "--resolve", row["url"], "--session", "CORK-1") == Exit.STOPPED
    assert site.digests("HOSPITAL", "CORK-1") == before
    assert site.waiting("HOSPITAL")[0]["status"] == "CONFLICT"


def test_a_conflict_is_deleted_and_its_files_are_kept(site: Site) -> None:
    row = conflict(site)
    original = site.digests("HOSPITAL", "CORK-1")
    assert site.prearchive("HOSPITAL", "--resolve", row["url"], "--delete") == Exit.STOPPED
    assert site.waiting("HOSPITAL") == []
    assert digests_of(site.state / "rejected") == original
    assert site.digests("HOSPITAL", "CORK-1") == original


@pytest.mark.parametrize("name", ["uri", "tail", "label"])
def test_a_waiting_session_may_be_named_in_three_ways(site: Site, name: str) -> None:
    row = conflict(site)
    names = {"uri": row["url"], "tail": f"{row['timestamp']}/{row['folderName']}", "label": "CORK-1"}
    assert site.prearchive("HOSPITAL", "--resolve", names[name], "--session", "NEW") == Exit.PASSED


def test_a_name_that_no_waiting_session_has_is_told_with_what_there_is(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    row = conflict(site)
    assert site.prearchive("HOSPITAL", "--resolve", "nobody", "--session", "NEW") == Exit.WRONG
    assert row["url"] in capsys.readouterr().err


def test_another_study_under_the_label_of_an_archived_session_is_never_merged_with_it(site: Site) -> None:
    ct_series(site.drop / "first", CORK, study=1)
    site.import_once()
    before = site.digests("HOSPITAL", "CORK-1")
    ct_series(site.drop / "second", CORK, study=2, series=7)
    assert site.import_once() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "CONFLICT"
    assert "another study" in site.reason_of(row)["findings"][0]["message"]
    assert site.digests("HOSPITAL", "CORK-1") == before


def test_the_label_of_another_subject_is_a_conflict(site: Site) -> None:
    ct_series(site.drop / "first", CORK, study=1)
    site.import_once()
    ct_series(site.drop / "second", Patient("PHANTOM^WAX", "CORK-1"), study=1, series=8)
    assert site.import_once() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "CONFLICT"
    assert "under another subject" in site.reason_of(row)["findings"][0]["message"]


def test_a_late_series_of_the_same_study_joins_its_session(site: Site) -> None:
    ct_series(site.drop / "first", CORK, series=1)
    assert site.import_once() == Exit.PASSED
    ct_series(site.drop / "late", CORK, series=2, number=7)
    assert site.import_once() == Exit.PASSED
    assert len(site.digests("HOSPITAL", "CORK-1")) == 10


def test_a_late_series_to_which_xnat_objects_waits_without_being_tried(site: Site) -> None:
    ct_series(site.drop / "first", CORK)
    assert site.import_once() == Exit.PASSED
    mr(site.drop / "late", CORK, study=1, series=5)
    assert site.import_once() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert "(XNAT code 19)" in site.reason_of(row)["findings"][0]["message"]
    assert len(site.digests("HOSPITAL", "CORK-1")) == 5


def test_a_late_series_that_brings_a_known_object_with_it_joins_its_session_without_it(site: Site) -> None:
    ct_series(site.drop / "first", CORK, series=1)
    assert site.import_once() == Exit.PASSED
    ct_series(site.drop / "late", CORK, series=2, number=7)
    known = min(site.drop.parent.glob("xnat/archive/**/*.dcm"))
    (site.drop / "late" / "known.dcm").write_bytes(known.read_bytes())
    assert site.import_once() == Exit.PASSED
    assert site.waiting("HOSPITAL") == []
    assert len(site.digests("HOSPITAL", "CORK-1")) == 10
    assert site.left_in_drop() == []


def test_an_edited_copy_of_an_archived_object_is_told_as_one(site: Site) -> None:
    ct_series(site.drop / "first", CORK)
    assert site.import_once() == Exit.PASSED
    ct_series(site.drop / "second", CORK, SeriesDescription="edited")
    assert site.import_once() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert "5 of them with other contents" in site.reason_of(row)["findings"][0]["message"]


def meanwhile(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, act: Callable[[], object]) -> None:
    """Let something happen in XNAT each time just before this step of the gate, as if it were a coincidence."""
    whole = getattr(owner, name)

    def interrupted(*given: object, **named: object) -> object:
        act()
        return whole(*given, **named)

    monkeypatch.setattr(owner, name, interrupted)


def test_images_that_come_while_their_orphan_is_being_rejected_are_not_deleted_with_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = rt_study(None, CORK)
    save(study.rtstruct, site.root / "files" / "rs.dcm")
    for number, image in enumerate(study.ct):
        save(image, site.root / "late" / f"{number}.dcm")
    site.upload(site.root / "files", "HOSPITAL")
    meanwhile(monkeypatch, Keeping, "keep_members", lambda: site.upload(site.root / "late", "HOSPITAL"))
    assert site.prearchive() == Exit.STOPPED
    assert len(site.waiting("HOSPITAL")) == 1
    monkeypatch.undo()
    monkeypatch.setenv("XNAT_HOST", site.sandbox.url)
    monkeypatch.setenv("XNAT_USER", "admin")
    monkeypatch.setenv("XNAT_PASS", "admin")
    assert site.prearchive() == Exit.PASSED
    assert len(site.digests("HOSPITAL", "CORK-1")) == 6


def test_what_comes_while_a_session_is_deleted_on_request_is_not_deleted_with_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = conflict(site)
    ct_series(site.root / "late", CORK, series=4, number=44)
    labels = {"subject": "PHANTOM_CORK", "session": "CORK-1"}
    meanwhile(
        monkeypatch, Keeping, "keep_members", lambda: site.upload(site.root / "late", "HOSPITAL", **labels)
    )
    assert site.prearchive("HOSPITAL", "--resolve", row["url"], "--delete") == Exit.WRONG
    assert len(site.waiting("HOSPITAL")) == 1


def test_an_object_that_comes_between_judging_and_archiving_does_not_go_in_unjudged(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK)
    ultrasound(site.root / "late", CORK, study=1)
    site.upload(site.root / "files", "HOSPITAL", subject="PHANTOM_CORK", session="CORK-1")
    labels = {"subject": "PHANTOM_CORK", "session": "CORK-1"}
    meanwhile(monkeypatch, Xnat, "objections", lambda: site.upload(site.root / "late", "HOSPITAL", **labels))
    assert site.prearchive() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    assert len(site.waiting("HOSPITAL")) == 1


def test_a_file_that_xnat_loses_while_archiving_is_told_and_is_no_success(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.drop / "first", CORK, series=1)
    assert site.import_once() == Exit.PASSED
    ct_series(site.drop / "late", CORK, series=2, number=7)

    def lose_one() -> None:
        rows = site.get("/data/projects/HOSPITAL/experiments/CORK-1/scans/ALL/files?format=json").json()
        requests.delete(
            site.sandbox.url + rows["ResultSet"]["Result"][0]["URI"], auth=("admin", "admin"), timeout=10
        ).raise_for_status()

    meanwhile(monkeypatch, Xnat, "archive", lose_one)
    assert site.import_once() == Exit.STOPPED
    with site.journal() as journal:
        assert journal.entries(limit=1)[0].state is State.FAILED


def test_a_project_that_the_protocol_does_not_name_is_refused(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert site.prearchive("SOMEWHERE") == Exit.WRONG
    assert "HOSPITAL and QUARANTINE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("journal", "why"), [("another", "under another label"), ("", "belongs to one patient")]
)
def test_the_same_objects_under_another_patient_number_are_not_archived_twice(
    site: Site, journal: str, why: str
) -> None:
    """Another importer's journal does not know of them, and XNAT does."""
    ct_series(site.drop / "first", CORK)
    known = ("--state", str(site.root / journal)) if journal else ()
    assert site.import_once(*known) == Exit.PASSED
    ct_series(site.drop / "second", Patient("PHANTOM^CORK", "CORK-2"))
    assert site.import_once() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert why in " ".join(one["message"] for one in site.reason_of(row)["findings"])
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_two_studies_that_share_a_series_are_held_until_a_person_has_looked(site: Site) -> None:
    ct_series(site.drop / "both" / "a", CORK, study=1, SeriesInstanceUID="1.2.3.4.5")
    ct_series(
        site.drop / "both" / "b", Patient("PHANTOM^WAX", "WAX-2"), study=2, SeriesInstanceUID="1.2.3.4.5"
    )
    assert site.import_once() == Exit.STOPPED
    assert site.prearchive() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    assert {row["status"] for row in site.waiting("HOSPITAL")} == {"ERROR"}
    assert site.prearchive("HOSPITAL", "--resolve", "WAX-2", "--session", "WAX-2") == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["WAX-2"]


def test_a_held_session_is_archived_at_the_next_look_once_the_protocol_allows_it(site: Site) -> None:
    rt_study(site.drop / "study", CORK)
    min((site.drop / "study").glob("CT*.dcm")).unlink()
    assert site.import_once() == Exit.STOPPED
    protocol = site.protocol("rt: {partial: note}\n")
    assert site.prearchive("HOSPITAL", "--protocol", str(protocol)) == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_what_the_gate_wrote_beside_a_held_session_does_not_follow_it_into_the_archive(site: Site) -> None:
    row = conflict(site)
    site.prearchive("HOSPITAL", "--resolve", row["url"], "--session", "NEW")
    rows = site.get("/data/projects/HOSPITAL/experiments/NEW/resources?format=json").json()["ResultSet"][
        "Result"
    ]
    assert "GATE" not in {one["label"] for one in rows}


def test_one_row_in_trouble_does_not_keep_the_others_waiting(site: Site, tmp_path: Path) -> None:
    ct_series(site.root / "bad", CORK, PatientID=None)
    site.upload(site.root / "bad", "HOSPITAL", subject="x", session="x")
    ct_series(site.root / "good", Patient("PHANTOM^WAX", "WAX-2"), study=2)
    site.upload(site.root / "good", "HOSPITAL")
    assert site.prearchive() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == ["WAX-2"]
    assert [row["status"] for row in site.waiting("HOSPITAL")] == ["ERROR"]
