"""Archived subjects, sessions and scans: lists, items, creation, rename, removal, sharing and moving."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.client import JSON, Client, message, zipped
from xnat_gate.sandbox import phantoms
from xnat_gate.sandbox.server import Sandbox

P = "/data/projects/HOSPITAL"
E1 = f"{P}/subjects/S1/experiments/E1"


def item(client: Client, path: str) -> dict[str, str]:
    answer = client.get(path, params=JSON)
    assert answer.status_code == 200, answer.text
    fields: dict[str, str] = answer.json()["items"][0]["data_fields"]
    return fields


def test_a_session_is_listed_at_three_levels(owner: Client, study: bytes) -> None:
    owner.archived(study)
    subject = owner.rows(f"{P}/subjects")[0]["ID"]
    paths = (
        "/data/experiments",
        f"{P}/experiments",
        f"{P}/subjects/S1/experiments",
        f"{P}/subjects/{subject}/experiments",
    )
    rows = [owner.rows(path) for path in paths]
    assert rows[0] == rows[1] == rows[2] == rows[3]
    assert rows[0][0]["xsiType"] == "xnat:ctSessionData"
    assert rows[0][0]["URI"] == f"/data/experiments/{rows[0][0]['ID']}"


def test_columns_are_honoured_paths_come_back_lower_cased_and_unknown_ones_are_dropped(
    owner: Client, study: bytes
) -> None:
    owner.archived(study)
    rows = owner.rows(
        f"{P}/experiments", columns="ID,label,subject_label,UID,nonsense,xnat:imageSessionData/UID"
    )
    uid = phantoms.study_uid(1)
    assert rows == [
        {
            "ID": "XNAT_E00001",
            "label": "E1",
            "subject_label": "S1",
            "UID": uid,
            "xnat:imagesessiondata/uid": uid,
            "URI": "/data/experiments/XNAT_E00001",
        }
    ]


def test_an_xml_path_with_a_short_name_comes_back_under_it(owner: Client, study: bytes) -> None:
    owner.archived(study)
    (row,) = owner.rows(
        f"{P}/experiments",
        columns="xnat:subjectAssessorData/subject_id,xnat:subjectdata/label,xnat:imageSessionData/modality,"
        "xnat:ctSessionData/date",
    )
    assert row == {
        "subject_ID": "XNAT_S00001",
        "subject_label": "S1",
        "modality": "CT",
        "xnat:ctsessiondata/date": "2020-01-02",
        "ID": "XNAT_E00001",
        "URI": "/data/experiments/XNAT_E00001",
    }


def test_id_and_uri_come_with_whatever_columns_are_asked_for(owner: Client, study: bytes) -> None:
    owner.archived(study)
    for path, column in (
        ("/data/projects", "alias"),
        (f"{P}/experiments", "label"),
        (f"{P}/experiments/E1/scans", "type"),
    ):
        assert set(owner.rows(path, columns=column)[0]) == {column, "ID", "URI"}, path


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"label": "E1"}, ["E1"]),
        ({"label": "E*"}, ["E1", "E2"]),
        ({"label": "E2,E1"}, ["E1", "E2"]),
        ({"UID": phantoms.study_uid(9)}, ["E2"]),
        ({"xsiType": "xnat:ctSessionData"}, ["E1", "E2"]),
        ({"xsiType": "xnat:imageSessionData"}, ["E1", "E2"]),
        ({"xsiType": "xnat:mrSessionData"}, []),
        ({"limit": "1", "offset": "1"}, ["E2"]),
    ],
)
def test_lists_are_filtered(
    owner: Client, study: bytes, other_study: bytes, query: dict[str, str], found: list[str]
) -> None:
    owner.archived(study)
    owner.archived(other_study, session="E2")
    for path in (f"{P}/experiments", "/data/experiments"):
        assert [row["label"] for row in owner.rows(path, **query)] == found


def test_the_item_of_a_session_holds_its_scans(owner: Client, study: bytes) -> None:
    owner.archived(study)
    answer = owner.get(E1, params=JSON).json()["items"][0]
    assert answer["meta"]["xsi:type"] == "xnat:ctSessionData"
    assert answer["data_fields"]["date"] == "2020-01-02"
    scans = answer["children"][0]
    assert scans["field"] == "scans/scan"
    assert [scan["data_fields"]["ID"] for scan in scans["items"]] == ["2", "11", "12", "13"]
    file = scans["items"][0]["children"][0]["items"][0]["data_fields"]
    assert (file["label"], file["file_count"]) == ("DICOM", 3)


def test_a_session_is_created_with_201_and_updated_with_200_and_its_id(member: Client) -> None:
    made = member.put(E1, params={"xsiType": "xnat:ctSessionData", "date": "2024-01-30"})
    assert (made.status_code, made.text) == (201, "XNAT_E00001")
    again = member.put(E1, params={"xnat:ctSessionData/note": "seen"})
    assert (again.status_code, again.text) == (200, "XNAT_E00001")
    fields = item(member, E1)
    assert (fields["date"], fields["note"]) == ("2024-01-30", "seen")
    assert item(member, f"{P}/subjects/S1")["label"] == "S1"


def test_creation_is_refused_without_type_subject_project_or_right(
    member: Client, collaborator: Client
) -> None:
    assert member.put(E1).status_code == 417
    assert member.put(f"{P}/experiments/E1", params={"xsiType": "xnat:ctSessionData"}).status_code == 422
    assert member.put(E1, params={"xsiType": "xnat:ctSessionData", "project": "OTHER"}).status_code == 409
    assert collaborator.put(E1, params={"xsiType": "xnat:ctSessionData"}).status_code == 403
    assert member.put("/data/projects/QUARANTINE/subjects/S/experiments/E").status_code == 404


def test_a_custom_variable_is_kept_beside_the_item(member: Client) -> None:
    member.put(E1, params={"xsiType": "xnat:ctSessionData"})
    member.put(E1, params={"xnat:ctSessionData/fields/field[name=gate]/field": "held"})
    children = member.get(E1, params=JSON).json()["items"][0]["children"]
    assert children[0]["items"][0]["data_fields"] == {"name": "gate", "field": "held"}


def test_a_rename_answers_200_and_nothing_and_takes_the_folder_along(
    member: Client, study: bytes, other_study: bytes, tmp_path: Path
) -> None:
    member.archived(study)
    member.archived(other_study, session="E2")
    taken = member.put(E1, params={"label": "E2"})
    assert (taken.status_code, message(taken)) == (409, "Specified label is already in use.")
    done = member.put(E1, params={"label": "E9"})
    assert (done.status_code, done.text) == (200, "")
    assert member.get(E1, params=JSON).status_code == 404
    files = member.rows(f"{P}/experiments/E9/scans/ALL/files")
    assert member.get(files[0]["URI"]).status_code == 200
    assert (tmp_path / "state/archive/HOSPITAL/arc001/E9").is_dir()
    assert not (tmp_path / "state/archive/HOSPITAL/arc001/E1").exists()


def test_deletion_is_for_owners_and_404_for_those_who_see_nothing(
    sandbox: Sandbox, owner: Client, member: Client, collaborator: Client, admin: Client, study: bytes
) -> None:
    member.archived(study)
    hidden = admin.archived(study, project="QUARANTINE")
    for client in (member, collaborator):
        for path in (E1, f"{E1}/scans/2", f"{E1}/scans/2/resources/DICOM"):
            assert client.delete(path).status_code == 403, path
    assert owner.delete(hidden).status_code == 404
    assert owner.delete(f"{E1}/scans/11", params={"removeFiles": "true"}).status_code == 200
    assert [row["ID"] for row in owner.rows(f"{E1}/scans")] == ["2", "12", "13"]
    assert owner.delete(E1, params={"removeFiles": "true"}).status_code == 200
    assert owner.rows(f"{P}/experiments") == []
    assert not list((sandbox.world.folders.root / "archive/HOSPITAL").rglob("*.dcm"))


def test_deletion_without_remove_files_leaves_them_on_disk_and_ids_are_not_used_again(
    sandbox: Sandbox, owner: Client, study: bytes, other_study: bytes
) -> None:
    owner.archived(study)
    assert owner.delete(E1).status_code == 200
    assert len(list((sandbox.world.folders.root / "archive/HOSPITAL").rglob("*.dcm"))) == 6
    owner.archived(other_study, session="E2")
    assert [row["ID"] for row in owner.rows(f"{P}/experiments")] == ["XNAT_E00002"]


def test_subjects_are_created_renamed_and_deleted(owner: Client, member: Client) -> None:
    made = member.put(f"{P}/subjects/A", params={"gender": "female"})
    assert (made.status_code, made.text) == (201, "XNAT_S00001")
    assert member.put(f"{P}/subjects/A").status_code == 200
    assert item(member, f"{P}/subjects/A")["gender"] == "female"
    member.put(f"{P}/subjects/B")
    assert member.put(f"{P}/subjects/A", params={"label": "B"}).status_code == 409
    renamed = member.put(f"{P}/subjects/A", params={"label": "C"})
    assert (renamed.status_code, renamed.text) == (200, "")
    assert member.delete(f"{P}/subjects/C").status_code == 403
    assert owner.delete(f"{P}/subjects/C").status_code == 200
    assert [row["label"] for row in owner.rows(f"{P}/subjects")] == ["B"]


def test_a_scan_is_created_with_an_empty_200_and_keeps_its_type(member: Client) -> None:
    member.put(E1, params={"xsiType": "xnat:ctSessionData"})
    scan = f"{E1}/scans/5-CT1"
    assert member.put(scan, params={"type": "x"}).status_code == 400
    made = member.put(scan, params={"xsiType": "xnat:ctScanData", "type": "Thorax"})
    assert (made.status_code, made.text) == (200, "")
    assert member.put(scan, params={"xsiType": "xnat:mrScanData"}).status_code == 409
    assert [(row["ID"], row["type"]) for row in member.rows(f"{E1}/scans")] == [("5-CT1", "Thorax")]
    assert item(member, scan)["image_session_ID"] == "XNAT_E00001"


def test_series_that_share_a_number_become_numbered_scans_and_keep_their_files_apart(
    member: Client, tmp_path: Path
) -> None:
    phantoms.ct_series(tmp_path / "s", series=1, number=2, slices=2)
    phantoms.ct_series(tmp_path / "s", series=2, number=2, slices=3)
    uri = member.waiting(zipped(tmp_path / "s"))
    assert [row["ID"] for row in member.rows(f"{uri}/scans")] == ["2-CT1", "2-CT2"]
    assert len(member.rows(f"{uri}/scans/2-CT2/resources/DICOM/files")) == 3
    archived = member.archive(uri).text.strip()
    for scan, count in (("2-CT1", 2), ("2-CT2", 3)):
        files = member.rows(f"{archived}/scans/{scan}/resources/DICOM/files")
        assert len(files) == count
        assert all(member.get(file["URI"]).status_code == 200 for file in files)


def test_one_of_two_scans_that_share_a_folder_can_be_removed_alone(member: Client, tmp_path: Path) -> None:
    phantoms.ct_series(tmp_path / "s", series=1, number=2, slices=2)
    phantoms.ct_series(tmp_path / "s", series=2, number=2, slices=3)
    uri = member.waiting(zipped(tmp_path / "s"))
    member.delete(f"{uri}/scans/2-CT2")
    archived = member.archive(uri).text.strip()
    assert len(member.rows(f"{archived}/scans/ALL/files")) == 2


def test_a_series_without_a_number_takes_its_uid_as_scan_id(member: Client, tmp_path: Path) -> None:
    phantoms.ct_series(tmp_path / "s", slices=1, SeriesNumber=None)
    uri = member.waiting(zipped(tmp_path / "s"))
    assert [row["ID"] for row in member.rows(f"{uri}/scans")] == [phantoms.series_uid(1, 1).replace(".", "_")]


@pytest.mark.parametrize(
    ("build", "session", "scan"),
    [
        (phantoms.mr, "xnat:mrSessionData", "xnat:mrScanData"),
        (phantoms.pt, "xnat:petSessionData", "xnat:petScanData"),
        (phantoms.us, "xnat:usSessionData", "xnat:usScanData"),
        (phantoms.sc, "xnat:otherDicomSessionData", "xnat:scScanData"),
    ],
)
def test_sop_classes_name_session_and_scan_types(
    member: Client, tmp_path: Path, build: object, session: str, scan: str
) -> None:
    assert callable(build)
    build(tmp_path / "s")
    uri = member.waiting(zipped(tmp_path / "s"))
    assert {row["xsiType"] for row in member.rows(f"{uri}/scans")} == {scan}
    member.archive(uri)
    assert [row["xsiType"] for row in member.rows(f"{P}/experiments")] == [session]


def test_a_shared_session_shows_the_other_projects_label_and_is_read_only_there(
    admin: Client, owner: Client, study: bytes
) -> None:
    admin.archived(study, project="QUARANTINE")
    shared = "/data/projects/QUARANTINE/subjects/S1/experiments/E1/projects/HOSPITAL"
    assert admin.put(shared, params={"label": "SHARED", **JSON}).status_code == 200
    again = admin.put(shared, params=JSON)
    assert (again.status_code, message(again)) == (409, "Already assigned to project:HOSPITAL")
    rows = owner.rows(f"{P}/experiments")
    assert [(row["label"], row["project"]) for row in rows] == [("SHARED", "HOSPITAL")]
    assert len(owner.rows(f"{P}/experiments/SHARED/scans/ALL/files")) == 6
    assert owner.put(f"{P}/experiments/SHARED", params={"note": "x"}).status_code == 403
    table = admin.rows("/data/projects/QUARANTINE/experiments/E1/projects")
    assert [(row["ID"], row["label"]) for row in table] == [("QUARANTINE", "E1"), ("HOSPITAL", "SHARED")]
    assert owner.delete(f"{P}/experiments/SHARED").status_code == 200
    assert owner.rows(f"{P}/experiments") == []
    assert len(admin.rows("/data/projects/QUARANTINE/experiments")) == 1


def test_a_session_moves_with_an_empty_200_and_its_subject_stays_behind(
    admin: Client, study: bytes, tmp_path: Path
) -> None:
    admin.archived(study)
    moved = admin.put(f"{E1}/projects/QUARANTINE", params={"primary": "true"})
    assert (moved.status_code, moved.text) == (200, "")
    assert admin.get(E1, params=JSON).status_code == 404
    assert item(admin, "/data/projects/QUARANTINE/experiments/E1")["ID"] == "XNAT_E00001"
    assert admin.rows("/data/projects/QUARANTINE/subjects") == []
    assert admin.get("/data/projects/QUARANTINE/subjects/S1/experiments/E1/scans").status_code == 404
    assert len(list((tmp_path / "state/archive/QUARANTINE/arc001/E1").rglob("*.dcm"))) == 6
    share = admin.put(f"{P}/subjects/S1/projects/QUARANTINE", params=JSON)
    assert share.status_code == 200
    files = admin.rows("/data/projects/QUARANTINE/subjects/S1/experiments/E1/scans/ALL/files")
    assert all(admin.get(file["URI"]).status_code == 200 for file in files)


def test_moving_is_refused_for_members_for_a_taken_label_and_to_where_it_is(
    admin: Client, member: Client, owner: Client, study: bytes, other_study: bytes
) -> None:
    admin.archived(study)
    admin.archived(other_study, project="QUARANTINE")
    assert owner.put(f"{E1}/projects/QUARANTINE", params={"primary": "true"}).status_code == 404
    clash = admin.put(f"{E1}/projects/QUARANTINE", params={"primary": "true"})
    assert (clash.status_code, message(clash)) == (409, "Conflict: Duplicate experiment label")
    assert len(admin.rows(f"{E1}/scans/ALL/files")) == 6
    same = admin.put(f"{E1}/projects/HOSPITAL", params={"primary": "true"})
    assert (same.status_code, message(same)) == (409, "Already assigned to project:HOSPITAL")
    admin.put("/data/projects/QUARANTINE/users/Members/member")
    assert member.put(f"{E1}/projects/QUARANTINE", params={"primary": "true"}).status_code == 403


def test_a_moved_subject_leaves_its_sessions_behind(admin: Client, study: bytes) -> None:
    admin.archived(study)
    moved = admin.put(f"{P}/subjects/S1/projects/QUARANTINE", params={"primary": "true", **JSON})
    assert moved.status_code == 200
    assert [row["project"] for row in admin.rows("/data/subjects")] == ["QUARANTINE"]
    assert [row["project"] for row in admin.rows("/data/experiments")] == ["HOSPITAL"]
