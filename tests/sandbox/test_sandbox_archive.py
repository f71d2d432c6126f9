"""Archiving: the service, its dry run, conflicts, merges, labels, redirects, and two who want the same row."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.sandbox.client import JSON, Client, message, zipped
from xnat_gate.sandbox import phantoms
from xnat_gate.sandbox.server import Sandbox

ARCHIVED = "/data/archive/projects/HOSPITAL/subjects/S1/experiments/E1"


def objections(client: Client, uri: str, **params: str) -> dict[str, str]:
    """Code to message, as validate-archive answers."""
    answer = client.post("/data/services/validate-archive", params={"src": uri, **JSON, **params})
    assert answer.status_code == 200, answer.text
    return {row["code"]: row["message"] for row in answer.json()["ResultSet"]["Result"]}


def more_of_study(folder: Path) -> bytes:
    """One more CT series of the study that the `study` fixture sends."""
    phantoms.ct_series(folder, series=14, number=14, slices=1)
    return zipped(folder)


def test_archiving_answers_the_uri_with_crlf_and_moves_the_bytes_unaltered(
    sandbox: Sandbox, member: Client, study: bytes, tmp_path: Path
) -> None:
    answer = member.archive(member.waiting(study))
    assert (answer.status_code, answer.text) == (200, f"{ARCHIVED}\r\n")
    assert answer.headers["Content-Type"].startswith("text/uri-list")
    home = tmp_path / "state/archive/HOSPITAL/arc001/E1/SCANS"
    kept = {hashlib.md5(path.read_bytes()).hexdigest() for path in home.rglob("DICOM/*.dcm")}
    assert kept == {
        hashlib.md5(path.read_bytes()).hexdigest() for path in (tmp_path / "study").rglob("*.dcm")
    }
    assert member.rows("/data/prearchive/projects/HOSPITAL") == []
    assert not list((tmp_path / "state/prearchive").rglob("*.dcm"))


@pytest.mark.parametrize("prefix", ["/data", "", "/REST"])
def test_the_source_may_stand_in_query_or_form_with_any_prefix(
    member: Client, study: bytes, prefix: str
) -> None:
    source = prefix + member.waiting(study).removeprefix("/data")
    answer = member.post("/data/services/archive", data={"src": source})
    assert (answer.status_code, answer.text.strip()) == (200, ARCHIVED)


def test_the_source_may_be_named_by_its_three_words(member: Client, study: bytes) -> None:
    _, _, _, _, project, stamp, folder = member.waiting(study).split("/")
    form = {"project": project, "PREARC_TIMESTAMP": stamp, "PREARC_SESSION_FOLDER": folder}
    assert member.post("/data/services/archive", data=form).text.strip() == ARCHIVED


def test_a_session_that_is_not_there_is_404_and_a_malformed_source_400(member: Client) -> None:
    missing = member.archive("/prearchive/projects/HOSPITAL/20200101_000000000/NONE")
    assert (missing.status_code, message(missing)) == (404, "Unknown prearchive session.")
    assert member.post("/data/services/archive").status_code == 404
    assert member.archive("/nonsense").status_code == 400
    assert member.archive(ARCHIVED).status_code == 400


def test_a_collaborator_may_not_archive(member: Client, collaborator: Client, study: bytes) -> None:
    uri = member.waiting(study)
    assert collaborator.archive(uri).status_code == 403
    assert (member.row(uri) or {})["status"] == "READY"


def test_an_unbuilt_session_fails_with_500_and_the_row_shows_error(member: Client, study: bytes) -> None:
    uri = member.send_zip(study, project="HOSPITAL", session="E1").text.strip()
    answer = member.archive(uri)
    assert answer.status_code == 500
    assert message(answer).startswith("FAILED: Unable to archive {")
    assert (member.row(uri) or {})["status"] == "ERROR"


def test_in_an_auto_archive_project_success_is_a_303_unless_it_is_declined(
    sandbox: Sandbox, owner: Client, study: bytes, other_study: bytes
) -> None:
    owner.put("/data/projects/HOSPITAL/prearchive_code/4")
    answer = owner.post("/data/services/archive", params={"src": owner.waiting(study)})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{sandbox.url}{ARCHIVED}"
    assert owner.archive(owner.waiting(other_study, session="E2")).status_code == 200


def test_redirect_true_is_a_303(member: Client, study: bytes) -> None:
    assert member.archive(member.waiting(study), redirect="true").status_code == 303


def test_labels_are_sanitised_and_aliases_are_understood(
    member: Client, study: bytes, other_study: bytes
) -> None:
    answer = member.archive(member.waiting(study), subject="DOE JANE", session="E 1/2")
    assert answer.text.strip().endswith("/subjects/DOE_JANE/experiments/E_1_2")
    other = member.archive(member.waiting(other_study), SUBJECT_ID="S9", EXPT_LABEL="E9")
    assert other.text.strip().endswith("/subjects/S9/experiments/E9")


def test_a_subject_is_matched_without_regard_to_case(
    member: Client, study: bytes, other_study: bytes
) -> None:
    member.archived(study, subject="Jane")
    assert member.archived(other_study, subject="JANE", session="E2").endswith(
        "/subjects/Jane/experiments/E2"
    )
    assert len(member.rows("/data/projects/HOSPITAL/subjects")) == 1


def test_a_compatible_session_is_merged_although_nobody_asked(
    member: Client, study: bytes, tmp_path: Path
) -> None:
    member.archived(study)
    more = more_of_study(tmp_path / "more")
    assert member.archived(more) == ARCHIVED
    assert [row["ID"] for row in member.rows(f"{ARCHIVED}/scans")] == ["2", "11", "12", "13", "14"]
    assert len(member.rows(f"{ARCHIVED}/scans/ALL/files")) == 7


def test_the_same_files_again_are_a_conflict_that_says_500_and_failed(
    sandbox: Sandbox, member: Client, study: bytes
) -> None:
    member.archived(study)
    uri = member.waiting(study)
    answer = member.archive(uri)
    assert answer.status_code == 500
    assert message(answer).startswith("FAILED: Unable to archive {")
    assert message(answer).endswith("Operation Failed: Session already exists with matching files.")
    assert (member.row(uri) or {})["status"] == "CONFLICT"
    assert "Session already exists with matching files." in member.get(f"{uri}/logs/last").text
    assert len(member.rows(f"{ARCHIVED}/scans/ALL/files")) == 6


def test_a_conflict_does_not_bar_another_try_under_another_label(member: Client, study: bytes) -> None:
    member.archived(study)
    uri = member.waiting(study)
    member.archive(uri)
    assert member.archive(uri, session="E2").text.strip().endswith("/experiments/E2")


@pytest.mark.parametrize("overwrite", ["append", "delete"])
def test_overwrite_lifts_matching_files_and_the_old_ones_go_to_the_cache(
    sandbox: Sandbox, member: Client, study: bytes, overwrite: str
) -> None:
    member.archived(study)
    assert member.archive(member.waiting(study), overwrite=overwrite).status_code == 200
    assert len(member.rows(f"{ARCHIVED}/scans/ALL/files")) == 6
    assert len(list((sandbox.world.folders.root / "cache").rglob("*.dcm"))) == 6


def test_another_study_under_the_label_is_refused_and_overwrite_lifts_it(
    member: Client, study: bytes, other_study: bytes
) -> None:
    member.archived(study)
    uri = member.waiting(other_study)
    assert message(member.archive(uri)).endswith("Invalid modification of session UID via archive process.")
    assert member.archive(uri, overwrite="none").status_code == 500
    assert member.archive(uri, overwrite="delete").status_code == 200
    assert "2-CT1" in {row["ID"] for row in member.rows(f"{ARCHIVED}/scans")}


def test_the_label_of_another_subject_is_never_overwritten(member: Client, study: bytes) -> None:
    member.archived(study)
    uri = member.waiting(study, subject="S2")
    for overwrite in ("none", "append", "delete"):
        answer = member.archive(uri, overwrite=overwrite)
        assert answer.status_code == 500
        assert "E1 Already Exists for another Subject" in message(answer)


def test_another_modality_under_the_label_is_refused_even_a_lone_dose_of_the_same_study(
    member: Client, study: bytes, tmp_path: Path
) -> None:
    member.archived(study)
    phantoms.rtdose(tmp_path / "dose", phantoms.rt_study(None).rtplan, series=15, number=15)
    uri = member.waiting(zipped(tmp_path / "dose"))
    assert "19" in objections(member, uri)
    answer = member.archive(uri, overwrite="delete")
    assert "Invalid modification of session modality via archive process." in message(answer)


def test_a_stale_folder_without_a_record_is_a_conflict_too(admin: Client, study: bytes) -> None:
    admin.archived(study)
    assert admin.delete(ARCHIVED).status_code == 200
    answer = admin.archive(admin.waiting(study))
    assert message(answer).endswith("Session already exists with matching files.")


def test_several_sources_are_answered_at_once_and_not_merged_unasked(
    sandbox: Sandbox, member: Client, study: bytes, other_study: bytes
) -> None:
    member.archived(study)
    query = {"src": [member.waiting(study), member.waiting(other_study, session="E2")], **JSON}
    with sandbox.hold("queue"):
        answer = member.post("/data/services/archive", params=query)
    statuses = [row["status"] for row in answer.json()["ResultSet"]["Result"]]
    assert statuses == ["QUEUED_ARCHIVING", "QUEUED_ARCHIVING"]
    sandbox.settle()
    rows = member.rows("/data/prearchive/projects/HOSPITAL")
    assert [(row["name"], row["status"]) for row in rows] == [("E1", "CONFLICT")]
    assert {row["label"] for row in member.rows("/data/projects/HOSPITAL/experiments")} == {"E1", "E2"}


def test_the_dry_run_changes_nothing_and_finds_nothing_but_a_new_subject(
    member: Client, study: bytes
) -> None:
    uri = member.waiting(study)
    before = member.row(uri)
    assert set(objections(member, uri)) == {"12"}
    assert member.row(uri) == before
    assert member.rows("/data/projects/HOSPITAL/subjects") == []


def test_the_dry_run_tells_the_same_session_from_other_uid_and_other_subject(
    member: Client, study: bytes, other_study: bytes, tmp_path: Path
) -> None:
    member.archived(study)
    same = objections(member, member.waiting(study))
    assert {"1", "14", "16"} <= set(same)
    assert not {"4", "5"} & set(same)
    assert "5" in objections(member, member.waiting(other_study))
    assert "4" in objections(member, member.waiting(study), subject="S2")
    uri = member.waiting(study)
    assert objections(member, uri, session="FREE") == {}
    member.delete(uri)
    more = objections(member, member.waiting(more_of_study(tmp_path / "more")))
    assert not {"4", "5", "14", "19", "22"} & set(more)
    assert "1" in more


def test_the_dry_run_takes_one_source(member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    assert member.post("/data/services/validate-archive", params={"src": [uri, uri]}).status_code == 400


def test_while_it_is_archived_the_row_is_locked_and_a_second_request_is_403(
    sandbox: Sandbox, member: Client, owner: Client, study: bytes
) -> None:
    uri = member.waiting(study)
    with ThreadPoolExecutor(1) as background:
        with sandbox.hold("archiving"):
            first = background.submit(member.archive, uri)
            sandbox.await_work("archiving")
            assert (owner.row(uri) or {})["status"] == "_ARCHIVING"
            second = owner.archive(uri)
            assert (second.status_code, message(second)) == (
                403,
                "Operation already in progress on this prearchive entry.",
            )
        assert first.result().status_code == 200


def test_of_many_who_archive_at_once_one_wins(sandbox: Sandbox, member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    clients = [Client(sandbox.url, "owner") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(answer.status_code for answer in pool.map(lambda client: client.archive(uri), clients))
    for client in clients:
        client.close()
    assert codes[0] == 200
    assert set(codes[1:]) <= {403, 404}
    assert len(member.rows(f"{ARCHIVED}/scans/ALL/files")) == 6


def test_two_rows_for_one_label_do_not_mix(
    sandbox: Sandbox, member: Client, study: bytes, other_study: bytes
) -> None:
    uris = [member.waiting(study), member.waiting(other_study)]
    clients = [Client(sandbox.url, "owner") for _ in uris]
    with ThreadPoolExecutor(2) as pool:
        codes = sorted(
            pair.status_code for pair in pool.map(lambda client, uri: client.archive(uri), clients, uris)
        )
    for client in clients:
        client.close()
    assert codes == [200, 500]
    assert len({row["tag"] for row in member.rows("/data/prearchive/projects/HOSPITAL")}) == 1


def test_an_object_that_arrives_while_its_session_is_archived_is_not_lost(
    sandbox: Sandbox, member: Client, owner: Client, study: bytes, tmp_path: Path
) -> None:
    uri = member.waiting(study)
    more_of_study(tmp_path / "late")
    late = next((tmp_path / "late").iterdir()).read_bytes()
    with ThreadPoolExecutor(1) as background:
        with sandbox.hold("archiving"):
            first = background.submit(member.archive, uri)
            sandbox.await_work("archiving")
            owner.send_one(late, PROJECT_ID="HOSPITAL", SUBJECT_ID="S1", EXPT_LABEL="E1")
            assert (owner.row(uri) or {})["status"] == "RECEIVING"
        assert first.result().status_code == 200
    assert (owner.row(uri) or {})["status"] == "RECEIVING"
    owner.post(uri, params={"action": "build"})
    assert owner.archive(uri).status_code == 200
    assert len(owner.rows(f"{ARCHIVED}/scans/ALL/files")) == 7


def test_many_who_import_and_archive_at_once_neither_fail_nor_double_their_subject(
    sandbox: Sandbox, owner: Client, tmp_path: Path
) -> None:
    def bring(number: int) -> int:
        folder = tmp_path / f"study{number}"
        phantoms.ct_series(folder, study=number, slices=2)
        with closing(Client(sandbox.url, "member")) as client:
            uri = client.archived(zipped(folder), subject="SAME", session=f"E{number}")
            return len(client.rows(f"{uri}/scans/ALL/files"))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(bring, range(20, 36))) == [2] * 16
    assert [row["label"] for row in owner.rows("/data/projects/HOSPITAL/subjects")] == ["SAME"]
    assert len(owner.rows("/data/projects/HOSPITAL/experiments")) == 16
