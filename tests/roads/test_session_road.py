"""An archived session is judged over its files: the report, and the move to QUARANTINE when it is due."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hospital import Site, digests_of
from tests.roads.test_moving_road import act_as, id_of
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.edge.xnat import Xnat
from xnat_gate.roads import moving
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import (
    Patient,
    ct_series,
    orphan_structure_set,
    rt_study,
    rtstruct,
    study_uid,
    ultrasound,
)

CORK = Patient("PHANTOM^CORK", "CORK-1")


def archived(site: Site, project: str = "HOSPITAL") -> str:
    """The files below `site.root/files`, archived by hand; the session's accession id."""
    row = site.upload(site.root / "files", project, subject="PHANTOM_CORK", session="CORK-1")
    answer = requests.post(
        f"{site.sandbox.url}/data/services/archive", params={"src": row}, auth=("admin", "admin"), timeout=30
    )
    assert answer.status_code in (200, 303), answer.text
    return id_of(site, project, "CORK-1")


def folder_of(site: Site, project: str = "HOSPITAL") -> Path:
    """Where XNAT keeps the session: what the Container Service mounts."""
    (found,) = (site.root / "xnat").rglob(f"{project}/arc001/CORK-1")
    return found


def check(site: Site, session: str, *options: str) -> int:
    return main(
        ["session", session, "--state", str(site.state), "--report", str(site.root / "report"), *options]
    )


def report(site: Site) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((site.root / "report" / "report.json").read_text(encoding="utf-8"))
    return document


