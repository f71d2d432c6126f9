"""Projects, their members, and what each group may do."""

from __future__ import annotations

import pytest

from tests.sandbox.client import JSON, Client


def test_the_seeded_projects_keep_what_arrives_in_the_prearchive(admin: Client) -> None:
    assert [row["ID"] for row in admin.rows("/data/projects")] == ["HOSPITAL", "QUARANTINE"]
    for project in ("HOSPITAL", "QUARANTINE"):
        assert admin.get(f"/data/projects/{project}/prearchive_code").text == "0"
        assert admin.get(f"/data/projects/{project}/accessibility").text == "private"


def test_a_private_project_is_404_for_those_outside(owner: Client) -> None:
    assert [row["ID"] for row in owner.rows("/data/projects")] == ["HOSPITAL"]
    for path in ("", "/subjects", "/experiments", "/prearchive_code", "/users", "/config/xnat-gate/x"):
        assert owner.get(f"/data/projects/QUARANTINE{path}", params=JSON).status_code == 404, path


def test_a_new_project_archives_by_itself_as_xnats_default_says(owner: Client) -> None:
    made = owner.put("/data/projects/TRIAL", params={"name": "A trial"})
    assert (made.status_code, made.text) == (200, "")
    assert owner.get("/data/projects/TRIAL/prearchive_code").text == "4"
    fields = owner.get("/data/projects/TRIAL", params=JSON).json()["items"][0]["data_fields"]
    assert (fields["ID"], fields["name"]) == ("TRIAL", "A trial")


def test_a_project_is_created_by_an_xml_document(owner: Client) -> None:
    document = (
        '<xnat:Project ID="TRIAL" secondary_ID="T" xmlns:xnat="http://nrg.wustl.edu/xnat">'
        "<xnat:name>A trial</xnat:name><xnat:description>R &amp; D</xnat:description>"
        "<xnat:PI><xnat:lastname>Curie</xnat:lastname></xnat:PI></xnat:Project>"
    )
    made = owner.post("/data/projects/TRIAL", data=document, headers={"Content-Type": "text/xml"})
    assert (made.status_code, made.text) == (200, "")
    (row,) = owner.rows("/data/projects", ID="TRIAL")
    assert (row["name"], row["secondary_ID"]) == ("A trial", "T")
    assert (row["description"], row["pi_lastname"]) == ("R & D", "Curie")


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ("<Project", 400),
        ('<xnat:Project ID="OTHER" xmlns:xnat="http://nrg.wustl.edu/xnat"/>', 417),
        ('<Project xmlns="http://nrg.wustl.edu/xnat"><name>Hospital</name></Project>', 409),
    ],
    ids=["unreadable", "another ID", "a taken title"],
)
def test_a_wrong_project_document_creates_nothing(owner: Client, document: str, status: int) -> None:
    made = owner.put("/data/projects/TRIAL", data=document, headers={"Content-Type": "application/xml"})
    assert made.status_code == status
    assert owner.rows("/data/projects", ID="TRIAL") == []


def test_a_project_id_with_a_bad_character_is_417_and_a_taken_title_409(owner: Client) -> None:
    assert owner.put("/data/projects/A%20B").status_code == 417
    assert owner.put("/data/projects/OTHER", params={"name": "Hospital"}).status_code == 409


def test_only_an_owner_changes_the_prearchive_code_and_any_integer_is_stored(
    owner: Client, member: Client, collaborator: Client
) -> None:
    path = "/data/projects/HOSPITAL/prearchive_code"
    for other in (member, collaborator):
        assert other.put(f"{path}/4").status_code == 403
    assert owner.put(f"{path}/17").status_code == 200
    assert member.get(path).text == "17"
    assert owner.put(f"{path}/true").status_code == 200
    assert member.get(path).text == "1"
    assert owner.put(f"{path}/manual").status_code == 400


def test_the_users_of_a_project_are_listed_with_their_groups(collaborator: Client) -> None:
    rows = collaborator.rows("/data/projects/HOSPITAL/users")
    assert {(row["login"], row["GROUP_ID"], row["displayname"]) for row in rows} == {
        ("owner", "HOSPITAL_owner", "Owners"),
        ("member", "HOSPITAL_member", "Members"),
        ("collaborator", "HOSPITAL_collaborator", "Collaborators"),
    }


def test_an_owner_admits_and_dismisses_members(owner: Client, member: Client) -> None:
    path = "/data/projects/HOSPITAL/users"
    assert member.put(f"{path}/Owners/member").status_code == 403
    assert owner.put(f"{path}/Wizards/member").status_code == 404
    assert owner.put(f"{path}/Owners/member").status_code == 200
    assert member.get("/xapi/users/member/groups").json() == ["HOSPITAL_owner"]
    assert owner.delete(f"{path}/Owners/member").status_code == 200
    assert member.get("/data/projects/HOSPITAL", params=JSON).status_code == 404


def test_a_single_item_without_a_format_is_html_as_in_xnat(owner: Client) -> None:
    answer = owner.get("/data/projects/HOSPITAL")
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/data/projects", "/data/projects/HOSPITAL/subjects"])
def test_a_csv_list_has_its_header_row_even_when_empty(owner: Client, path: str) -> None:
    answer = owner.get(path, params={"format": "csv", "columns": "ID,label,nonsense"})
    assert answer.text.splitlines()[0] in {"ID,label,URI", "ID,URI"}
