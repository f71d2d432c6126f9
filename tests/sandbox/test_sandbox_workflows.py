"""Workflows, events and custom fields: what XNAT remembers beside the data."""

from __future__ import annotations

import pytest

from tests.sandbox.client import JSON, Client, message

W = "wrk:workflowData/"
CUSTOM = "/xapi/projects/HOSPITAL/subjects/S1/experiments/E1/fields"


def session_id(client: Client, label: str = "E1") -> str:
    return next(row["ID"] for row in client.rows("/data/projects/HOSPITAL/experiments", label=label))


def opened(client: Client, item: str, status: str = "Running", **more: str) -> dict[str, str]:
    """The parameters of a workflow that was just written."""
    values = {
        "id": item, "data_type": "xnat:ctSessionData", "pipeline_name": "MyTool", "ExternalID": "HOSPITAL",
        "launch_time": "2024-02-01T10:00:00", "status": status, **more,
    }  # fmt: skip
    params = {f"{W}{name}": value for name, value in values.items()}
    answer = client.put("/data/workflows", params=params)
    assert (answer.status_code, answer.text) == (200, ""), answer.text
    return params


def item_of(client: Client, path: str = "/data/workflows", **params: str) -> dict[str, object]:
    answer = client.get(path, params={**JSON, **params})
    assert answer.status_code == 200, answer.text
    fields: dict[str, object] = answer.json()["items"][0]["data_fields"]
    return fields


def test_a_workflow_is_written_found_and_updated_by_its_key_words(member: Client, study: bytes) -> None:
    member.archived(study)
    item = session_id(member)
    opened(member, item)
    wanted = {f"{W}id": item, f"{W}pipeline_name": "MyTool"}
    first = item_of(member, **wanted)
    assert (first["status"], first["ExternalID"]) == ("Running", "HOSPITAL")
    opened(member, item, "Complete")
    again = item_of(member, f"/data/workflows/{first['wrk_workflowData_id']}")
    assert (again["status"], again["wrk_workflowData_id"]) == ("Complete", first["wrk_workflowData_id"])
    opened(member, item, launch_time="2024-02-02T10:00:00")
    latest = "/data/services/workflows/MyTool"
    everything = member.get(latest, params={"experiment": item, "project": "HOSPITAL"}).json()["items"]
    newest = member.get(latest, params={"experiment": item, "display": "LATEST"}).json()["items"]
    assert (len(everything), len(newest)) == (2, 1)
    assert newest[0]["data_fields"]["launch_time"] == "2024-02-02T10:00:00"
    assert item_of(member, f"/data/services/workflows/workflowid/{first['wrk_workflowData_id']}") == again


@pytest.mark.parametrize("missing", ["id", "data_type", "pipeline_name", "launch_time"])
def test_a_workflow_without_its_four_words_is_400(member: Client, missing: str) -> None:
    params = {f"{W}{name}": "x" for name in ("id", "data_type", "pipeline_name", "launch_time")}
    del params[f"{W}{missing}"]
    assert member.put("/data/workflows", params=params).status_code == 400


def test_a_workflow_that_is_not_there_is_404(member: Client) -> None:
    assert member.get("/data/workflows", params={f"{W}id": "XNAT_E09999"}).status_code == 404
    assert member.get("/data/workflows/77").status_code == 404
    assert member.put("/data/workflows/77", params={f"{W}status": "Complete"}).status_code == 404
    assert member.get("/data/services/workflows/Nothing").status_code == 404


def test_a_workflow_is_changed_by_its_creator_and_administrators_alone(
    admin: Client, owner: Client, member: Client
) -> None:
    params = opened(member, "XNAT_E00001")
    assert owner.put("/data/workflows", params={**params, f"{W}status": "Failed"}).status_code == 403
    assert admin.put("/data/workflows", params={**params, f"{W}status": "Failed"}).status_code == 200


def test_an_open_workflow_blocks_rename_and_merge_until_it_is_finished(member: Client, study: bytes) -> None:
    uri = member.archived(study)
    item = session_id(member)
    opened(member, item)
    renamed = member.put(uri, params={"label": "E9"})
    assert renamed.status_code == 409
    assert message(renamed).startswith("Session processing may already be in progress")
    waiting = member.waiting(study)
    dry = member.post("/data/services/validate-archive", params={"src": waiting, **JSON})
    rows = {row["code"]: row for row in dry.json()["ResultSet"]["Result"]}
    assert rows["10"]["message"] == "Session processing may already be in progress: MyTool"
    refused = member.archive(waiting)
    assert (refused.status_code, "may already be in progress" in message(refused)) == (500, True)
    assert (member.row(waiting) or {})["status"] == "CONFLICT"
    opened(member, item, "Complete")
    assert member.put(uri, params={"label": "E9"}).status_code == 200


