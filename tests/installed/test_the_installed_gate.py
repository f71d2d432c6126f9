"""The gate as a hospital has it: installed by one command, its jobs run by XNAT, launched by people and by events."""

from __future__ import annotations

import shutil
import threading

import pytest
import requests

from tests.hospital import digests_of
from tests.installed.conftest import DOCKER
from tests.installed.hospital_with_jobs import Hospital
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, orphan_structure_set, rt_study

in_containers_alone = pytest.mark.parametrize("hospital", [DOCKER], indirect=True)
"""Commands of a person, whose jobs nothing else runs in an image; their roads have tests without a container."""
in_processes_alone = pytest.mark.parametrize("hospital", [Kind.PROCESS], indirect=True)
"""What happens between jobs that are run in an image by other tests."""


def patient(name: str) -> Patient:
    return Patient(f"PHANTOM^{name}", f"{name}-1")


def number(name: str) -> int:
    """A study of its own for each patient."""
    return sum(ord(letter) * (index + 1) for index, letter in enumerate(name))


def test_a_dropped_study_is_archived_by_a_container_and_checked_again_by_event(hospital: Hospital) -> None:
    site = hospital.site
    rt_study(site.root / "sent" / "cork", patient("CORK"), study=number("CORK"))
    shutil.copytree(site.root / "sent" / "cork", site.drop / "cork")
    assert site.import_once() == Exit.PASSED
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "sent" / "cork")
    hospital.settle()
    (gate,) = hospital.runs("check-prearchive", "CORK-1")
    assert gate.status == "Complete"
    assert gate.last_line.startswith("prearchive of HOSPITAL: 1 looked at: 1 archived")
    session = hospital.id_of("HOSPITAL", "CORK-1")
    (check,) = hospital.runs("check-session", session)
    assert check.status == "Complete"
    assert check.value("on-violation") == "quarantine"
    assert "nothing stands against its" in check.last_line
    assert hospital.report_of(session)["passed"] is True
    assert site.left_in_drop() == []


def test_a_forbidden_model_that_went_round_the_gate_ends_in_quarantine_by_event(hospital: Hospital) -> None:
    site = hospital.site
    ct_series(site.root / "aera", patient("AERA"), study=number("AERA"), ManufacturerModelName="Aera")
    session = hospital.archive_by_hand(site.root / "aera", "HOSPITAL", "AERA-1")
    hospital.settle()
    assert "AERA-1" not in site.sessions("HOSPITAL")
    assert site.digests("QUARANTINE", "AERA-1") == digests_of(site.root / "aera")
    assert hospital.report_of(session)["action"].startswith("was moved to QUARANTINE")
    (check,) = hospital.runs("check-session", session)
    assert check.status == "Complete"
    assert check.last_line.startswith(f"session {session}: the protocol forbids it (DENY)")


@in_containers_alone
def test_a_session_leaves_quarantine_by_an_administrators_hand_alone_and_never_onto_another(
    hospital: Hospital,
) -> None:
    site = hospital.site
    for name, project in (("MOVE", "QUARANTINE"), ("TAKEN", "QUARANTINE"), ("TAKEN", "HOSPITAL")):
        folder = site.root / f"{name}-{project}"
        ct_series(folder, patient(name), study=number(name) + len(project))
        hospital.archive_by_hand(folder, project, f"{name}-1")
    hospital.settle()
    requests.put(
        f"{site.sandbox.url}/data/projects/QUARANTINE/users/QUARANTINE_member/member",
        auth=("admin", "admin"),
        timeout=30,
    )
    session = hospital.id_of("QUARANTINE", "MOVE-1")
    wanted = {"destination": "HOSPITAL", "reason": "looked at by hand"}
    by_member = hospital.run("move-session", "session", f"/archive/experiments/{session}", "member", **wanted)
    assert by_member.status == "Failed"
    assert "only site or data administrators and owners of QUARANTINE" in by_member.stderr
    assert "MOVE-1" in site.sessions("QUARANTINE")
    by_admin = hospital.run("move-session", "session", f"/archive/experiments/{session}", **wanted)
    assert by_admin.status == "Complete", by_admin.stderr
    assert f"({session}) was moved from QUARANTINE to HOSPITAL" in by_admin.last_line
    assert "MOVE-1" in site.sessions("HOSPITAL")
    taken = hospital.id_of("QUARANTINE", "TAKEN-1")
    again = hospital.run("move-session", "session", f"/archive/experiments/{taken}", **wanted)
    assert again.status == "Failed"
    assert "HOSPITAL has a session TAKEN-1 already" in again.stderr
    assert "TAKEN-1" in site.sessions("QUARANTINE")


