"""From the drop folder to XNAT, as a radiographer would see it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.hospital import Site, digests_of
from xnat_gate.cli.exits import Exit
from xnat_gate.core.states import State
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import (
    Patient,
    ct_series,
    junk,
    orphan_structure_set,
    rt_study,
    rtstruct,
    save_bare,
    ultrasound,
)

FOUNDLING = Patient("PHANTOM^LOST", "LOST-1")
CORK = Patient("PHANTOM^CORK", "CORK-1")
LABELS = ("PHANTOM_CORK", "CORK-1")


def test_a_linked_study_is_archived_with_its_bytes_unchanged(site: Site) -> None:
    rt_study(site.drop / "any name", CORK)
    sent = digests_of(site.drop)
    assert site.import_once() == Exit.PASSED
    assert site.digests("HOSPITAL", "CORK-1") == sent
    assert site.left_in_drop() == []
    assert site.waiting("HOSPITAL") == []
    with site.outside_client() as client:
        session = client.projects["HOSPITAL"].subjects["PHANTOM_CORK"].experiments["CORK-1"]
        assert len(session.scans) == 4
        assert sum(len(scan.files) for scan in session.scans.values()) == len(sent)


def test_a_structure_set_alone_never_reaches_xnat_and_is_kept_with_its_reason(site: Site) -> None:
    orphan_structure_set(site.drop / "alone")
    (original,) = digests_of(site.drop)
    assert site.import_once() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == site.sessions("QUARANTINE") == []
    assert site.waiting("HOSPITAL") == site.waiting("QUARANTINE") == []
    (path,) = site.kept("rejected").values()
    assert digests_of(path.parent) == [original]
    reason = site.reason_beside(path)["reason"]
    assert reason["outcome"] == "reject"
    assert reason["rt"][0]["linkage"] == "ORPHAN"
    assert site.left_in_drop() == []


def test_the_images_of_a_rejected_structure_set_go_on_without_it(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    other = ct_series(None, CORK, series=9)
    rtstruct(site.drop / "study", other, series=14)
    assert site.import_once() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert len(site.digests("HOSPITAL", "CORK-1")) == 5
    assert len(site.kept("rejected")) == 1


def test_a_file_that_is_no_dicom_is_kept_aside_and_the_study_goes_on(site: Site) -> None:
    rt_study(site.drop / "study", CORK)
    notes = junk(site.drop / "study").name
    assert site.import_once() == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    kept = site.kept("rejected")
    assert list(kept) == [notes]
    assert site.reason_beside(kept[notes])["reason"]["id"] == "NOT_DICOM"


def test_a_forbidden_model_ends_in_quarantine(site: Site) -> None:
    rt_study(site.drop / "study", CORK, ManufacturerModelName="Aquilion/LB")
    protocol = site.protocol('deny: {ManufacturerModelName: ["Aquilion/LB"]}\n')
    assert site.import_once("--protocol", str(protocol)) == Exit.STOPPED
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    assert site.sessions("HOSPITAL") == []
    assert site.waiting("HOSPITAL") == site.waiting("QUARANTINE") == []


def test_an_unknown_modality_ends_in_quarantine(site: Site) -> None:
    ultrasound(site.drop / "us")
    assert site.import_once() == Exit.STOPPED
    assert len(site.sessions("QUARANTINE")) == 1
    assert site.sessions("HOSPITAL") == []


def test_quarantined_studies_may_stay_in_the_prearchive(site: Site) -> None:
    ultrasound(site.drop / "us")
    protocol = site.protocol("quarantine: prearchive\n")
    assert site.import_once("--protocol", str(protocol)) == Exit.STOPPED
    (row,) = site.waiting("QUARANTINE")
    assert row["status"] == "READY"
    assert site.reason_of(row)["outcome"] == "quarantine"
    assert site.sessions("QUARANTINE") == []


def test_two_patients_in_one_folder_become_two_sessions(site: Site) -> None:
    rt_study(site.drop / "both" / "a", CORK, study=1)
    rt_study(site.drop / "both" / "b", Patient("PHANTOM^WAX", "WAX-2"), study=2)
    assert site.import_once() == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["CORK-1", "WAX-2"]


def test_one_study_in_many_folders_becomes_one_session(site: Site) -> None:
    study = rt_study(site.drop / "top" / "ct", CORK)
    (site.drop / "top" / "deep" / "er").mkdir(parents=True)
    for number, path in enumerate(sorted((site.drop / "top" / "ct").glob("*.dcm"))):
        if number % 2:
            path.rename(site.drop / "top" / "deep" / "er" / f"no ending {number}")
    assert site.import_once() == Exit.PASSED
    assert len(site.digests("HOSPITAL", "CORK-1")) == len(study.everything)


def test_the_same_study_sent_twice_waits_as_a_conflict_and_the_first_is_untouched(site: Site) -> None:
    rt_study(site.drop / "first", CORK)
    assert site.import_once() == Exit.PASSED
    before = site.digests("HOSPITAL", "CORK-1")
    rt_study(site.drop / "second", CORK)
    assert site.import_once() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "CONFLICT"
    assert (
        site.reason_of(row)["findings"][0]["message"]
        == "8 of 8 objects are already in session CORK-1 of HOSPITAL"
    )
    assert site.digests("HOSPITAL", "CORK-1") == before
    assert site.left_in_drop() == []


def test_objects_that_wait_already_under_other_file_names_are_not_sent_again(site: Site) -> None:
    ct_series(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL", subject="PHANTOM_CORK", session="CORK-1")
    rt_study(site.drop / "study", CORK)
    sent = digests_of(site.drop)
    assert site.import_once() == Exit.PASSED
    assert site.digests("HOSPITAL", "CORK-1") == sent


def test_an_edited_copy_never_overwrites_what_waits_in_the_prearchive(site: Site) -> None:
    rt_study(site.drop / "first", CORK)
    min((site.drop / "first").glob("CT*.dcm")).unlink()
    first = digests_of(site.drop)
    assert site.import_once() == Exit.STOPPED
    ct_series(site.drop / "second", CORK, SeriesDescription="edited")
    second = digests_of(site.drop)
    assert site.import_once() == Exit.STOPPED
    assert digests_of(site.root / "xnat" / "prearchive") == first
    assert digests_of(site.state / "held") == second


def test_a_study_sent_again_after_a_try_that_failed_and_one_that_did_not_is_a_conflict(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    with site.sandbox.faults.add(Fault(kind=Kind.DISK_FULL, times=1)):
        assert site.import_once() == Exit.STOPPED
    assert site.import_once() == Exit.PASSED
    ct_series(site.drop / "study", CORK)
    assert site.import_once() == Exit.STOPPED
    assert [row["status"] for row in site.waiting("HOSPITAL")] == ["CONFLICT"]


def test_a_folder_of_nothing_but_junk_is_no_success(site: Site) -> None:
    junk(site.drop / "study")
    assert site.import_once() == Exit.STOPPED
    assert len(site.kept("rejected")) == 1


def test_two_studies_of_one_patient_that_come_together_wait_for_a_person(site: Site) -> None:
    ct_series(site.drop / "day 1", CORK, study=1)
    (site.drop / "day 1" / "more").mkdir()
    ct_series(site.drop / "day 1" / "more", CORK, study=2)
    assert site.import_once() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    assert {row["status"] for row in site.waiting("HOSPITAL")} == {"ERROR"}
    assert len(site.waiting("HOSPITAL")) == 2


def test_a_study_with_missing_slices_waits_in_the_prearchive_with_the_reason(site: Site) -> None:
    rt_study(site.drop / "study", CORK)
    next(iter(sorted((site.drop / "study").glob("CT*.dcm")))).unlink()
    assert site.import_once() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "ERROR"
    assert {"RT030", "RT061", "RT081"} <= {finding["id"] for finding in site.reason_of(row)["findings"]}


def test_a_damaged_file_keeps_its_whole_study_out_of_xnat_and_nothing_is_lost(site: Site) -> None:
    rt_study(site.drop / "study", CORK)
    victim = min((site.drop / "study").glob("CT*.dcm"))
    victim.write_bytes(victim.read_bytes()[:-100])
    sent = digests_of(site.drop)
    assert site.import_once() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    assert site.waiting("HOSPITAL") == []
    assert digests_of(site.state / "held") == sent


def test_a_damaged_file_beside_an_orphan_is_kept_with_it_and_the_next_arrival_goes_on(site: Site) -> None:
    orphan_structure_set(site.drop / "a")
    orphan_structure_set(site.drop / "a" / "copy", instance=2)
    victim = min((site.drop / "a" / "copy").glob("*.dcm"))
    victim.write_bytes(victim.read_bytes()[:-20])
    ct_series(site.drop / "b", CORK, study=9)
    sent = digests_of(site.drop / "a")
    assert site.import_once() == Exit.STOPPED
    assert digests_of(site.state / "rejected") == sent
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert site.left_in_drop() == []


def test_a_data_set_without_file_header_is_held_with_its_study(site: Site) -> None:
    images = ct_series(site.drop / "study", CORK)
    victim = min((site.drop / "study").glob("*.dcm"))
    victim.unlink()
    save_bare(images[0], victim)
    assert site.import_once() == Exit.STOPPED
    assert len(digests_of(site.state / "held")) == 5
    assert site.waiting("HOSPITAL") == []


def test_a_study_without_patient_id_is_held_beside_the_drop_folder(site: Site) -> None:
    ct_series(site.drop / "study", CORK, PatientID=None)
    assert site.import_once() == Exit.STOPPED
    assert len(digests_of(site.state / "held")) == 5
    assert site.waiting("HOSPITAL") == []


def test_two_files_of_one_identity_are_held_together(site: Site) -> None:
    images = ct_series(site.drop / "study", CORK)
    images[0].PatientComments = "edited copy"
    from xnat_gate.sandbox.phantoms import save

    save(images[0], site.drop / "study" / "copy.dcm")
    assert site.import_once() == Exit.STOPPED
    assert len(digests_of(site.state / "held")) == 6


def test_the_second_of_two_identical_files_is_dropped(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    shutil.copy(min((site.drop / "study").glob("*.dcm")), site.drop / "study" / "again.dcm")
    assert site.import_once() == Exit.PASSED
    assert len(site.digests("HOSPITAL", "CORK-1")) == 5
    assert site.left_in_drop() == []


def test_hostile_file_names_do_no_harm(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    for path, name in zip(
        sorted((site.drop / "study").glob("*.dcm")), ["a\nb", "-rf", "..dcm", "$(id)", "ü \x07"], strict=True
    ):
        path.rename(path.with_name(name))
    assert site.import_once() == Exit.PASSED
    assert len(site.digests("HOSPITAL", "CORK-1")) == 5


def test_loose_files_at_the_top_are_left_and_told_about(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    ct_series(site.drop, CORK)
    assert site.import_once() == Exit.STOPPED
    assert len(site.left_in_drop()) == 5
    assert "5 file(s) lie loose at the top" in capsys.readouterr().err


def test_a_file_still_being_written_keeps_its_folder_in_the_drop_folder(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    (site.drop / "study" / "next.dcm.partial").write_bytes(b"half")
    assert site.import_once() == Exit.STOPPED
    assert site.left_in_drop() == ["study"]
    assert site.sessions("HOSPITAL") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("quarantin: archive\n", "did you mean quarantine?"),
        ("deny: {ManufacturerModelNam: [Aera]}\n", "did you mean ManufacturerModelName?"),
        ("rt: [reject]\n", "line 4"),
        ("name: a\nname: b\n", "line 5"),
        ("rules: {}\n", "rules"),
    ],
)
def test_a_protocol_with_a_mistake_is_refused_and_nothing_is_imported(
    site: Site, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    ct_series(site.drop / "study", CORK)
    assert site.import_once("--protocol", str(site.protocol(text))) == Exit.WRONG
    assert told in capsys.readouterr().err
    assert site.left_in_drop() == ["study"]
    assert site.waiting("HOSPITAL") == site.waiting("QUARANTINE") == []


def test_a_protocol_without_projects_is_refused(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    ct_series(site.drop / "study", CORK)
    protocol = site.protocol("", base="protocol: 1\nallow: {Modality: [CT]}\n")
    assert site.import_once("--protocol", str(protocol)) == Exit.WRONG
    assert "projects" in capsys.readouterr().err
    assert site.left_in_drop() == ["study"]


def test_without_an_answer_from_xnat_the_study_stays_in_the_drop_folder(site: Site, tmp_path: Path) -> None:
    ct_series(site.drop / "study", CORK)
    assert site.import_once("--xnat", "http://127.0.0.1:1") == Exit.UNAVAILABLE
    assert site.left_in_drop() == ["study"]
    assert len(digests_of(site.drop)) == 5


def test_a_wrong_password_is_told_as_one(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XNAT_PASS", "a-secret-that-is-wrong")
    assert site.import_once() == Exit.WRONG
    told = capsys.readouterr().err
    assert "XNAT_PASS" in told
    assert "a-secret-that-is-wrong" not in told


def test_an_account_without_rights_leaves_the_study_beside_the_drop_folder(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ultrasound(site.drop / "us")
    monkeypatch.setenv("XNAT_USER", "member")
    monkeypatch.setenv("XNAT_PASS", "member")
    protocol = site.protocol("")
    assert site.import_once("--protocol", str(protocol)) == Exit.WRONG
    assert len(digests_of(site.drop)) + len(digests_of(site.state)) == 1
    assert site.waiting("QUARANTINE") == []


def test_the_journal_tells_the_end_of_every_study_and_no_names(site: Site) -> None:
    rt_study(site.drop / "PHANTOM CORK", CORK)
    orphan_structure_set(site.drop / "alone", FOUNDLING)
    site.import_once()
    with site.journal() as journal:
        states = {entry.state for entry in journal.entries()}
        assert {entry.session for entry in journal.entries()} == {"CORK-1", FOUNDLING.id}
        assert states == {State.ARCHIVED, State.REJECTED}
    content = (site.state / "journal.sqlite3").read_bytes()
    content += b"".join(path.read_bytes() for path in site.state.glob("journal.sqlite3-*"))
    assert b"PHANTOM_CORK" not in content
    assert b"PHANTOM CORK" not in content
    assert b"PHANTOM^CORK" not in content
