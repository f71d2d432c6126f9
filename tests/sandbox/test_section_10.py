"""What a faithful stand-in for XNAT owes at least: the list, and the test that stands for each line of it.

The list is the one by which the sandbox was built. A test of this module fails when a named test is no longer there;
lines that no other module covers have their test here.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.sandbox.client import JSON, Client
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

OWED = {
    "auth: Basic": "test_basic_credentials_open_every_path_and_set_the_session_cookies",
    "auth: PUT /data/services/auth": "test_the_login_form_gives_a_session_id_that_opens_the_rest",
    "auth: /data/auth": "test_basic_credentials_open_every_path_and_set_the_session_cookies",
    "auth: /data/JSESSION GET and DELETE": "test_jsession_is_read_and_closed_and_closing_again_is_fine",
    "auth: 401 for a user agent that is no browser":
        "test_a_script_without_login_gets_401_and_a_browser_the_login_page",
    "auth: buildInfo, /data/version 404": "test_the_version_route_of_old_xnats_is_404_and_build_info_tells_it",
    "auth: schemas": "test_schemas_are_listed_and_each_is_an_xml_schema",
    "auth: roles and groups of users": "test_roles_and_groups_are_for_oneself_and_the_administrator",
    "auth: project users table": "test_the_users_of_a_project_are_listed_with_their_groups",
    "rights: three groups, a member deletes nothing": "test_three_groups_a_member_edits_and_deletes_nothing",
    "rights: 404 for what is invisible": "test_a_private_project_is_404_for_those_outside",
    "rights: batch services for owners only": "test_the_batch_services_are_for_owners",
    "prearchive: 19 columns, string cells": "test_a_row_has_the_nineteen_columns_in_order_and_strings_only",
    "prearchive: no /data in url": "test_the_url_cell_of_a_row_lacks_data_and_works_with_it",
    "prearchive: QUEUED_* statuses": "test_a_batch_move_answers_the_queued_row_before_it_has_moved",
    "prearchive: _* locks": "test_a_locked_row_is_said_in_four_ways",
    "prearchive: logs": "test_a_folder_of_two_studies_is_an_error_with_its_cause_in_the_log",
    "prearchive: build": "test_build_answers_the_uri_and_an_unknown_or_missing_action_is_400",
    "prearchive: commit": "test_commit_archives_when_asked_and_a_conflict_is_500",
    "prearchive: move 301": "test_move_answers_301_with_the_new_uri_as_body_and_no_location",
    "prearchive: set-status, reset-status": "test_status_is_set_and_reset_by_members",
    "prearchive: DELETE": "test_delete_removes_row_and_folder_and_keeps_the_files_in_the_cache",
    "prearchive: batch with deferred effect": "test_a_batch_delete_and_a_batch_rebuild_have_their_effect_later",
    "prearchive: Unassigned rows appended for admins":
        "test_unassigned_rows_are_appended_to_every_list_of_an_administrator_alone",
    "archive: uri-list and CRLF": "test_archiving_answers_the_uri_with_crlf_and_moves_the_bytes_unaltered",
    "archive: merge by default": "test_a_compatible_session_is_merged_although_nobody_asked",
    "archive: 500, CONFLICT row, log": "test_the_same_files_again_are_a_conflict_that_says_500_and_failed",
    "archive: 500, ERROR row": "test_an_unbuilt_session_fails_with_500_and_the_row_shows_error",
    "archive: 303 from code 4 on, unless auto-archive=false":
        "test_in_an_auto_archive_project_success_is_a_303_unless_it_is_declined",
    "archive: 403 when locked": "test_while_it_is_archived_the_row_is_locked_and_a_second_request_is_403",
    "archive: validate-archive table": "test_the_dry_run_tells_the_same_session_from_other_uid_and_other_subject",
    "import: gradual, a row per project, UID and label": "test_gradual_objects_of_one_study_and_label_share_a_row",
    "import: Unassigned fallback": "test_gradual_ignores_project_and_falls_back_to_unassigned",
    "import: DICOM-zip RECEIVING without commit":
        "test_a_zip_without_commit_stays_receiving_until_the_rebuilder_looks",
    "import: DICOM-zip READY with dest": "test_a_zip_with_a_destination_is_ready_when_the_call_returns",
    "import: SI 409": "test_the_session_importer_builds_archives_when_told_and_says_409_to_a_conflict",
    "scans: {n}-{MOD}{k} on duplicate numbers":
        "test_series_that_share_a_number_become_numbered_scans_and_keep_their_files_apart",
    "scans: RTSTRUCT and RTDOSE as scans of the CT session":
        "test_rtstruct_and_rtdose_become_scans_of_the_ct_session",
    "experiments: PUT 201/200 and the ID": "test_a_session_is_created_with_201_and_updated_with_200_and_its_id",
    "experiments: rename 200 empty, label 409": "test_a_rename_answers_200_and_nothing_and_takes_the_folder_along",
    "experiments: primary move 200 empty, subject left behind":
        "test_a_session_moves_with_an_empty_200_and_its_subject_stays_behind",
    "experiments: label-clash move 409": "test_a_move_onto_a_taken_label_is_409_duplicate_experiment_label",
    "experiments: share 200/409": "test_a_session_is_shared_with_200_and_a_second_time_with_409",
    "files: duplicates JSON":
        "test_an_existing_file_stays_unless_overwritten_and_the_answer_is_200_all_the_same",
    "files: silent PUT without the right": "test_a_put_without_the_right_to_edit_answers_200_and_stores_nothing",
    "files: the silence can be switched off": "test_the_silence_about_a_refused_file_can_be_switched_off",
    "config: 201/200, versions": "test_versions_are_kept_and_the_same_text_makes_none",
    "config: owners only": "test_a_project_is_written_by_owners_and_read_by_all_of_it",
    "config: DELETE disables, contents=true 404 when disabled":
        "test_a_deleted_text_is_disabled_not_forgotten",
}  # fmt: skip
TESTS = Path(__file__).parent


@pytest.mark.parametrize("line", OWED, ids=lambda line: line.replace("/", "."))
def test_every_line_of_the_list_has_its_test(line: str) -> None:
    everything = "".join(path.read_text(encoding="utf-8") for path in TESTS.glob("test_*.py"))
    assert re.search(rf"^def {OWED[line]}\(", everything, re.MULTILINE), f"no test stands for: {line}"


def test_schemas_are_listed_and_each_is_an_xml_schema(member: Client) -> None:
    names = member.get("/xapi/schemas", params=JSON).json()
    assert {"xdat", "xnat"} <= set(names)
    for name in names:
        answer = member.get(f"/xapi/schemas/{name}")
        assert "charset" in answer.headers["content-type"]
        assert ElementTree.fromstring(answer.content).tag.endswith("}schema")
    assert member.get("/xapi/schemas/none").status_code == 404


def test_three_groups_a_member_edits_and_deletes_nothing(
    owner: Client, member: Client, collaborator: Client, study: bytes
) -> None:
    uri = member.archived(study)
    everyone = (collaborator, member, owner)
    assert [client.get(uri, params=JSON).status_code for client in everyone] == [200, 200, 200]
    edits = [client.put(uri, params={"note": "seen"}).status_code for client in everyone]
    assert edits == [403, 200, 200]
    assert [client.delete(uri).status_code for client in everyone] == [403, 403, 200]


def test_the_url_cell_of_a_row_lacks_data_and_works_with_it(member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    (row,) = member.rows("/data/prearchive")
    assert row["url"].startswith("/prearchive/projects/HOSPITAL/")
    assert f"/data{row['url']}" == uri
    assert member.get(f"/data{row['url']}", params=JSON).status_code == 200


def test_rtstruct_and_rtdose_become_scans_of_the_ct_session(member: Client, study: bytes) -> None:
    uri = member.archived(study)
    (session,) = member.rows("/data/projects/HOSPITAL/experiments")
    assert session["xsiType"] == "xnat:ctSessionData"
    types = {row["ID"]: row["xsiType"] for row in member.rows(f"{uri}/scans")}
    assert types == {
        "2": "xnat:ctScanData", "11": "xnat:rtImageScanData", "12": "xnat:rtImageScanData", "13": "xnat:rtImageScanData"
    }  # fmt: skip


def test_a_move_onto_a_taken_label_is_409_duplicate_experiment_label(
    admin: Client, study: bytes, other_study: bytes
) -> None:
    uri = admin.archived(study)
    admin.archived(other_study, project="QUARANTINE", subject="S2")
    answer = admin.put(f"{uri}/projects/QUARANTINE", params={"primary": "true"})
    assert (answer.status_code, answer.reason) == (409, "Conflict: Duplicate experiment label")
    assert len(admin.rows(f"{uri}/scans/ALL/files")) == 6


def test_a_session_is_shared_with_200_and_a_second_time_with_409(admin: Client, study: bytes) -> None:
    uri = admin.archived(study)
    answers = [admin.put(f"{uri}/projects/QUARANTINE", params=JSON) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[0].json()["items"][0]["data_fields"]["label"] == "E1"
    assert answers[1].reason == "Already assigned to project:QUARANTINE"


def test_the_silence_about_a_refused_file_can_be_switched_off(tmp_path: Path, study: bytes) -> None:
    with (
        Sandbox.start(tmp_path / "loud", settings=Settings(silent_file_refusal=False)) as sandbox,
        closing(Client(sandbox.url, "member")) as member,
        closing(Client(sandbox.url, "collaborator")) as collaborator,
    ):
        path = f"{member.archived(study)}/resources/NOTES/files/note.txt"
        assert collaborator.put(path, params={"inbody": "true"}, data=b"x").status_code == 403


def test_a_locked_an_unknown_and_an_empty_status_are_refused(member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    for status in ("_ARCHIVING", "FINISHED", ""):
        assert member.post(uri, params={"action": "set-status", "status": status}).status_code == 400