def test_overwrite_lifts_an_open_workflow(member: Client, study: bytes) -> None:
    member.archived(study)
    opened(member, session_id(member))
    assert member.archive(member.waiting(study), overwrite="delete").status_code == 200


def test_an_open_workflow_on_a_subject_bars_its_rename(member: Client) -> None:
    key = member.put("/data/projects/HOSPITAL/subjects/S1").text
    opened(member, key)
    assert member.put("/data/projects/HOSPITAL/subjects/S1", params={"label": "S2"}).status_code == 409


def test_what_is_done_to_a_session_is_recorded_with_its_reason(admin: Client, study: bytes) -> None:
    waiting = admin.waiting(study)
    uri = admin.archive(waiting, event_reason="gate: all well").text.strip()
    item = session_id(admin)
    assert item_of(admin, **{f"{W}id": item})["justification"] == "gate: all well"
    admin.put(uri, params={"label": "E2", "event_reason": "typing error"})
    renamed = item_of(admin, **{f"{W}id": item, f"{W}pipeline_name": "Renamed"})
    assert (renamed["status"], renamed["justification"]) == ("Complete", "typing error")
    moved = {"primary": "true", "event_reason": "cleared", "event_action": "Released"}
    admin.put("/data/projects/HOSPITAL/experiments/E2/projects/QUARANTINE", params=moved)
    assert item_of(admin, **{f"{W}id": item, f"{W}pipeline_name": "Released"})["justification"] == "cleared"


def test_event_id_writes_on_the_workflow_it_names_and_makes_no_other(admin: Client, study: bytes) -> None:
    uri = admin.archived(study)
    item = session_id(admin)
    opened(admin, item, "Complete")
    key = str(item_of(admin, **{f"{W}id": item, f"{W}pipeline_name": "MyTool"})["wrk_workflowData_id"])
    admin.put(uri, params={"label": "E2", "event_id": key, "event_reason": "within MyTool"})
    assert item_of(admin, f"/data/workflows/{key}")["justification"] == "within MyTool"
    assert (
        admin.get("/data/workflows", params={f"{W}id": item, f"{W}pipeline_name": "Renamed"}).status_code
        == 404
    )


def test_custom_fields_are_merged_picked_read_and_deleted(member: Client, study: bytes) -> None:
    member.archived(study)
    assert member.get(CUSTOM).json() == {}
    assert member.put(CUSTOM, json={"verdict": "archive", "seen": 3}).json() == {
        "verdict": "archive",
        "seen": 3,
    }
    merged = {"verdict": "hold", "seen": 3, "deep": {"a": [1]}}
    assert member.put(CUSTOM, json={"verdict": "hold", "deep": {"a": [1]}}).json() == merged
    assert member.get(CUSTOM, params={"fieldNames": "seen,none"}).json() == {"seen": 3}
    assert member.get(f"{CUSTOM}/deep").json() == {"a": [1]}
    assert member.delete(f"{CUSTOM}/deep").json() == {"verdict": "hold", "seen": 3}
    assert member.get(f"{CUSTOM}/deep").status_code == 404
    assert member.delete(f"{CUSTOM}/deep").status_code == 404


def test_custom_fields_want_the_right_to_edit_and_the_primary_project(
    admin: Client, collaborator: Client, study: bytes
) -> None:
    admin.archived(study)
    assert collaborator.get(CUSTOM).status_code == 200
    refused = collaborator.put(CUSTOM, json={"a": 1})
    assert (refused.status_code, refused.headers["content-type"]) == (403, "text/plain; charset=utf-8")
    admin.put("/data/projects/HOSPITAL/experiments/E1/projects/QUARANTINE")
    assert admin.get("/xapi/projects/QUARANTINE/experiments/E1/fields").status_code == 404
    for wrong in ("no json", "[1]"):
        assert admin.put(CUSTOM, data=wrong).status_code == 400


def test_custom_fields_move_with_their_session(admin: Client, study: bytes) -> None:
    admin.archived(study)
    admin.put(CUSTOM, json={"verdict": "hold"})
    admin.put("/data/projects/HOSPITAL/experiments/E1/projects/QUARANTINE", params={"primary": "true"})
    assert admin.get("/xapi/projects/QUARANTINE/experiments/E1/fields").json() == {"verdict": "hold"}
    assert admin.get("/xapi/projects/HOSPITAL/experiments/E1/fields").status_code == 404


@pytest.mark.parametrize(
    "item", ["projects/HOSPITAL", "projects/HOSPITAL/subjects/S1", "experiments/E/scans/2"]
)
def test_projects_subjects_and_scans_have_custom_fields_as_well(
    member: Client, study: bytes, item: str
) -> None:
    member.archived(study)
    path = f"/xapi/{item.replace('/E/', f'/{session_id(member)}/')}/fields"
    assert member.put(path, json={"note": "ü"}).json() == {"note": "ü"}
    assert member.get(path).json() == {"note": "ü"}