def page(site: Site) -> str:
    return (site.root / "report" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("mounted", [True, False])
def test_a_session_against_which_nothing_stands_is_reported_and_stays(
    site: Site, mounted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    rt_study(site.root / "files", CORK)
    session = archived(site)
    options = ("--mounted", str(folder_of(site))) if mounted else ()
    assert check(site, session, "--on-violation", "quarantine", *options) == Exit.PASSED
    document = report(site)
    assert document["passed"] is True
    assert document["session"] == {"id": session, "project": "HOSPITAL", "label": "CORK-1"}
    assert {link["linkage"] for link in document["studies"][0]["rt"]} == {"LINKED"}
    assert "Nothing stands against its" in page(site)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"session {session}: nothing stands against its")
    assert last.endswith("it stays in HOSPITAL")


def test_a_forbidden_session_is_moved_to_quarantine_and_the_report_says_so(site: Site) -> None:
    ct_series(site.root / "files", CORK, ManufacturerModelName="Aera")
    session = archived(site)
    protocol = str(site.protocol("deny: {ManufacturerModelName: [Aera]}\n"))
    assert check(site, session, "--protocol", protocol, "--on-violation", "quarantine") == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    assert site.digests("QUARANTINE", "CORK-1") == digests_of(site.root / "files")
    assert report(site)["action"].startswith("was moved to QUARANTINE")
    assert [finding["id"] for finding in report(site)["forbidden"]] == ["DENY"]
    assert "was moved to QUARANTINE" in page(site)


def test_a_forbidden_session_stays_when_only_a_report_is_asked_for(site: Site) -> None:
    ultrasound(site.root / "files", CORK)
    session = archived(site)
    assert check(site, session) == Exit.STOPPED
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert report(site)["action"] == "stays in HOSPITAL"


def test_a_forbidden_session_that_is_in_quarantine_already_stays_there(site: Site) -> None:
    ultrasound(site.root / "files", CORK)
    session = archived(site, "QUARANTINE")
    assert check(site, session, "--on-violation", "quarantine") == Exit.STOPPED
    assert site.sessions("QUARANTINE") == ["CORK-1"]


def test_a_forbidden_object_forbids_the_session_even_where_the_door_would_have_rejected_it(
    site: Site,
) -> None:
    orphan_structure_set(site.root / "files", CORK)
    session = archived(site)
    protocol = str(
        site.protocol(
            "allow: {Modality: [CT]}\n",
            base="protocol: 1\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\n",
        )
    )
    check(site, session, "--protocol", protocol, "--on-violation", "quarantine")
    assert site.sessions("QUARANTINE") == ["CORK-1"]


def test_an_orphan_in_the_archive_is_told_and_not_moved(site: Site) -> None:
    orphan_structure_set(site.root / "files", CORK)
    session = archived(site)
    assert check(site, session, "--on-violation", "quarantine") == Exit.STOPPED
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert report(site)["forbidden"] == []
    assert "it is not whole" in report(site)["sentence"]


def test_links_that_end_in_the_session_of_another_study_are_told_though_both_came_under_one_label(
    site: Site,
) -> None:
    """The second was archived under a label that a person chose."""
    images = ct_series(site.root / "files", CORK, slices=2)
    archived(site)
    folder = site.root / "late"
    rtstruct(folder, images, patient=CORK, StudyInstanceUID=study_uid(2))
    row = site.upload(folder, "HOSPITAL", subject="PHANTOM_CORK", session="CORK-1b")
    answer = requests.post(
        f"{site.sandbox.url}/data/services/archive", params={"src": row}, auth=("admin", "admin"), timeout=30
    )
    assert answer.status_code in (200, 303), answer.text
    check(site, id_of(site, "HOSPITAL", "CORK-1b"))
    (told,) = report(site)["studies"]
    assert "in session CORK-1" in [
        file for one in told["findings"] if one["id"] == "RT154" for file in one["files"]
    ]


def test_a_file_that_cannot_be_read_forbids_the_session_because_nobody_knows_what_it_is(site: Site) -> None:
    ct_series(site.root / "files", CORK)
    session = archived(site)
    damaged = sorted(folder_of(site).rglob("*.dcm"))[0]
    damaged.write_bytes(damaged.read_bytes()[:700])
    mounted = str(folder_of(site))
    assert check(site, session, "--mounted", mounted, "--on-violation", "quarantine") == Exit.STOPPED
    assert report(site)["forbidden"][0]["id"] == "RT001"
    assert site.sessions("QUARANTINE") == ["CORK-1"]


def test_a_mount_that_shows_less_than_xnat_lists_is_no_ground_for_a_verdict(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rt_study(site.root / "files", CORK)
    session = archived(site)
    (tmp_path / "empty").mkdir()
    assert check(site, session, "--mounted", str(tmp_path / "empty")) == Exit.UNAVAILABLE
    assert "of them cannot be seen" in capsys.readouterr().err
    assert not (site.root / "report").exists()


def test_a_file_too_many_does_not_hide_one_that_is_missing(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    rt_study(site.root / "files", CORK)
    session = archived(site)
    gone = sorted(folder_of(site).rglob("*.dcm"))[0]
    gone.rename(gone.with_name("another.dcm"))
    assert check(site, session, "--mounted", str(folder_of(site))) == Exit.UNAVAILABLE
    assert "1 of them cannot be seen" in capsys.readouterr().err


def test_a_session_without_files_is_told_to_hold_none(site: Site) -> None:
    path = "/data/projects/HOSPITAL/subjects/NEW/experiments/EMPTY?xsiType=xnat:ctSessionData"
    session = requests.put(site.sandbox.url + path, auth=("admin", "admin"), timeout=30).text.strip()
    assert check(site, session, "--on-violation", "quarantine") == Exit.STOPPED
    assert report(site)["sentence"] == "it holds no DICOM object"
    assert report(site)["passed"] is False


def test_a_session_that_is_not_there_is_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(site, "XNAT_E99999") == Exit.WRONG
    assert "XNAT_E99999" in capsys.readouterr().err


def test_whoever_may_not_move_it_gets_the_report_and_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ultrasound(site.root / "files", CORK)
    session = archived(site)
    act_as(monkeypatch, "member")
    assert check(site, session, "--on-violation", "quarantine") == Exit.WRONG
    assert "nothing was moved" in capsys.readouterr().err
    assert "could NOT be moved to QUARANTINE" in report(site)["action"]
    kept = site.get(f"/data/experiments/{session}/resources/GATE/files/report.json").json()
    assert "could NOT be moved to QUARANTINE" in kept["action"]


def test_a_label_that_is_taken_in_quarantine_leaves_the_session_and_tells(site: Site) -> None:
    ultrasound(site.root / "files", CORK)
    archived(site, "QUARANTINE")
    session = archived(site)
    assert check(site, session, "--on-violation", "quarantine") == Exit.WRONG
    assert "QUARANTINE has a session CORK-1 already" in report(site)["action"]
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_xnat_going_away_in_the_middle_leaves_the_session_where_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "PATIENCE", 0.2)
    ultrasound(site.root / "files", CORK)
    session = archived(site)
    path = "/data/projects/HOSPITAL/experiments/CORK-1/projects/QUARANTINE"
    with site.sandbox.faults.add(Fault(kind=Kind.STATUS, method="PUT", path=path, code=503)):
        assert check(site, session, "--on-violation", "quarantine") == Exit.UNAVAILABLE
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    kept = site.get(f"/data/experiments/{session}/resources/GATE/files/report.json").json()
    assert "could NOT be moved" in kept["action"]


def test_a_file_that_the_system_refuses_is_the_mounts_trouble_and_quarantines_nobody(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    ct_series(site.root / "files", CORK)
    session = archived(site)
    refused = sorted(folder_of(site).rglob("*.dcm"))[0]
    refused.unlink()
    refused.symlink_to("nowhere")
    mounted = str(folder_of(site))
    assert check(site, session, "--mounted", mounted, "--on-violation", "quarantine") == Exit.UNAVAILABLE
    assert "see how the archive is mounted" in capsys.readouterr().err
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_the_report_lies_beside_the_session_before_it_is_moved(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ultrasound(site.root / "files", CORK)
    session = archived(site)

    def killed(*_: object) -> None:
        raise SystemExit(143)

    monkeypatch.setattr(Xnat, "move_session", killed)
    with pytest.raises(SystemExit):
        check(site, session, "--on-violation", "quarantine")
    kept = site.get(f"/data/experiments/{session}/resources/GATE/files/report.json").json()
    assert kept["action"] == "is about to be moved to QUARANTINE"


def test_of_two_checks_at_once_both_find_the_session_in_quarantine(site: Site) -> None:
    ultrasound(site.root / "files", CORK)
    session = archived(site)
    codes: list[int] = []

    def one(name: str) -> None:
        report = str(site.root / name)
        codes.append(check(site, session, "--on-violation", "quarantine", "--report", report))

    threads = [threading.Thread(target=one, args=(name,)) for name in ("report", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [Exit.STOPPED, Exit.STOPPED]
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    told = {
        json.loads((site.root / name / "report.json").read_text())["action"] for name in ("report", "other")
    }
    assert all("NOT" not in action for action in told)


def test_what_a_job_prints_holds_no_names(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    ultrasound(site.root / "files", CORK)
    session = archived(site)
    assert check(site, session, "--format", "line") == Exit.STOPPED
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"session {session}: the protocol forbids it (ALLOW)")
    assert "CORK" not in line


def test_hostile_dicom_text_is_text_in_the_report(site: Site) -> None:
    rt_study(site.root / "files", CORK)
    ct_series(
        site.root / "files" / "more", CORK, series=9, Manufacturer="<script>alert(1)</script>",
        SeriesDescription="<img src=x onerror=alert(1)>", Modality="<b>CT",
    )  # fmt: skip
    session = archived(site)
    check(site, session)
    assert "&lt;b&gt;CT" in page(site)
    assert "<script" not in page(site)
    assert "<img" not in page(site)


def test_the_verb_prints_the_report_as_json(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    rt_study(site.root / "files", CORK)
    session = archived(site)
    assert check(site, session, "--format", "json") == Exit.PASSED
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    assert document["session"]["id"] == session
