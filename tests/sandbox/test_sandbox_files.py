"""Resources and files of archived items."""

from __future__ import annotations

import hashlib
import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from tests.sandbox.client import JSON, Client, message, zipped
from xnat_gate.sandbox import phantoms
from xnat_gate.sandbox.server import Sandbox

P = "/data/projects/HOSPITAL"
E1 = f"{P}/subjects/S1/experiments/E1"
NOTE = f"{E1}/resources/gate/files/note.txt"
CAT = "{http://nrg.wustl.edu/catalog}"


def test_files_are_listed_with_true_digests_and_their_uris_work(
    owner: Client, study: bytes, tmp_path: Path
) -> None:
    owner.archived(study)
    files = owner.rows(f"{E1}/scans/ALL/files")
    assert list(files[0]) == [
        "Name", "Size", "URI", "collection", "file_tags", "file_format", "file_content", "cat_ID", "digest",
    ]  # fmt: skip
    for file in files:
        content = owner.get(file["URI"]).content
        assert hashlib.md5(content).hexdigest() == file["digest"]
        assert len(content) == int(file["Size"])
        head = owner.head(file["URI"])
        assert (head.status_code, head.headers["Content-Length"], head.content) == (200, file["Size"], b"")
    assert {file["Name"] for file in files} == {path.name for path in (tmp_path / "study").rglob("*.dcm")}


def test_scans_can_be_chosen_by_a_comma_list(owner: Client, study: bytes) -> None:
    owner.archived(study)
    assert len(owner.rows(f"{E1}/scans/11,12/files")) == 2
    assert len(owner.rows(f"{E1}/scans/2/resources/DICOM/files")) == 3
    assert owner.get(f"{E1}/scans/99/files").status_code == 404


def test_the_zip_of_all_scans_holds_every_byte_and_leaves_nothing_behind(
    sandbox: Sandbox, owner: Client, study: bytes, tmp_path: Path
) -> None:
    owner.archived(study)
    answer = owner.get(f"{E1}/scans/ALL/files", params={"format": "zip"})
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        found = sorted(archive.read(name) for name in archive.namelist())
    assert found == sorted(path.read_bytes() for path in (tmp_path / "study").rglob("*.dcm"))
    sandbox.stop()
    assert not list((tmp_path / "state/tmp").iterdir())


def test_the_catalogue_names_the_uid_of_every_object(owner: Client, study: bytes) -> None:
    owner.archived(study)
    text = owner.get(f"{E1}/scans/2/resources/DICOM", params=JSON).text
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<cat:')
    uids = {entry.get("UID") for entry in ET.fromstring(text).iter(f"{CAT}entry")}
    assert uids == {phantoms.instance_uid(1, 1, n) for n in (1, 2, 3)}


def test_resources_are_listed_without_id_and_uri(owner: Client, study: bytes) -> None:
    owner.archived(study)
    rows = owner.rows(f"{E1}/scans/2/resources")
    assert [(row["label"], row["file_count"], row["format"]) for row in rows] == [("DICOM", "3", "DICOM")]
    assert not {"ID", "URI"} & set(rows[0])
    assert owner.rows(f"{E1}/resources") == []
    assert len(owner.rows(f"{E1}/resources", all="true")) == 4


def test_a_file_put_makes_its_resource_and_answers_an_empty_200(member: Client, study: bytes) -> None:
    member.archived(study)
    put = member.put(NOTE, params={"inbody": "true", "format": "TXT", "content": "note"}, data=b"one")
    assert (put.status_code, put.text) == (200, "")
    assert member.get(NOTE).text == "one"
    row = member.rows(f"{E1}/resources/gate/files")[0]
    assert (row["file_format"], row["file_content"], row["collection"]) == ("TXT", "note", "gate")


def test_an_existing_file_stays_unless_overwritten_and_the_answer_is_200_all_the_same(
    member: Client, study: bytes
) -> None:
    member.archived(study)
    member.put(NOTE, params={"inbody": "true"}, data=b"one")
    second = member.put(NOTE, params={"inbody": "true"}, data=b"two")
    assert (second.status_code, second.json()) == (200, {"duplicates": ["note.txt"]})
    assert second.headers["Content-Type"].startswith("text/html")
    assert member.get(NOTE).text == "one"
    assert member.put(NOTE, params={"inbody": "true", "overwrite": "true"}, data=b"two").text == ""
    assert member.get(NOTE).text == "two"