def test_what_another_door_left_in_the_prearchive_is_found_by_the_schedule(hospital: Hospital) -> None:
    site = hospital.site
    rt_study(site.root / "tick", patient("TICK"), study=number("TICK"))
    site.upload(site.root / "tick", "HOSPITAL", subject="anybody", session="anything")
    due = sum(site.sandbox.tick(12, minute, second) for minute in range(5) for second in range(60))
    assert due >= 1
    hospital.settle()
    assert site.digests("HOSPITAL", "TICK-1") == digests_of(site.root / "tick")


def test_orphans_that_another_door_brought_are_kept_in_xnat_before_they_are_taken_out(
    hospital: Hospital,
) -> None:
    site = hospital.site
    orphan_structure_set(site.root / "lone", patient("LONE"), study=number("LONE"))
    site.upload(site.root / "lone", "HOSPITAL", session="lone")
    run = hospital.run("check-prearchive", "project", "HOSPITAL")
    assert run.status == "Complete", run.stderr
    assert "1 rejected" in run.last_line
    assert not any(row["name"] == "lone" for row in site.waiting("HOSPITAL"))
    rows = site.get("/data/projects/QUARANTINE/resources/REJECTED/files?format=json").json()["ResultSet"][
        "Result"
    ]
    assert len(rows) == 1


@in_containers_alone
def test_a_conflict_is_settled_from_the_project_menu(hospital: Hospital) -> None:
    site = hospital.site
    for name in ("once", "twice"):
        rt_study(site.drop / name, patient("TWICE"), study=number("TWICE"))
        site.import_once()
    (row,) = [one for one in site.waiting("HOSPITAL") if one["name"] == "TWICE-1"]
    assert row["status"] == "CONFLICT"
    wanted = {"row": "TWICE-1", "action": "archive", "new_session_id": "TWICE-2"}
    run = hospital.run("resolve-conflict", "project", "HOSPITAL", **wanted)
    assert run.status == "Complete", run.stderr
    assert "1 archived" in run.last_line
    assert {"TWICE-1", "TWICE-2"} <= set(site.sessions("HOSPITAL"))


@in_processes_alone
def test_a_session_that_grows_is_checked_again_when_xnat_has_merged_it(hospital: Hospital) -> None:
    site = hospital.site
    ct_series(site.root / "grow", patient("GROW"), study=number("GROW"), slices=5)
    files = sorted((site.root / "grow").glob("*.dcm"))
    for name, part in (("grow-first", files[:3]), ("grow-rest", files[3:])):
        (site.drop / name).mkdir()
        for file in part:
            shutil.copy(file, site.drop / name)
        assert site.import_once() == Exit.PASSED
        hospital.settle()
    session = hospital.id_of("HOSPITAL", "GROW-1")
    first, second = hospital.runs("check-session", session)
    assert "against its 3 objects" in first.last_line
    assert "against its 5 objects" in second.last_line
    assert hospital.report_of(session)["studies"][0]["files"] == 5


@in_processes_alone
def test_the_same_check_launched_four_times_at_once_does_no_harm(hospital: Hospital) -> None:
    site = hospital.site
    rt_study(site.root / "four", patient("FOUR"), study=number("FOUR"))
    site.upload(site.root / "four", "HOSPITAL", session="four")
    threads = [
        threading.Thread(target=hospital.launch, args=("check-prearchive", "project", "HOSPITAL"))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hospital.settle()
    assert site.digests("HOSPITAL", "FOUR-1") == digests_of(site.root / "four")
    assert not any(row["name"] in ("four", "FOUR-1") for row in site.waiting("HOSPITAL"))


def test_installing_again_changes_nothing(hospital: Hospital, capsys: pytest.CaptureFixture[str]) -> None:
    site = hospital.site
    places = ("/xapi/commands", "/xapi/events/subscriptions", "/data/projects?format=json")
    before = [site.get(place).json() for place in places]
    assert main(["install", "--enable-events"]) == Exit.PASSED
    assert "nothing to do" in capsys.readouterr().out
    assert [site.get(place).json() for place in places] == before
