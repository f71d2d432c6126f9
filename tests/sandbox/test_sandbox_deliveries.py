"""What becomes of a delivery: its history, who acts, filters, attributes, and the ways in which it ends."""

from __future__ import annotations

import pytest

from tests.sandbox import subscribing
from tests.sandbox.client import Client
from tests.sandbox.subscribing import deliveries, steps
from xnat_gate.sandbox.server import Sandbox

PLACE = "/data/projects/HOSPITAL/subjects/S1/experiments/E1"


@pytest.fixture
def number(admin: Client) -> int:
    """The wrapper of a command that does nothing, while the Event Service is on."""
    subscribing.turn_on(admin)
    return subscribing.wrapper(admin)


def test_a_good_delivery_ends_when_the_container_is_queued_and_leaves_a_workflow_of_its_own(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    subscribing.subscribe(admin, subscribing.body(number, name="checks: new", filter_project_ids=[]))
    admin.archived(study)
    sandbox.settle()
    (one,) = deliveries(admin)
    assert steps(one) == [
        "EVENT_TRIGGERED", "EVENT_DETECTED", "SUBSCRIPTION_TRIGGERED", "OBJECT_SERIALIZED", "RESOLVING_ATTRIBUTES",
        "ACTION_CALLED", "ACTION_STEP",
    ]  # fmt: skip
    assert (one["status-message"], one["error"], one["user"], one["project"]) == (
        "Container queued.", False, "admin", "HOSPITAL",
    )  # fmt: skip
    item = admin.rows("/data/projects/HOSPITAL/experiments")[0]["ID"]
    assert one["trigger"]["xsi-uri"] == f"/archive/experiments/{item}"
    (flow,) = admin.get("/data/services/workflows/checks_ new", params={"experiment": item}).json()["items"]
    fields = flow["data_fields"]
    assert (fields["status"], fields["comments"], fields["id"]) == ("Complete", "ACTION_STEP", item)
    assert [container["status"] for container in subscribing.launched(admin)] == ["Complete"]
    assert subscribing.roots(admin) == [f"/archive/experiments/{item}"]


def test_contexts_are_not_compared_with_the_object_of_an_event(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    other = subscribing.wrapper(admin, context="xnat:petSessionData", name="pets")
    subscribing.subscribe(admin, subscribing.body(other))
    admin.archived(study)
    sandbox.settle()
    assert steps(deliveries(admin)[0])[-1] == "ACTION_STEP"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ('@.xsiType == "xnat:ctSessionData"', "ACTION_STEP"),
        ("@.xsiType == 'xnat:ctSessionData' && @.label =~ /e\\d/i", "ACTION_STEP"),
        ('@.xsiType in ["xnat:mrSessionData", "xnat:petSessionData"]', "OBJECT_FILTER_MISMATCH_HALT"),
        ('@.project-id == "HOSPITAL" && !(@.assessors[0])', "ACTION_STEP"),
        ('@.modalities-in-study contains "RTSTRUCT"', "ACTION_STEP"),
        ('@.modalities-in-study contains "MR" || @.label contains "x"', "OBJECT_FILTER_MISMATCH_HALT"),
        ('@.scans[0].modality == "CT" && @.scans[9].modality != "CT"', "ACTION_STEP"),
        ("@.label == 'a\"b'", "OBJECT_FILTERING_FAULT"),
    ],
)
def test_a_payload_filter_lets_through_what_it_says(
    sandbox: Sandbox, admin: Client, number: int, study: bytes, text: str, outcome: str
) -> None:
    subscribing.subscribe(admin, subscribing.body(number, filter_payload_filter=text))
    admin.archived(study)
    sandbox.settle()
    (one,) = deliveries(admin)
    assert steps(one)[-1] == outcome
    if outcome == "OBJECT_FILTER_MISMATCH_HALT":
        assert admin.post("/xapi/events/delivered", json={}).json() == []
        assert admin.get("/xapi/events/delivered/count").json() == 0