def test_a_put_without_the_right_to_edit_answers_200_and_stores_nothing(
    owner: Client, collaborator: Client, study: bytes
) -> None:
    owner.archived(study)
    assert collaborator.put(NOTE, params={"inbody": "true"}, data=b"x").status_code == 200
    assert owner.get(NOTE).status_code == 404
    assert owner.rows(f"{E1}/resources") == []


def test_a_multipart_post_takes_the_files_own_name(member: Client, study: bytes) -> None:
    member.archived(study)
    answer = member.post(f"{E1}/resources/gate/files", files={"file": ("report.json", b"{}")})
    assert answer.status_code == 200
    assert [row["Name"] for row in member.rows(f"{E1}/resources/gate/files")] == ["report.json"]


def test_extract_unpacks_and_an_entry_never_leaves_its_resource(
    member: Client, study: bytes, tmp_path: Path
) -> None:
    member.archived(study)
    bundle = zipped(names=[("a/b.txt", b"b"), ("c.txt", b"c")])
    path = f"{E1}/resources/gate/files/pack.zip"
    assert member.put(path, params={"extract": "true", "inbody": "true"}, data=bundle).status_code == 200
    assert {row["URI"].rpartition("/files/")[2] for row in member.rows(f"{E1}/resources/gate/files")} == {
        "a/b.txt",
        "c.txt",
    }
    evil = zipped(names=[("../../evil.txt", b"x")])
    assert member.put(path, params={"extract": "true", "inbody": "true"}, data=evil).status_code == 400
    assert not list(tmp_path.rglob("evil.txt"))


@pytest.mark.parametrize("name", ["%2e%2e%2fevil.txt", "..%5Cevil.txt", "a//b.txt"])
def test_a_name_that_would_leave_the_resource_is_400(member: Client, study: bytes, name: str) -> None:
    member.archived(study)
    answer = member.put(f"{E1}/resources/gate/files/{name}", params={"inbody": "true"}, data=b"x")
    assert answer.status_code == 400


def test_a_missing_file_is_404_or_204_when_that_is_accepted(owner: Client, study: bytes) -> None:
    owner.archived(study)
    path = f"{E1}/scans/2/resources/DICOM/files/none.dcm"
    answer = owner.get(path)
    assert (answer.status_code, message(answer)) == (404, "Unable to find file.")
    assert owner.get(path, params={"accept-not-found": "true"}).status_code == 204


def test_a_resource_is_created_once(member: Client, collaborator: Client, study: bytes) -> None:
    member.archived(study)
    path = f"{E1}/resources/gate"
    assert collaborator.put(path).status_code == 403
    assert member.put(path).status_code == 200
    assert member.put(path).status_code == 409
    assert member.get(path, params=JSON).text.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>\n<cat:Catalog'
    )


def test_files_and_resources_are_deleted_by_owners_alone(owner: Client, member: Client, study: bytes) -> None:
    member.archived(study)
    member.put(NOTE, params={"inbody": "true"}, data=b"one")
    assert member.delete(NOTE).status_code == 403
    assert owner.delete(NOTE).status_code == 200
    assert owner.delete(NOTE).status_code == 404
    assert member.delete(f"{E1}/resources/gate").status_code == 403
    assert owner.delete(f"{E1}/resources/gate").status_code == 200
    assert owner.rows(f"{E1}/resources") == []


@pytest.mark.parametrize("item", [P, f"{P}/subjects/S1", f"{E1}/scans/2"])
def test_every_kind_of_item_keeps_files(member: Client, study: bytes, item: str) -> None:
    member.archived(study)
    path = f"{item}/resources/gate/files/note.txt"
    assert member.put(path, params={"inbody": "true"}, data=b"kept").status_code == 200
    assert member.get(path).text == "kept"
    rows = member.rows(f"{item}/resources/gate/files")
    assert member.get(rows[0]["URI"]).text == "kept"
