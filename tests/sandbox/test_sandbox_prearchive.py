"""The prearchive: its lists, one waiting session, its actions, the batch services, and who may do what."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from tests.sandbox.client import JSON, Client, message, zipped
from xnat_gate.sandbox import phantoms
from xnat_gate.sandbox.server import Sandbox

COLUMNS = [
    "project", "timestamp", "lastmod", "uploaded", "scan_date", "scan_time", "subject", "folderName", "name", "tag",
    "status", "url", "autoarchive", "prevent_anon", "prevent_auto_commit", "SOURCE", "VISIT", "PROTOCOL", "TIMEZONE",
]  # fmt: skip
HERE = "/data/prearchive/projects/HOSPITAL"


def unassigned(client: Client, tmp_path: Path) -> str:
    phantoms.ct_series(tmp_path / "unassigned", study=5, slices=1)
    return client.send_zip(zipped(tmp_path / "unassigned")).text.strip()


def test_a_row_has_the_nineteen_columns_in_order_and_strings_only(member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    row = member.rows(HERE)[0]
    assert list(row) == COLUMNS
    assert all(isinstance(cell, str) for cell in row.values())
    assert f"/data{row['url']}" == uri
    assert "totalRecords" not in member.get(HERE, params=JSON).json()["ResultSet"]


def test_all_lists_agree(member: Client, study: bytes) -> None:
    member.waiting(study)
    lists = [member.rows(path) for path in ("/data/prearchive", "/data/prearchive/projects", HERE)]
    assert len(lists[0]) == 1
    assert lists[0] == lists[1] == lists[2]


def test_unassigned_rows_are_appended_to_every_list_of_an_administrator_alone(
    admin: Client, owner: Client, tmp_path: Path
) -> None:
    unassigned(owner, tmp_path)
    for path in ("/data/prearchive", HERE, "/data/prearchive/projects/QUARANTINE"):
        assert [row["project"] for row in admin.rows(path)] == ["Unassigned"], path
    assert owner.rows("/data/prearchive") == []
    assert owner.rows(HERE) == []
    assert len(admin.rows("/data/prearchive/projects/Unassigned")) == 1
    assert owner.get("/data/prearchive/projects/Unassigned").status_code == 404


def test_a_collaborator_sees_the_projects_rows_and_nothing_below(
    member: Client, collaborator: Client, study: bytes
) -> None:
    uri = member.waiting(study)
    assert len(collaborator.rows(HERE)) == 1
    assert collaborator.rows("/data/prearchive") == []
    for path in ("", "/scans", "/logs", "/resources"):
        assert collaborator.get(f"{uri}{path}", params=JSON).status_code == 403, path
    for action in ("build", "commit", "move", "set-status"):
        assert collaborator.post(uri, params={"action": action}).status_code == 403, action
    assert collaborator.delete(uri).status_code == 403


def test_a_project_one_may_not_see_is_404_in_the_list(owner: Client) -> None:
    assert owner.get("/data/prearchive/projects/QUARANTINE").status_code == 404
    assert owner.get("/data/prearchive/projects/NOSUCH").status_code == 404


def test_the_study_uid_is_searched_by_administrators_alone(
    admin: Client, member: Client, study: bytes
) -> None:
    member.waiting(study)
    assert len(admin.rows("/data/prearchive", tag=phantoms.study_uid(1))) == 1
    assert admin.rows("/data/prearchive", tag="1.2.3") == []
    assert member.get("/data/prearchive", params={"tag": "1.2.3"}).status_code == 404


def test_the_session_document_names_its_scans(member: Client, study: bytes) -> None:
    text = member.get(member.waiting(study)).text
    assert '<xnat:scan ID="2" UID="' + phantoms.series_uid(1, 1) in text
    assert 'xsi:type="xnat:ctScanData"' in text
    assert "<xnat:series_description>Phantom RTSTRUCT</xnat:series_description>" in text


def test_a_session_that_does_not_exist_is_an_empty_table_a_404_document_and_a_200_delete(
    member: Client,
) -> None:
    missing = f"{HERE}/20200101_000000000/NONE"
    assert member.rows(missing) == []
    assert member.get(missing).status_code == 404
    assert member.delete(missing).status_code == 200


def test_an_unknown_project_in_a_session_uri_is_500(member: Client) -> None:
    answer = member.get("/data/prearchive/projects/NOSUCH/20200101_000000000/E")
    assert (answer.status_code, message(answer)) == (500, "No project named NOSUCH.")


def test_put_on_a_session_is_405(member: Client, study: bytes) -> None:
    answer = member.put(member.waiting(study))
    assert answer.status_code == 405
    assert "DELETE" in answer.headers["Allow"]


def test_the_zip_of_a_session_holds_its_folder(member: Client, study: bytes, tmp_path: Path) -> None:
    answer = member.get(member.waiting(study), params={"format": "zip"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        assert all(name.startswith("E1/") for name in names)
        sent = sorted(path.read_bytes() for path in (tmp_path / "study").rglob("*.dcm"))
        assert sorted(archive.read(name) for name in names if name.endswith(".dcm")) == sent


def test_scans_resources_and_files_can_be_read(member: Client, study: bytes, tmp_path: Path) -> None:
    uri = member.waiting(study)
    scans = member.rows(f"{uri}/scans")
    assert [(scan["ID"], scan["xsiType"]) for scan in scans] == [
        ("2", "xnat:ctScanData"),
        ("11", "xnat:rtImageScanData"),
        ("12", "xnat:rtImageScanData"),
        ("13", "xnat:rtImageScanData"),
    ]
    resources = member.rows(f"{uri}/scans/2/resources")
    assert [(row["label"], row["file_count"]) for row in resources] == [("DICOM", "3")]
    files = member.rows(f"{uri}/scans/2/resources/DICOM/files")
    assert len(files) == 3
    content = member.get(files[0]["URI"])
    assert len(content.content) == int(files[0]["Size"])
    assert content.content in {path.read_bytes() for path in (tmp_path / "study").rglob("*.dcm")}
    assert member.get(f"{uri}/scans/2/resources/DICOM/files/none.dcm").status_code == 404
    categories = {(row["category"], row["cat_id"]) for row in member.rows(f"{uri}/resources")}
    assert categories == {("scans", scan["ID"]) for scan in scans}


def test_nothing_below_a_session_is_found_before_it_is_built(member: Client, study: bytes) -> None:
    uri = member.send_zip(study, project="HOSPITAL", session="E1").text.strip()
    for path in ("/scans", "/resources", "/scans/2/resources"):
        answer = member.get(f"{uri}{path}", params=JSON)
        assert (answer.status_code, message(answer)) == (404, "Unable to locate prearc resource.")


def test_a_deleted_scan_leaves_disk_document_and_a_line_in_the_log(
    sandbox: Sandbox, member: Client, study: bytes
) -> None:
    uri = member.waiting(study)
    assert member.delete(f"{uri}/scans/11").status_code == 200
    assert [row["ID"] for row in member.rows(f"{uri}/scans")] == ["2", "12", "13"]
    assert 'ID="11"' not in member.get(uri).text
    assert not list((sandbox.world.folders.root / "prearchive").rglob("RTSTRUCT*"))
    assert list((sandbox.world.folders.root / "cache").rglob("RTSTRUCT*"))
    assert "Deleted scan 11" in member.get(f"{uri}/logs/last").text
    archived = member.archive(uri).text.strip()
    assert [row["ID"] for row in member.rows(f"{archived}/scans")] == ["2", "12", "13"]


def test_session_level_files_are_kept_listed_removed_and_travel_into_the_archive(
    member: Client, study: bytes
) -> None:
    uri = member.waiting(study)
    for name in ("a.json", "b.json"):
        put = member.put(
            f"{uri}/resources/gate/files/{name}", params={"inbody": "true"}, data=b"{}" + name.encode()
        )
        assert put.status_code == 200
    taken = member.put(f"{uri}/resources/gate/files/a.json", params={"inbody": "true"}, data=b"new")
    assert taken.json() == {"duplicates": ["a.json"]}
    assert member.get(f"{uri}/resources/gate/files/a.json").text == "{}a.json"
    assert member.delete(f"{uri}/resources/gate/files/b.json").status_code == 200
    assert [row["Name"] for row in member.rows(f"{uri}/resources/gate/files")] == ["a.json"]
    archived = member.archive(uri).text.strip()
    assert member.get(f"{archived}/resources/gate/files/a.json").text == "{}a.json"


def test_a_session_level_resource_is_deleted_whole(member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    member.put(f"{uri}/resources/gate/files/a.json", params={"inbody": "true"}, data=b"{}")
    assert member.delete(f"{uri}/resources/gate").status_code == 200
    assert member.get(f"{uri}/resources/gate/files", params=JSON).status_code == 404


def test_build_answers_the_uri_and_an_unknown_or_missing_action_is_400(member: Client, study: bytes) -> None:
    uri = member.send_zip(study, project="HOSPITAL", session="E1").text.strip()
    built = member.post(uri, params={"action": "build"})
    assert (built.status_code, built.text.strip()) == (200, uri)
    assert (member.row(uri) or {})["status"] == "READY"
    assert member.post(uri, params={"action": "rebuild"}).status_code == 400
    assert member.post(uri).status_code == 400


def test_the_action_may_stand_in_the_form(member: Client, study: bytes) -> None:
    uri = member.send_zip(study, project="HOSPITAL", session="E1").text.strip()
    assert member.post(uri, data={"action": "build"}).status_code == 200
    assert (member.row(uri) or {})["status"] == "READY"


def test_a_folder_of_two_studies_is_an_error_with_its_cause_in_the_log(
    member: Client, tmp_path: Path
) -> None:
    phantoms.ct_series(tmp_path / "ct", slices=1)
    uri = member.waiting(zipped(tmp_path / "ct"))
    phantoms.ct_series(tmp_path / "b", study=2, slices=1)
    stamp, folder = uri.split("/")[-2:]
    where = {
        "PROJECT_ID": "HOSPITAL",
        "EXPT_LABEL": "E1",
        "PREARC_TIMESTAMP": stamp,
        "PREARC_SESSION_FOLDER": folder,
    }
    second = member.send_one(next((tmp_path / "b").iterdir()).read_bytes(), **where).text.strip()
    assert second == f"{uri}_1"
    with_both = tmp_path / "state/prearchive/HOSPITAL" / stamp
    (with_both / "E1_1/SCANS/2").rename(with_both / "E1/SCANS/99")
    assert member.post(uri, params={"action": "build"}).status_code == 500
    assert (member.row(uri) or {})["status"] == "ERROR"
    assert "2 studies" in member.get(f"{uri}/logs/last").text


def test_move_answers_301_with_the_new_uri_as_body_and_no_location(admin: Client, study: bytes) -> None:
    uri = admin.waiting(study)
    answer = admin.post(uri, params={"action": "move", "newProject": "QUARANTINE"})
    moved = uri.replace("HOSPITAL", "QUARANTINE")
    assert (answer.status_code, answer.text) == (301, moved)
    assert "Location" not in answer.headers
    assert admin.row(uri) is None
    row = admin.row(moved) or {}
    assert (row["status"], row["project"]) == ("READY", "QUARANTINE")
    assert 'project="QUARANTINE"' in admin.get(moved).text
    assert "Moved from HOSPITAL to QUARANTINE" in admin.get(f"{moved}/logs/last").text


def test_move_wants_rights_at_the_destination(owner: Client, study: bytes) -> None:
    uri = owner.waiting(study)
    for project, status in (("QUARANTINE", 403), ("NOSUCH", 404)):
        assert owner.post(uri, params={"action": "move", "newProject": project}).status_code == status
    assert (owner.row(uri) or {})["status"] == "READY"


def test_a_moved_row_keeps_its_frozen_autoarchive(admin: Client, study: bytes) -> None:
    admin.put("/data/projects/HOSPITAL/prearchive_code/4")
    uri = admin.waiting(study)
    moved = admin.post(uri, params={"action": "move", "newProject": "QUARANTINE"}).text
    assert (admin.row(moved) or {})["autoarchive"] == "AutoArchive"
    committed = admin.post(moved, params={"action": "commit", "auto-archive": "false"})
    assert committed.status_code == 301
    assert committed.text == "/data/archive/projects/QUARANTINE/subjects/S1/experiments/E1"


def test_commit_without_auto_archive_answers_the_prearchive_uri(member: Client, study: bytes) -> None:
    uri = member.send_zip(study, project="HOSPITAL", session="E1").text.strip()
    answer = member.post(uri, params={"action": "commit"})
    assert (answer.status_code, answer.text.strip()) == (200, uri)


def test_commit_writes_left_over_labels_into_the_document(member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    member.post(uri, params={"action": "commit", "label": "NEW"})
    assert 'label="NEW"' in member.get(uri).text
    assert (member.row(uri) or {})["name"] == "E1"
    assert member.archive(uri).text.strip().endswith("/NEW")


def test_commit_archives_when_asked_and_a_conflict_is_500(member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    answer = member.post(uri, params={"action": "commit", "AA": "true"})
    assert (answer.status_code, answer.text) == (
        301,
        "/data/archive/projects/HOSPITAL/subjects/S1/experiments/E1",
    )
    again = member.waiting(study)
    assert member.post(again, params={"action": "commit", "AA": "true"}).status_code == 500
    assert (member.row(again) or {})["status"] == "CONFLICT"


def test_a_row_that_came_under_code_4_is_archived_by_the_rebuilder(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    owner.put("/data/projects/HOSPITAL/prearchive_code/4")
    owner.send_zip(study, project="HOSPITAL", subject="S1", session="E1")
    owner.put("/data/projects/HOSPITAL/prearchive_code/0")
    sandbox.rebuild()
    assert owner.rows(HERE) == []
    assert [row["label"] for row in owner.rows("/data/projects/HOSPITAL/experiments")] == ["E1"]


def test_status_is_set_and_reset_by_members(member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    set_ = member.post(uri, params={"action": "set-status", "status": "ERROR"})
    assert (set_.status_code, set_.text) == (200, "")
    assert (member.row(uri) or {})["status"] == "ERROR"
    assert member.post(uri, params={"action": "set-status", "status": "_ARCHIVING"}).status_code == 400
    reset = member.post(uri, params={"action": "reset-status"})
    assert (reset.status_code, reset.text.strip()) == (200, uri)
    assert (member.row(uri) or {})["status"] == "READY"


def test_delete_removes_row_and_folder_and_keeps_the_files_in_the_cache(
    sandbox: Sandbox, member: Client, study: bytes, tmp_path: Path
) -> None:
    uri = member.waiting(study)
    assert member.delete(uri).status_code == 200
    assert member.row(uri) is None
    root = sandbox.world.folders.root
    assert not list((root / "prearchive").rglob("*.dcm"))
    assert len(list((root / "cache").rglob("*.dcm"))) == len(list((tmp_path / "study").rglob("*.dcm")))


@pytest.mark.parametrize("service", ["move", "delete", "rebuild"])
def test_the_batch_services_are_for_owners(member: Client, owner: Client, study: bytes, service: str) -> None:
    uri = member.waiting(study)
    query = {"src": uri, "newProject": "HOSPITAL", **JSON}
    assert member.post(f"/data/services/prearchive/{service}", params=query).status_code == 403
    assert owner.post(f"/data/services/prearchive/{service}", params=query).status_code == 200


def test_a_batch_move_answers_the_queued_row_before_it_has_moved(
    sandbox: Sandbox, admin: Client, study: bytes
) -> None:
    uri = admin.waiting(study)
    with sandbox.hold("queue"):
        query = {"src": uri.removeprefix("/data"), "newProject": "QUARANTINE", **JSON}
        answer = admin.post("/data/services/prearchive/move", params=query)
        assert answer.json()["ResultSet"]["Result"][0]["status"] == "QUEUED_MOVING"
        assert (admin.row(uri) or {})["status"] == "QUEUED_MOVING"
    sandbox.settle()
    assert admin.row(uri) is None
    assert (admin.row(uri.replace("HOSPITAL", "QUARANTINE")) or {})["status"] == "READY"


def test_a_batch_move_to_nowhere_is_200_and_shows_later_as_error(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    uri = owner.waiting(study)
    query = {"src": uri, "newProject": "NOSUCH", **JSON}
    assert owner.post("/data/services/prearchive/move", params=query).status_code == 200
    sandbox.settle()
    assert (owner.row(uri) or {})["status"] == "ERROR"
    assert "NOSUCH" in owner.get(f"{uri}/logs/last").text


def test_a_batch_delete_and_a_batch_rebuild_have_their_effect_later(
    sandbox: Sandbox, owner: Client, study: bytes, other_study: bytes
) -> None:
    gone = owner.waiting(study)
    fresh = owner.send_zip(other_study, project="HOSPITAL", session="E2").text.strip()
    with sandbox.hold("queue"):
        owner.post("/data/services/prearchive/delete", data={"src": gone, "async": "false"})
        owner.post("/data/services/prearchive/rebuild", data={"src": fresh})
        assert (owner.row(gone) or {})["status"] == "QUEUED_DELETING"
        assert (owner.row(fresh) or {})["status"] == "QUEUED_BUILDING"
    sandbox.settle()
    assert owner.row(gone) is None
    assert (owner.row(fresh) or {})["status"] == "READY"


def test_a_malformed_source_is_500_for_the_batch_services(owner: Client) -> None:
    assert owner.post("/data/services/prearchive/delete", params={"src": "/somewhere"}).status_code == 500


def test_a_rescan_is_for_administrators(admin: Client, owner: Client) -> None:
    assert owner.put("/data/prearchive").status_code == 403
    assert admin.put("/data/prearchive").status_code == 200


def test_a_locked_row_is_said_in_four_ways(sandbox: Sandbox, owner: Client, study: bytes) -> None:
    uri = owner.waiting(study)
    row = owner.row(uri) or {}
    sandbox.world.db.run("UPDATE prearchive SET status = '_ARCHIVING' WHERE folder = ?", row["folderName"])
    archive = owner.archive(uri)
    assert (archive.status_code, message(archive)) == (
        403,
        "Operation already in progress on this prearchive entry.",
    )
    for action in ("build", "commit"):
        answer = owner.post(uri, params={"action": action})
        assert (answer.status_code, message(answer)) == (409, "session document locked")
    move = owner.post(uri, params={"action": "move", "newProject": "HOSPITAL"})
    assert (move.status_code, move.text) == (200, "")
    batch = owner.post("/data/services/prearchive/delete", params={"src": uri, **JSON})
    assert batch.status_code == 200
    sandbox.settle()
    assert (owner.row(uri) or {})["status"] == "_ARCHIVING"
