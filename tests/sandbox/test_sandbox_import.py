"""Import by DICOM-zip and gradual-DICOM: what is kept, where, under which labels, and how it is answered."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.client import Client, message, tarred, zipped
from xnat_gate.sandbox import phantoms
from xnat_gate.sandbox.dicom import filenames
from xnat_gate.sandbox.jobs import autonomy
from xnat_gate.sandbox.server import Sandbox

HERE = {"project": "HOSPITAL", "subject": "S1", "session": "E1"}


def stored(sandbox: Sandbox) -> dict[str, str]:
    """Name to md5 of every DICOM file the prearchive holds."""
    files = (sandbox.world.folders.root / "prearchive").rglob("*.dcm")
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in files}


def sent(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in folder.rglob("*.dcm")}


def test_a_zip_with_a_destination_is_ready_when_the_call_returns(member: Client, study: bytes) -> None:
    answer = member.send_zip(study, dest="/prearchive/projects/HOSPITAL", **HERE)
    assert answer.headers["Content-Type"].startswith("text/uri-list")
    assert answer.text.startswith("/data/prearchive/projects/HOSPITAL/2")
    assert answer.text.endswith("/E1\r\n")
    row = member.row(answer.text.strip())
    assert row is not None
    assert (row["status"], row["subject"], row["name"]) == ("READY", "S1", "E1")


def test_a_zip_without_commit_stays_receiving_until_the_rebuilder_looks(
    sandbox: Sandbox, member: Client, study: bytes
) -> None:
    uri = member.send_zip(study, **HERE).text.strip()
    assert (member.row(uri) or {})["status"] == "RECEIVING"
    assert member.get(uri).status_code == 404
    assert sandbox.rebuild() == 1
    assert (member.row(uri) or {})["status"] == "READY"


def test_the_rebuilder_leaves_a_session_alone_that_has_not_rested(
    sandbox: Sandbox, member: Client, study: bytes
) -> None:
    uri = member.send_zip(study, **HERE).text.strip()
    assert autonomy.rebuild_due(sandbox.world, 300) == 0
    assert (member.row(uri) or {})["status"] == "RECEIVING"


def test_a_zip_with_commit_is_ready(member: Client, study: bytes) -> None:
    uri = member.send_zip(study, action="commit", **HERE).text.strip()
    assert (member.row(uri) or {})["status"] == "READY"


def test_the_bytes_are_stored_as_they_came(
    sandbox: Sandbox, member: Client, study: bytes, tmp_path: Path
) -> None:
    member.send_zip(study, **HERE)
    assert stored(sandbox) == sent(tmp_path / "study")


def test_a_tar_is_taken_as_well(sandbox: Sandbox, member: Client, tmp_path: Path) -> None:
    phantoms.rt_study(tmp_path / "t")
    query = {"import-handler": "DICOM-zip", **HERE}
    body = tarred(tmp_path / "t")
    answer = member.post(
        "/data/services/import", params=query, data=body, headers={"Content-Type": "application/x-tar"}
    )
    assert answer.status_code == 200
    assert stored(sandbox) == sent(tmp_path / "t")


def test_a_multipart_upload_is_taken_by_its_file_name(sandbox: Sandbox, member: Client, study: bytes) -> None:
    query = {"import-handler": "DICOM-zip"}
    answer = member.post(
        "/data/services/import", params=query, data=HERE, files={"file": ("study.zip", io.BytesIO(study))}
    )
    assert answer.status_code == 200
    assert answer.text.endswith("/E1\r\n")
    again = member.post(
        "/data/services/import", params=query, files={"file": ("study.dat", io.BytesIO(study))}
    )
    assert (again.status_code, message(again)) == (400, "Unsupported format")


def test_octet_stream_has_no_extension_and_is_refused(member: Client, study: bytes) -> None:
    answer = member.post(
        "/data/services/import", data=study, headers={"Content-Type": "application/octet-stream"}, params=HERE
    )
    assert (answer.status_code, message(answer)) == (400, "Unsupported format")


@pytest.mark.usefixtures("study", "other_study")
def test_a_zip_of_two_studies_answers_two_lines(member: Client, tmp_path: Path) -> None:
    both = zipped(tmp_path / "study", tmp_path / "other")
    answer = member.send_zip(both, project="HOSPITAL", dest="/prearchive/projects/HOSPITAL")
    assert answer.text.count("\r\n") == 2
    rows = member.rows("/data/prearchive/projects/HOSPITAL")
    assert {(row["subject"], row["name"]) for row in rows} == {
        ("PHANTOM_WATER", "PHANTOM-WATER"),
        ("PHANTOM_OTHER", "OTHER-1"),
    }


def test_a_file_that_is_no_dicom_is_400_and_what_came_before_stays(
    sandbox: Sandbox, member: Client, tmp_path: Path
) -> None:
    phantoms.ct_series(tmp_path / "ct", slices=2)
    bundle = zipped(tmp_path / "ct", names=[("notes.txt", b"hello")])
    answer = member.send_zip(bundle, **HERE)
    assert (answer.status_code, message(answer)) == (400, "unable to read DICOM object notes.txt")
    assert len(stored(sandbox)) == 2
    assert len(member.rows("/data/prearchive/projects/HOSPITAL")) == 1


def test_a_file_that_is_no_dicom_is_skipped_when_asked_or_on_commit(member: Client, tmp_path: Path) -> None:
    phantoms.ct_series(tmp_path / "ct", slices=2)
    bundle = zipped(tmp_path / "ct", names=[("notes.txt", b"hello")])
    assert member.send_zip(bundle, Ignore_Unparsable="true", **HERE).status_code == 200
    assert member.send_zip(bundle, action="commit", **HERE).status_code == 200


def test_a_bundle_of_junk_alone_is_400_even_when_junk_may_be_skipped(member: Client) -> None:
    answer = member.send_zip(zipped(names=[("a.txt", b"x")]), Ignore_Unparsable="true", **HERE)
    assert answer.status_code == 400
    assert member.rows("/data/prearchive/projects/HOSPITAL") == []


def test_an_empty_zip_keeps_nothing_and_answers_an_empty_body(member: Client) -> None:
    answer = member.send_zip(zipped(), **HERE)
    assert (answer.status_code, answer.text) == (200, "")


def test_a_broken_zip_and_a_missing_body_are_400(member: Client) -> None:
    assert member.send_zip(b"PK\x03\x04 broken", **HERE).status_code == 400
    assert member.send_zip(b"", **HERE).status_code == 400


def test_an_unknown_handler_is_404_and_one_the_sandbox_lacks_501(member: Client, study: bytes) -> None:
    headers = {"Content-Type": "application/zip"}
    for name, status in (("nonsense", 404), ("inbox", 501), ("XAR", 501)):
        answer = member.post(
            "/data/services/import", params={"import-handler": name}, data=study, headers=headers
        )
        assert answer.status_code == status, name


def test_prearchive_code_with_overwrite_is_always_400(member: Client, study: bytes) -> None:
    assert (
        member.send_zip(study, prearchive_code="1", **HERE).status_code == 200
    )  # the underscore is replaced
    query = {"import-handler": "DICOM-zip", "prearchive_code": "1", "overwrite": "append", **HERE}
    answer = member.post(
        "/data/services/import", params=query, data=study, headers={"Content-Type": "application/zip"}
    )
    assert answer.status_code == 400


def test_an_entry_name_never_becomes_a_path(sandbox: Sandbox, member: Client, tmp_path: Path) -> None:
    content = [
        path.read_bytes() for path in (phantoms.ct_series(tmp_path / "ct") and (tmp_path / "ct")).iterdir()
    ]
    names = ["../../evil.dcm", "/etc/evil2.dcm", "a/../../b.dcm", "..\\..\\evil3.dcm", "..dcm"]
    before = {path for path in tmp_path.parent.rglob("*") if "evil" in path.name}
    answer = member.send_zip(zipped(names=list(zip(names, content, strict=False))), **HERE)
    assert answer.status_code == 200
    home = sandbox.world.folders.root / "prearchive"
    found = {path for path in tmp_path.parent.rglob("*") if "evil" in path.name} - before
    assert found
    assert all(home in path.parents for path in found)
    assert len([path for path in home.rglob("*") if path.is_file()]) == len(names)


@given(st.text(max_size=60))
def test_a_name_that_is_kept_is_a_plain_one(name: str) -> None:
    kept = filenames.own_name(name)
    assert kept is None or (kept not in {".", ".."} and not set(kept) & set("/\\\0"))


def test_two_objects_under_one_name_are_both_kept(sandbox: Sandbox, member: Client, tmp_path: Path) -> None:
    phantoms.ct_series(tmp_path / "ct", slices=2)
    first, second = sorted((tmp_path / "ct").iterdir())
    bundle = zipped(names=[("a/1.dcm", first.read_bytes()), ("b/1.dcm", second.read_bytes())])
    assert member.send_zip(bundle, **HERE).status_code == 200
    assert sorted(stored(sandbox).values()) == sorted(sent(tmp_path / "ct").values())


def test_gradual_objects_of_one_study_and_label_share_a_row(member: Client, tmp_path: Path) -> None:
    phantoms.rt_study(tmp_path / "s")
    where = {"PROJECT_ID": "HOSPITAL", "SUBJECT_ID": "S1", "EXPT_LABEL": "E1"}
    answers = {member.send_one(path.read_bytes(), **where).text for path in (tmp_path / "s").rglob("*.dcm")}
    assert len(answers) == 1
    row = member.row(answers.pop().strip())
    assert row is not None
    assert row["status"] == "RECEIVING"
    other = member.send_one(
        next((tmp_path / "s").rglob("*.dcm")).read_bytes(), **{**where, "EXPT_LABEL": "E2"}
    )
    assert other.text.endswith("/E2\r\n")
    assert len(member.rows("/data/prearchive/projects/HOSPITAL")) == 2


def test_gradual_ignores_project_and_falls_back_to_unassigned(
    admin: Client, member: Client, tmp_path: Path
) -> None:
    phantoms.ct_series(tmp_path / "ct", slices=1)
    content = next((tmp_path / "ct").iterdir()).read_bytes()
    for where in ({"project": "HOSPITAL"}, {"PROJECT_ID": "NOSUCH"}, {"PROJECT_ID": "QUARANTINE"}):
        answer = member.send_one(content, **where)
        assert answer.text.startswith("/data/prearchive/projects/Unassigned/"), where
    rows = admin.rows("/data/prearchive/projects/HOSPITAL")
    assert {(row["project"], row["autoarchive"]) for row in rows} == {("Unassigned", "")}


@pytest.mark.parametrize(
    "overrides",
    [
        {"PatientComments": "Project:HOSPITAL Subject:S7 Session:E7"},
        {"StudyDescription": "HOSPITAL", "PatientName": "S7", "PatientID": "E7"},
        {"AccessionNumber": "HOSPITAL", "PatientName": "S7", "PatientID": "E7"},
    ],
)
def test_the_header_names_project_subject_and_session(
    member: Client, tmp_path: Path, overrides: dict[str, str]
) -> None:
    phantoms.ct_series(tmp_path / "ct", slices=1, **overrides)
    answer = member.send_zip(zipped(tmp_path / "ct"))
    assert answer.text.startswith("/data/prearchive/projects/HOSPITAL/")
    row = member.row(answer.text.strip()) or {}
    assert (row["subject"], row["name"]) == ("S7", "E7")


def test_labels_from_the_header_are_sanitised(member: Client, tmp_path: Path) -> None:
    patient = phantoms.Patient("DOE^JANE M", "ID/4 7")
    phantoms.ct_series(tmp_path / "ct", patient, slices=1)
    row = member.row(member.send_zip(zipped(tmp_path / "ct"), project="HOSPITAL").text.strip()) or {}
    assert (row["subject"], row["name"]) == ("DOE_JANE_M", "ID_4_7")


@pytest.mark.parametrize(
    ("code", "comments", "frozen"),
    [
        ("0", "", "Manual"),
        ("4", "", "AutoArchive"),
        ("5", "", "AutoArchiveOverwrite"),
        ("4", "AA:false", "Manual"),
        ("0", "AA:true", "AutoArchive"),
    ],
)
def test_the_rows_autoarchive_is_frozen_at_receipt(
    owner: Client, tmp_path: Path, code: str, comments: str, frozen: str
) -> None:
    owner.put(f"/data/projects/HOSPITAL/prearchive_code/{code}")
    phantoms.ct_series(tmp_path / "ct", slices=1, PatientComments=comments)
    uri = owner.send_zip(zipped(tmp_path / "ct"), AA="false", **HERE).text.strip()
    owner.put("/data/projects/HOSPITAL/prearchive_code/0")
    assert (owner.row(uri) or {})["autoarchive"] == frozen


def test_a_new_object_sets_a_ready_session_back_to_receiving(member: Client, tmp_path: Path) -> None:
    study = phantoms.rt_study(tmp_path / "s")
    uri = member.waiting(zipped(tmp_path / "s"))
    late = phantoms.rtdose(tmp_path / "late", study.rtplan, series=14, number=14)
    content = next((tmp_path / "late").iterdir()).read_bytes()
    assert late.StudyInstanceUID == study.uid
    where = {"PROJECT_ID": "HOSPITAL", "SUBJECT_ID": "S1", "EXPT_LABEL": "E1"}
    assert member.send_one(content, **where).text.strip() == uri
    assert (member.row(uri) or {})["status"] == "RECEIVING"
    member.post(uri, params={"action": "build"})
    assert [row["ID"] for row in member.rows(f"{uri}/scans")] == ["2", "11", "12", "13", "14"]


def test_an_object_without_uids_is_400(member: Client, tmp_path: Path) -> None:
    phantoms.ct_series(tmp_path / "ct", slices=1, SOPInstanceUID=phantoms.ABSENT)
    content = next((tmp_path / "ct").iterdir()).read_bytes()
    assert member.send_one(content, PROJECT_ID="HOSPITAL").status_code == 400
    assert member.send_one(b"not dicom at all", PROJECT_ID="HOSPITAL").status_code == 400


def test_an_import_into_the_archive_answers_archive_uris_and_a_conflict_is_400(
    member: Client, study: bytes
) -> None:
    dest = "/archive/projects/HOSPITAL/subjects/S1/experiments/E1"
    answer = member.send_zip(study, dest=dest)
    assert answer.text == "/data/archive/projects/HOSPITAL/subjects/S1/experiments/E1\r\n"
    again = member.send_zip(study, dest=dest)
    assert again.status_code == 400
    assert message(again).startswith("unable to archive for the Prearchive session")
    assert [row["status"] for row in member.rows("/data/prearchive/projects/HOSPITAL")] == ["CONFLICT"]


def test_the_session_importer_builds_archives_when_told_and_says_409_to_a_conflict(
    owner: Client, study: bytes
) -> None:
    def send(**params: str) -> requests.Response:
        query = {"import-handler": "SI", **params}
        zip_type = {"Content-Type": "application/zip"}
        return owner.post("/data/services/import", params=query, data=study, headers=zip_type)

    assert send().status_code == 400
    waiting = send(**HERE).text.strip()
    assert (owner.row(waiting) or {})["status"] == "READY"
    dest = "/archive/projects/HOSPITAL/subjects/S1/experiments/E1"
    assert send(dest=dest).text == f"/data{dest}\r\n"
    conflict = send(dest=dest)
    assert conflict.status_code == 409
    assert [row["status"] for row in owner.rows("/data/prearchive/projects/HOSPITAL")] == ["CONFLICT"]


def test_parallel_uploads_into_one_session_are_all_taken(
    sandbox: Sandbox, member: Client, tmp_path: Path
) -> None:
    phantoms.ct_series(tmp_path / "study", slices=16)
    bundles = [
        zipped(names=[(path.name, path.read_bytes())]) for path in sorted((tmp_path / "study").iterdir())
    ]

    def send(bundle: bytes) -> tuple[int, str]:
        with Client(sandbox.url, "member") as sender:
            answer = sender.send_zip(bundle, dest="/prearchive/projects/HOSPITAL", **HERE)
        return answer.status_code, answer.text.strip()

    with ThreadPoolExecutor(8) as senders:
        answers = set(senders.map(send, bundles))
    assert [status for status, _ in answers] == [200], answers
    ((_, uri),) = answers
    sandbox.rebuild()
    assert (member.row(uri) or {})["status"] == "READY"
    (resource,) = member.rows(f"{uri}/scans/2/resources")
    assert resource["file_count"] == "16"
    assert stored(sandbox) == sent(tmp_path / "study")
