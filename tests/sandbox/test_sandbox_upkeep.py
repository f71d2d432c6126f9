"""Upkeep: one sandbox per folder, rescans, recent arrivals, catalogues, dumps, the user cache, deleted projects."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.sandbox.client import JSON, Client, message
from tests.sandbox.test_sandbox_restart import SERVE
from xnat_gate.sandbox.claim import StateInUse
from xnat_gate.sandbox.server import Sandbox

FILES = "/data/user/cache/resources/inbox/files"


def test_a_second_sandbox_on_the_same_state_folder_is_refused_and_the_first_goes_on(
    sandbox: Sandbox, member: Client, tmp_path: Path
) -> None:
    with pytest.raises(StateInUse, match=r"another sandbox is at work in .*state"):
        Sandbox.start(tmp_path / "state")
    assert member.get("/data/auth").status_code == 200
    sandbox.stop()
    with Sandbox.start(tmp_path / "state") as again, closing(Client(again.url, "member")) as client:
        assert client.get("/data/auth").status_code == 200


def test_a_second_process_on_the_same_state_folder_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    script = [sys.executable, "-c", SERVE, str(tmp_path / "state")]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode != 0
    assert "another sandbox is at work" in done.stderr


def test_a_rescan_finds_folders_without_a_row_and_drops_rows_without_a_folder(
    admin: Client, study: bytes, other_study: bytes, tmp_path: Path
) -> None:
    lost, kept = admin.waiting(study), admin.waiting(other_study, session="E2")
    home = tmp_path / "state" / "prearchive"
    shutil.move(home / lost.split("/projects/")[1], tmp_path / "away")
    source = home / kept.split("/projects/")[1]
    found = home / "HOSPITAL" / "20200101_101010000" / "E3"
    shutil.copytree(source, found)
    shutil.copy(source.with_name("E2.xml"), found.with_name("E3.xml"))
    assert admin.put("/data/prearchive").status_code == 200
    assert admin.row(lost) is None
    rows = {row["folderName"]: row for row in admin.rows("/data/prearchive/projects/HOSPITAL")}
    assert set(rows) == {"E2", "E3"}
    assert (rows["E3"]["status"], rows["E3"]["tag"]) == ("READY", rows["E2"]["tag"])


def test_a_rescan_leaves_alone_what_is_being_worked_on(sandbox: Sandbox, admin: Client, study: bytes) -> None:
    uri = admin.waiting(study)
    with sandbox.hold("deleting"):
        sandbox.world.queue.submit(lambda: admin.delete(uri))
        sandbox.await_work("deleting")
        assert admin.put("/data/prearchive/projects/HOSPITAL").status_code == 200
        assert (admin.row(uri) or {})["status"] == "_DELETING"
    sandbox.settle()
    assert admin.rows("/data/prearchive") == []


def test_recent_arrivals_are_the_last_ten_or_those_of_some_days(
    sandbox: Sandbox, member: Client, collaborator: Client, study: bytes
) -> None:
    for number in range(11):
        member.send_zip(study, project="HOSPITAL", session=f"E{number}")
    recent = "/data/prearchive/experiments"
    assert [row["name"] for row in member.rows(recent, recent="true")] == [f"E{n}" for n in range(10, 0, -1)]
    sandbox.world.db.run("UPDATE prearchive SET uploaded = '2020-01-01 00:00:00.0' WHERE name <> 'E7'")
    assert [row["name"] for row in member.rows(recent, recent="3")] == ["E7"]
    assert collaborator.rows(recent, recent="true") == []
    assert member.get(recent).status_code == 400
    assert member.get(recent, params={"recent": "lately"}).status_code == 404


def test_a_batch_with_an_unknown_project_is_404_and_the_rest_goes_on(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    uri = owner.waiting(study)
    sources = {"src": [uri, "/prearchive/projects/NOWHERE/20200101_101010/X"]}
    assert owner.post("/data/services/prearchive/delete", params=sources).status_code == 404
    sandbox.settle()
    assert owner.row(uri) is None


def test_catalogues_are_brought_in_line_with_the_disk(member: Client, study: bytes, tmp_path: Path) -> None:
    uri = member.archived(study)
    files = f"{uri}/resources/NOTES/files"
    for name in ("gone.txt", "changed.txt"):
        member.put(f"{files}/{name}", data="old", params={"inbody": "true"})
    home = tmp_path / "state/archive/HOSPITAL/arc001/E1/RESOURCES/NOTES"
    (home / "gone.txt").unlink()
    (home / "changed.txt").write_text("newer", encoding="utf-8")
    (home / "new.txt").write_text("hello", encoding="utf-8")
    where = {"resource": f"{uri.removeprefix('/data')}/resources/NOTES"}
    refresh = "/data/services/refresh/catalog"
    assert member.post(refresh, params={**where, "options": "append"}).status_code == 200
    assert {row["Name"] for row in member.rows(files)} == {"gone.txt", "changed.txt", "new.txt"}
    options = "delete,checksum,populateStats"
    assert member.post(refresh, params={**where, "options": options}).text == ""
    rows = {row["Name"]: row for row in member.rows(files)}
    assert (set(rows), rows["changed.txt"]["Size"]) == ({"changed.txt", "new.txt"}, "5")


def test_a_whole_session_is_refreshed_with_its_scans_by_those_who_may_edit(
    member: Client, collaborator: Client, study: bytes, tmp_path: Path
) -> None:
    uri = member.archived(study)
    removed = next((tmp_path / "state/archive/HOSPITAL/arc001/E1").rglob("CT*.dcm"))
    removed.unlink()
    item = next(row["URI"] for row in member.rows("/data/projects/HOSPITAL/experiments"))
    ask = {"resource": item.replace("/data", "/archive"), "options": "delete"}
    refresh = "/data/services/refresh/catalog"
    assert collaborator.post(refresh, params=ask).status_code == 403
    assert member.post(refresh, params=ask).status_code == 200
    assert removed.name not in {row["Name"] for row in member.rows(f"{uri}/scans/ALL/files")}
    for wrong in ({}, {"resource": "/nowhere"}, {**ask, "options": "magic"}):
        assert member.post(refresh, params=wrong).status_code == 400


def test_a_dump_shows_tags_of_a_waiting_and_of_an_archived_session(member: Client, study: bytes) -> None:
    waiting = member.waiting(study)
    dump = "/data/services/dicomdump"
    rows = member.rows(dump, src=waiting.removeprefix("/data"), field="PatientID")
    assert [(row["tag1"], row["vr"], row["desc"]) for row in rows] == [("(0010,0020)", "LO", "Patient ID")]
    (plan,) = member.rows(dump, src=f"{waiting}/scans/12", field="Modality")
    assert plan["value"] == "RTPLAN"
    archived = member.archive(waiting).text.strip()
    every = member.rows(dump, src=f"{archived.removeprefix('/data')}/scans/2")
    values = {row["tag1"]: row["value"] for row in every if not row["tag2"]}
    assert values["(0010,0020)"] == rows[0]["value"]
    assert values["(0028,0010)"].isdecimal()
    nested = [row for row in member.rows(dump, src=f"{archived}/scans/11") if row["tag2"]]
    assert nested
    assert all(row["tag1"].startswith("(") for row in nested)
    (by_tag,) = member.rows(dump, src=archived, field="00080060")
    assert by_tag["value"] == "CT"


def test_a_dump_of_nothing_is_refused(member: Client, collaborator: Client, study: bytes) -> None:
    waiting = member.waiting(study)
    dump = "/data/services/dicomdump"
    assert member.get(dump).status_code == 400
    assert member.get(dump, params={"src": "/elsewhere"}).status_code == 400
    assert member.get(dump, params={"src": f"{waiting}/scans/99"}).status_code == 404
    assert member.get(dump, params={"src": "/archive/projects/HOSPITAL/experiments/NO"}).status_code == 404
    assert collaborator.get(dump, params={"src": waiting}).status_code == 403


def test_a_file_of_the_user_cache_is_imported_by_its_source(
    member: Client, owner: Client, study: bytes
) -> None:
    put = member.put(f"{FILES}/study.zip", data=study, headers={"Content-Type": "application/zip"})
    assert (put.status_code, put.text) == (200, "")
    assert [row["Name"] for row in member.rows(FILES)] == ["study.zip"]
    assert member.get(f"{FILES}/study.zip").content == study
    params = {"import-handler": "DICOM-zip", "dest": "/prearchive/projects/HOSPITAL"}
    answer = member.post(
        "/data/services/import", params={**params, "src": f"{FILES.removeprefix('/data')}/study.zip"}
    )
    assert (member.row(answer.text.strip()) or {})["status"] == "READY"
    assert (
        owner.post("/data/services/import", params={**params, "src": f"{FILES}/study.zip"}).status_code == 404
    )
    assert member.post("/data/services/import", params={**params, "src": "/etc/passwd"}).status_code == 400
    assert member.delete(f"{FILES}/study.zip").status_code == 200
    assert member.get(f"{FILES}/study.zip").status_code == 404


def test_a_resource_of_the_user_cache_is_created_once_and_never_left(member: Client) -> None:
    resource = FILES.removesuffix("/files")
    assert [member.put(resource).status_code for _ in range(2)] == [200, 412]
    assert member.put(f"{FILES}/..%2F..%2Fowner", data=b"x").status_code == 400
    assert member.delete(resource).status_code == 200
    assert member.get(FILES).status_code == 404


def test_a_project_is_deleted_by_its_owner_with_all_it_holds(
    admin: Client, owner: Client, member: Client, study: bytes, other_study: bytes, tmp_path: Path
) -> None:
    owner.archived(study)
    owner.waiting(other_study, session="E2")
    assert member.delete("/data/projects/HOSPITAL").status_code == 403
    assert owner.delete("/data/projects/HOSPITAL", params={"removeFiles": "true"}).status_code == 200
    for path in ("/data/projects/HOSPITAL", "/data/projects/HOSPITAL/subjects"):
        assert owner.get(path).status_code == 404
    assert admin.rows("/data/prearchive") == []
    assert admin.rows("/data/experiments") == admin.rows("/data/subjects") == []
    assert not (tmp_path / "state/archive/HOSPITAL").exists()
    assert list((tmp_path / "state/cache").rglob("*.dcm"))
    again = owner.put("/data/projects/HOSPITAL")
    assert (again.status_code, "deleted project" in message(again)) == (403, True)


def test_a_project_whose_subject_has_sessions_elsewhere_is_not_deleted(
    admin: Client, owner: Client, study: bytes
) -> None:
    owner.archived(study)
    admin.put("/data/projects/HOSPITAL/experiments/E1/projects/QUARANTINE", params={"primary": "true"})
    assert owner.delete("/data/projects/HOSPITAL").status_code == 409
    assert owner.delete("/data/projects/HOSPITAL/subjects/S1").status_code == 409
    assert admin.get("/data/projects/QUARANTINE/experiments/E1", params=JSON).status_code == 200


def test_a_project_with_a_row_at_work_is_not_deleted(sandbox: Sandbox, owner: Client, study: bytes) -> None:
    uri = owner.waiting(study)
    sandbox.world.db.run("UPDATE prearchive SET status = '_ARCHIVING'")
    assert owner.delete("/data/projects/HOSPITAL").status_code == 500
    assert owner.row(uri) is not None
