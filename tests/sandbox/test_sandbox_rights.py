"""Site groups, and what the accessibility of a project opens."""

from __future__ import annotations

import pytest

from tests.sandbox.client import JSON, Client

OPEN = "/data/projects/QUARANTINE"


def join(admin: Client, group: str, login: str = "collaborator") -> None:
    assert admin.put(f"/xapi/users/{login}/groups/{group}").status_code == 200


def test_all_data_access_reads_everything_and_changes_nothing(
    admin: Client, collaborator: Client, study: bytes
) -> None:
    waiting = admin.waiting(study, project="QUARANTINE")
    assert collaborator.get(OPEN).status_code == 404
    join(admin, "ALL_DATA_ACCESS")
    assert collaborator.get("/xapi/users/collaborator/groups").json() == [
        "ALL_DATA_ACCESS",
        "HOSPITAL_collaborator",
    ]
    assert collaborator.get(OPEN, params=JSON).status_code == 200
    assert len(collaborator.rows("/data/prearchive/projects/QUARANTINE")) == 1
    assert collaborator.archive(waiting).status_code == 403
    assert collaborator.put(f"{OPEN}/subjects/S1").status_code == 403
    assert collaborator.put("/data/config/a/b", data="x", params={"inbody": "true"}).status_code == 403


def test_all_data_admin_does_everything_to_data_and_nothing_to_the_site(
    admin: Client, collaborator: Client, study: bytes
) -> None:
    join(admin, "ALL_DATA_ADMIN")
    uri = collaborator.archived(study, project="QUARANTINE")
    assert collaborator.put(uri, params={"label": "E2"}).status_code == 200
    assert collaborator.delete(f"{OPEN}/experiments/E2").status_code == 200
    assert collaborator.put("/data/config/a/b", data="x", params={"inbody": "true"}).status_code == 403
    assert collaborator.put("/data/prearchive").status_code == 403
    assert collaborator.get("/xapi/users/collaborator/roles").json() == []
    assert admin.delete("/xapi/users/collaborator/groups/ALL_DATA_ADMIN").status_code == 200
    assert collaborator.get(OPEN).status_code == 404


def test_unassigned_rows_are_listed_for_data_groups_and_deleted_by_site_administrators(
    admin: Client, collaborator: Client, study: bytes
) -> None:
    assert admin.send_zip(study, action="commit").status_code == 200
    (row,) = admin.rows("/data/prearchive")
    assert (row["project"], collaborator.rows("/data/prearchive")) == ("Unassigned", [])
    join(admin, "ALL_DATA_ACCESS")
    assert collaborator.rows("/data/prearchive") == [row]
    tag = {"tag": row["tag"], **JSON}
    assert collaborator.get("/data/prearchive", params=tag).status_code == 404
    assert collaborator.get(f"/data{row['url']}", params=JSON).status_code == 500
    join(admin, "ALL_DATA_ADMIN")
    assert collaborator.rows("/data/prearchive", tag=row["tag"]) == [row]
    assert collaborator.get(f"/data{row['url']}", params=JSON).status_code == 200
    assert collaborator.delete(f"/data{row['url']}").status_code == 403
    assert admin.delete(f"/data{row['url']}").status_code == 200


def test_groups_are_given_by_administrators_also_those_of_projects(admin: Client, owner: Client) -> None:
    assert owner.put("/xapi/users/owner/groups/ALL_DATA_ADMIN").status_code == 403
    assert admin.put("/xapi/users/owner/groups/NO_SUCH").status_code == 404
    assert admin.put("/xapi/users/nobody/groups/ALL_DATA_ADMIN").status_code == 404
    join(admin, "QUARANTINE_member", "owner")
    assert owner.put(f"{OPEN}/subjects/S1").status_code == 201
    assert admin.delete("/xapi/users/owner/groups/QUARANTINE_owner").status_code == 200
    assert owner.get(OPEN).status_code == 200
    assert admin.delete("/xapi/users/owner/groups/QUARANTINE_member").status_code == 200
    assert owner.get(OPEN).status_code == 404


@pytest.mark.parametrize(
    ("level", "record", "data"), [("private", 404, 404), ("protected", 200, 404), ("public", 200, 200)]
)
def test_an_outsider_sees_the_record_of_a_protected_project_and_the_data_of_a_public_one(
    admin: Client, member: Client, study: bytes, level: str, record: int, data: int
) -> None:
    uri = admin.archived(study, project="QUARANTINE")
    assert admin.put(f"{OPEN}/accessibility/{level}").status_code == 200
    assert member.get(OPEN, params=JSON).status_code == record
    assert member.get(f"{OPEN}/accessibility").status_code == record
    listed = {row["ID"] for row in member.rows("/data/projects")}
    assert ("QUARANTINE" in listed) == (record == 200)
    for path in (uri, f"{OPEN}/subjects", f"{OPEN}/experiments", f"{uri}/scans/ALL/files"):
        assert member.get(path, params=JSON).status_code == data, path
    assert member.put(f"{OPEN}/subjects/S9").status_code in {403, 404}
    assert member.delete(uri).status_code in {403, 404}
