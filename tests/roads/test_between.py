"""What comes between: rows that somebody touches while the gate looks at them, and sessions that cannot be judged."""

from __future__ import annotations

import pytest

from tests.hospital import Site, digests_of
from tests.roads.test_prearchive_road import conflict, meanwhile
from tests.roads.test_second_thoughts import CORK, LABELS, latest, somebody
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.parts import gate, settings_for
from xnat_gate.core.states import State
from xnat_gate.edge.keeping import Keeping
from xnat_gate.edge.xnat import Xnat
from xnat_gate.roads.prearchive import find, resolve
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study, rtstruct, ultrasound

# --- touched while it was looked at -----------------------------------------------------------------------------


def test_what_comes_while_an_orphan_is_taken_out_does_not_go_in_unjudged(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK)
    rtstruct(site.root / "files", ct_series(None, CORK, series=9), series=14)
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    ultrasound(site.root / "late", CORK, study=1)
    meanwhile(
        monkeypatch, Keeping, "keep_members", lambda: site.upload(site.root / "late", "HOSPITAL", **LABELS)
    )
    assert site.prearchive() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    assert len(digests_of(site.root / "xnat" / "prearchive")) == 7


def test_what_comes_during_the_removal_of_an_orphan_does_not_go_in_unjudged(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK)
    rtstruct(site.root / "files", ct_series(None, CORK, series=9), series=14)
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    ultrasound(site.root / "late", CORK, study=1)
    meanwhile(monkeypatch, Xnat, "remove_scan", lambda: site.upload(site.root / "late", "HOSPITAL", **LABELS))
    assert site.prearchive() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    assert len(site.waiting("HOSPITAL")) == 1


def test_a_session_that_changes_while_it_is_fetched_is_neither_moved_nor_marked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK, ManufacturerModelName="Aera")
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    ct_series(site.root / "late", CORK, series=4, number=44)
    protocol = str(site.protocol("deny: {ManufacturerModelName: [Aera]}\n"))
    meanwhile(monkeypatch, Xnat, "stream", lambda: site.upload(site.root / "late", "HOSPITAL", **LABELS))
    assert site.prearchive("HOSPITAL", "--protocol", protocol) == Exit.STOPPED
    assert [row["status"] for row in site.waiting("HOSPITAL")] == ["READY"]
    assert site.waiting("QUARANTINE") == []
    assert site.sessions("QUARANTINE") == []