def test_attributes_are_filled_from_the_object_and_become_launch_parameters(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    speaking = subscribing.wrapper(
        admin, name="speaking", inputs=[{"name": "words", "required": True}],
        **{"command-line": "echo #words#"},
    )  # fmt: skip
    words = "#label#/#project-id#/#id#/#uri#/#nothing#"
    subscribing.subscribe(admin, subscribing.body(speaking, attributes={"words": words}))
    admin.archived(study)
    sandbox.settle()
    (container,) = subscribing.launched(admin)
    item = admin.rows("/data/projects/HOSPITAL/experiments")[0]["ID"]
    said = admin.get(f"/xapi/containers/{container['id']}/logs/stdout").text.strip()
    assert said == f"E1/HOSPITAL/{item}//archive/experiments/{item}/#nothing#"


def test_a_wrapper_that_was_disabled_since_makes_the_delivery_fail(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    key = subscribing.subscribe(admin, subscribing.body(number))
    admin.put(f"/xapi/wrappers/{number}/disabled")
    admin.archived(study)
    sandbox.settle()
    (one,) = deliveries(admin)
    assert steps(one)[-1] == "FAILED"
    assert one["status-message"].startswith("Invalid subscription.")
    assert subscribing.launched(admin) == []
    shown = admin.get(f"/xapi/events/subscription/{key}").json()
    assert (shown["valid"], "Could not validate Action" in shown["validation-message"]) == (False, True)


def test_a_deleted_session_cannot_be_loaded_so_the_action_fails(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    admin.archived(study)
    subscribing.subscribe(admin, subscribing.body(number, status="DELETED"))
    admin.delete(PLACE)
    sandbox.settle()
    (one,) = deliveries(admin)
    assert steps(one)[-2:] == ["ACTION_CALLED", "ACTION_FAILED"]
    assert "OBJECT_SERIALIZED" not in steps(one)


def test_the_owner_of_the_subscription_acts_unless_it_says_the_account_that_caused_the_event(
    sandbox: Sandbox, admin: Client, member: Client, number: int, study: bytes
) -> None:
    subscribing.subscribe(admin, subscribing.body(number, name="as-owner"))
    subscribing.subscribe(admin, subscribing.body(number, name="as-event-user", act_as_event_user=True))
    member.archived(study)
    sandbox.settle()
    users = {one["subscription"]["name"]: one["user"] for one in deliveries(admin)}
    assert users == {"as-owner": "admin", "as-event-user": "member"}
    assert sorted(container["user-id"] for container in subscribing.launched(admin)) == ["admin", "member"]


def test_only_the_named_projects_are_told_and_an_inactive_subscription_is_not(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    for project in ("HOSPITAL", "QUARANTINE"):
        admin.put(f"/xapi/projects/{project}/wrappers/{number}/enabled")
        subscribing.subscribe(admin, subscribing.body(number, name=project, filter_project_ids=[project]))
    subscribing.subscribe(admin, subscribing.body(number, name="asleep", active=False))
    admin.archived(study)
    sandbox.settle()
    assert [one["subscription"]["name"] for one in deliveries(admin)] == ["HOSPITAL"]
    (container,) = subscribing.launched(admin)
    assert container["project"] == "HOSPITAL"


@pytest.mark.parametrize(("projects", "expected"), [([], "of the site"), (["HOSPITAL"], "of the project")])
def test_a_subscription_to_the_site_is_launched_with_the_configuration_of_the_site(
    sandbox: Sandbox, admin: Client, number: int, study: bytes, projects: list[str], expected: str
) -> None:
    speaking = subscribing.wrapper(
        admin, name="speaking", inputs=[{"name": "words", "default-value": "of the site"}],
        **{"command-line": "echo #words#"},
    )  # fmt: skip
    told = {"inputs": {"words": {"default-value": "of the project"}}}
    assert admin.post(f"/xapi/projects/HOSPITAL/wrappers/{speaking}/config", json=told).status_code == 201
    subscribing.subscribe(admin, subscribing.body(speaking, filter_project_ids=projects))
    admin.archived(study)
    sandbox.settle()
    (container,) = subscribing.launched(admin)
    assert admin.get(f"/xapi/containers/{container['id']}/logs/stdout").text.strip() == expected