def test_a_session_that_vanishes_while_an_orphan_is_taken_out_is_left(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ct_series(site.root / "files", CORK)
    rtstruct(site.root / "files", ct_series(None, CORK, series=9), series=14)
    row = site.upload(site.root / "files", "HOSPITAL", **LABELS)
    whole = Xnat.remove_scan

    def vanishing(*given: object) -> None:
        whole(*given)  # type: ignore[arg-type]
        somebody(site, "DELETE", f"/data{row}")

    monkeypatch.setattr(Xnat, "remove_scan", vanishing)
    assert site.prearchive() == Exit.STOPPED
    assert "has left the prearchive" in " ".join(capsys.readouterr().out.split())
    assert site.sessions("HOSPITAL") == []


def test_a_scan_that_xnat_does_not_show_any_more_holds_the_session(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK)
    rtstruct(site.root / "files", ct_series(None, CORK, series=9), series=14)
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    whole = Xnat.scans
    monkeypatch.setattr(Xnat, "scans", lambda xnat, row: whole(xnat, row)[:1])
    assert site.prearchive() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    (waiting,) = site.waiting("HOSPITAL")
    assert "does not show the scans" in site.reason_of(waiting)["findings"][0]["message"]


def test_a_scan_that_somebody_takes_out_first_leaves_the_session_to_the_next_look(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK)
    rtstruct(site.root / "files", ct_series(None, CORK, series=9), series=14)
    row = site.upload(site.root / "files", "HOSPITAL", **LABELS)
    with monkeypatch.context() as once:
        meanwhile(once, Xnat, "scans", lambda: somebody(site, "DELETE", f"/data{row}/scans/11"))
        assert site.prearchive() == Exit.STOPPED
    assert [waiting["status"] for waiting in site.waiting("HOSPITAL")] == ["READY"]
    assert site.prearchive() == Exit.PASSED
    assert len(site.digests("HOSPITAL", "CORK-1")) == 5


def test_a_session_still_receiving_is_not_deleted_on_request(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    rt_study(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL", dest="", project="HOSPITAL")
    (row,) = site.waiting("HOSPITAL")
    assert site.prearchive("HOSPITAL", "--resolve", row["url"], "--delete") == Exit.WRONG
    assert "RECEIVING" in capsys.readouterr().err
    assert site.waiting("HOSPITAL") == [row]


def test_files_that_appear_in_the_archive_while_archiving_are_told_and_are_no_success(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.drop / "first", CORK, series=1)
    assert site.import_once() == Exit.PASSED
    ct_series(site.drop / "late", CORK, series=2, number=7)
    path = "/data/projects/HOSPITAL/experiments/CORK-1/scans/2/resources/DICOM/files/more.dcm"
    meanwhile(monkeypatch, Xnat, "archive", lambda: somebody(site, "PUT", path, inbody="true"))
    assert site.import_once() == Exit.STOPPED
    assert latest(site).state is State.FAILED


# --- what cannot be judged, and what a person must be told ------------------------------------------------------


def test_an_orphan_that_shares_its_series_with_images_is_not_taken_out(site: Site) -> None:
    images = ct_series(site.root / "files", CORK)
    rtstruct(
        site.root / "files",
        ct_series(None, CORK, series=9),
        series=14,
        SeriesInstanceUID=images[0].SeriesInstanceUID,
    )
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    before = digests_of(site.root / "xnat" / "prearchive")
    assert site.prearchive() == Exit.STOPPED
    assert digests_of(site.root / "xnat" / "prearchive") == before
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "ERROR"


def smuggled(site: Site, content: bytes) -> None:
    """A file that lies in XNAT's prearchive folder, however it came there."""
    ct_series(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    beside = min((site.root / "xnat" / "prearchive").rglob("*.dcm"))
    (beside.parent / "smuggled.dcm").write_bytes(content)


def test_a_waiting_session_of_two_studies_is_held_for_a_person(site: Site) -> None:
    ct_series(site.root / "other", Patient("PHANTOM^WAX", "WAX-2"), study=2)
    smuggled(site, min((site.root / "other").glob("*.dcm")).read_bytes())
    assert site.prearchive() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "ERROR"
    assert "holds 2 studies" in site.reason_of(row)["findings"][0]["message"]
    assert site.sessions("HOSPITAL") == []
    assert latest(site).state is State.HELD


def test_a_waiting_session_with_a_file_that_cannot_be_read_is_held_for_a_person(site: Site) -> None:
    ct_series(site.root / "other", CORK)
    smuggled(site, min((site.root / "other").glob("*.dcm")).read_bytes()[:200])
    assert site.prearchive() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "ERROR"
    assert "RT001: 1 file(s)" in site.reason_of(row)["findings"][0]["message"]
    assert site.sessions("HOSPITAL") == []


def test_a_waiting_session_without_any_object_is_held_for_a_person(site: Site) -> None:
    ct_series(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    for path in (site.root / "xnat" / "prearchive").rglob("*.dcm"):
        path.unlink()
    assert site.prearchive() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "ERROR"
    assert "no DICOM object" in site.reason_of(row)["findings"][0]["message"]


def test_who_may_not_mark_a_session_is_still_told_why_it_is_held(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    smuggled(site, b"")
    with site.sandbox.faults.add(Fault(kind=Kind.STATUS, method="PUT", path="/data/prearchive/*", code=403)):
        assert site.prearchive() == Exit.STOPPED
    assert "held" in capsys.readouterr().out
    assert latest(site).state is State.HELD


def test_a_label_that_two_waiting_sessions_have_is_told_with_both(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    conflict(site)
    ct_series(site.drop / "third", CORK, study=3)
    site.import_once()
    rows = site.waiting("HOSPITAL")
    assert len(rows) == 2
    capsys.readouterr()
    assert site.prearchive("HOSPITAL", "--resolve", "CORK-1", "--delete") == Exit.WRONG
    told = capsys.readouterr().err
    assert all(row["url"] in told for row in rows)
    assert len(site.waiting("HOSPITAL")) == 2


def test_a_session_that_was_moved_to_quarantine_keeps_its_line_in_the_journal(site: Site) -> None:
    rt_study(site.drop / "study", CORK, ManufacturerModelName="Aera")
    min((site.drop / "study").glob("CT*.dcm")).unlink()
    assert site.import_once() == Exit.STOPPED
    protocol = str(site.protocol("deny: {ManufacturerModelName: [Aera]}\nrt: {partial: note}\n"))
    breaks = Fault(kind=Kind.STATUS, method="POST", path="/data/services/archive", code=500, times=1)
    with site.sandbox.faults.add(breaks) as fault:
        assert site.prearchive("HOSPITAL", "--protocol", protocol) == Exit.STOPPED
        assert fault.fired == 1
    assert site.prearchive("QUARANTINE", "--protocol", protocol) == Exit.STOPPED
    with site.journal() as journal:
        (entry,) = journal.entries()
    assert (entry.state, entry.project) == (State.QUARANTINED, "QUARANTINE")


def test_a_study_that_stays_in_the_prearchive_for_now_is_told_with_its_files(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    ct_series(site.drop / "study", CORK)
    breaks = Fault(kind=Kind.STATUS, method="POST", path="/data/services/archive", code=500)
    with site.sandbox.faults.add(breaks):
        assert site.import_once() == Exit.STOPPED
    assert "5 CT" in capsys.readouterr().out


def test_what_is_left_alone_is_told_once(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    (site.drop / "loose.dcm").write_bytes(b"loose")
    ct_series(site.drop / "study", CORK)
    site.import_once()
    assert capsys.readouterr().err.count("lie loose at the top") == 1


def test_a_label_that_xnat_would_change_is_refused_on_the_road_itself(site: Site) -> None:
    conflict(site)
    with gate(settings_for(None), protocol=None, state=site.state, tell=print) as parts:
        row = find("HOSPITAL", "CORK-1", parts)
        with pytest.raises(ValueError, match="cannot be a session ID"):
            list(resolve(row, "CORK 1", parts))
