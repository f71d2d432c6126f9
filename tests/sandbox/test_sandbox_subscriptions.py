"""Subscriptions over REST: who may, what is refused with which reason, and what an update forgets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox import subscribing
from tests.sandbox.client import Client
from tests.sandbox.subscribing import EVENTS, ONE, PROVIDER, body
from xnat_gate.sandbox.server import Sandbox

OF_PROJECT = "/xapi/projects/HOSPITAL/events/subscription"


@pytest.fixture
def number(admin: Client) -> int:
    subscribing.turn_on(admin)
    return subscribing.wrapper(admin)


@pytest.fixture
def usable(admin: Client, number: int) -> int:
    """Enabled in HOSPITAL, too."""
    assert admin.put(f"/xapi/projects/HOSPITAL/wrappers/{number}/enabled").status_code == 200
    return number


def shown(admin: Client, key: int) -> dict[str, Any]:
    answer = admin.get(f"{ONE}/{key}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_service_is_off_until_an_administrator_turns_it_on(admin: Client, owner: Client) -> None:
    assert admin.get("/xapi/events/prefs").json() == {"enabled": False}
    for answer in (
        admin.get("/xapi/events/subscriptions"),
        admin.post(ONE, json=body(1)),
        admin.get(f"{ONE}/1"),
        owner.get("/xapi/projects/HOSPITAL/events/subscriptions"),
    ):
        assert answer.status_code == 405, answer.text
    assert owner.put("/xapi/events/prefs", json={"enabled": True}).status_code == 403
    assert admin.put("/xapi/events/prefs", json={"enabled": "true"}).status_code == 200
    assert admin.get("/xapi/events/prefs").json() == {"enabled": True}
    assert admin.get("/xapi/events/subscriptions").json() == []
    assert admin.put("/xapi/events/prefs", json={"respondToEvents": False}).status_code == 501


def test_a_subscription_is_made_and_answers_with_name_and_id(admin: Client, number: int) -> None:
    sent = body(number, name="my: sub", attributes={"mode": "full"})
    answer = admin.post(ONE, json=sent)
    assert (answer.status_code, answer.text) == (201, "my: sub:1")
    found = shown(admin, 1)
    assert {key: found[key] for key in ("name", "active", "action-key", "attributes", "valid")} == {
        "name": "my: sub", "active": True, "action-key": f"{PROVIDER}:{number}", "attributes": {"mode": "full"},
        "valid": True,
    }  # fmt: skip
    assert found["event-filter"]["event-type"] == f"{EVENTS}SessionEvent"
    assert (found["subscription-owner"], found["act-as-event-user"]) == ("admin", False)
    assert [one["id"] for one in admin.get("/xapi/events/subscriptions").json()] == [1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": "PrearchiveEvent"}, "Could not load Event class"),
        ({"event": "WorkflowStatusChangeEvent"}, "Could not load Event class"),
        ({"filter_payload_filter": "$[?(@.label)]"}, "only predicate path"),
        ({"filter_payload_filter": "@.label == "}, "Could not compile jsonPath filter"),
        ({"filter_payload_filter": "length(@.scans) > 3"}, "Could not compile jsonPath filter"),
        ({"action_key": "no.such.Provider:1"}, "Could not load Action Provider"),
        ({"action_key": f"{PROVIDER}:99"}, "Could not validate Action"),
        ({"filter_project_ids": ["HOSPITAL"]}, "Could not validate Action"),
        ({"name": "taken"}, "already exists"),
    ],
)
def test_what_cannot_work_is_424_with_the_reason(
    admin: Client, number: int, changes: dict[str, Any], reason: str
) -> None:
    subscribing.subscribe(admin, body(number, name="taken"))
    answer = admin.post(ONE, json=body(number, **changes))
    assert answer.status_code == 424, answer.text
    assert answer.text.startswith("Subscription format failed to validate.\n")
    assert reason in answer.text
    assert len(admin.get("/xapi/events/subscriptions").json()) == 1


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("0 15 * * *", "Expected 6 fields but found: 5"),
        ("0  15 * * * *", "Expected 6 fields but found: 7"),
        ("* 15 * * * *", "second field"),
        ("0 */5 * * * *", "minute field"),
        ("0 0,30 * * * *", "minute field"),
        ("0 1-9 * * * *", "minute field"),
        ("0 61 * * * *", "minute"),
        ("0 15 25 * * *", "Invalid field"),
        ("0 15 * * * NODAY", "Invalid field"),
    ],
)
def test_a_schedule_needs_six_fields_with_plain_numbers_for_second_and_minute(
    admin: Client, number: int, schedule: str, reason: str
) -> None:
    sent = body(number, "ScheduledEvent", "CRON", filter_schedule=schedule)
    answer = admin.post(ONE, json=sent)
    assert answer.status_code == 424
    assert "Invalid Cron Expression." in answer.text
    assert reason in answer.text
    sent["event-filter"]["schedule"] = "0 15 6-20/2 ? JAN,MAR-MAY MON-FRI"
    assert admin.post(ONE, json=sent).status_code == 201


def test_a_body_that_cannot_be_read_is_500(admin: Client, number: int) -> None:
    good = body(number)
    for bad in (
        {key: value for key, value in good.items() if key != "event-filter"},
        {key: value for key, value in good.items() if key != "action-key"},
        {**good, "event-filter": {"status": "CREATED"}},
        {**good, "attributes": {"mode": "x" * 256}},
        {**good, "active": "perhaps"},
        [good],
    ):
        assert admin.post(ONE, json=bad).status_code == 500
    assert admin.post(ONE, data=b"{").status_code == 500
    assert admin.post(ONE, json={**good, "name": ""}).status_code == 501
    logging = "org.nrg.xnat.eventservice.actions.EventServiceLoggingAction"
    assert admin.post(ONE, json={**good, "action-key": f"{logging}:{logging}"}).status_code == 501
    assert admin.get("/xapi/events/subscriptions").json() == []


def test_an_update_is_no_patch_and_widens_a_subscription_to_the_site(admin: Client, usable: int) -> None:
    sent = body(
        usable, attributes={"mode": "full"}, act_as_event_user=True, filter_project_ids=["HOSPITAL"],
        filter_payload_filter='@.label == "E1"',
    )  # fmt: skip
    key = subscribing.subscribe(admin, sent)
    assert admin.put(f"{ONE}/{key}", json={"active": False}).status_code == 200
    found = shown(admin, key)
    assert (found["active"], found["attributes"], found["act-as-event-user"]) == (False, {}, False)
    assert found["event-filter"]["project-ids"] == ["HOSPITAL"]
    assert admin.put(f"{ONE}/{key}", json={"event-filter": {"status": "MERGED"}}).status_code == 200
    widened = shown(admin, key)["event-filter"]
    assert (widened["project-ids"], widened["status"]) == ([], "MERGED")
    assert widened["payload-filter"] == '@.label == "E1"'


def test_an_update_that_cannot_work_is_424_and_changes_nothing(admin: Client, number: int) -> None:
    key = subscribing.subscribe(admin, body(number))
    before = shown(admin, key)
    assert admin.put(f"{ONE}/{key}", json={"action-key": f"{PROVIDER}:99"}).status_code == 424
    assert shown(admin, key) == before
    assert admin.put(f"{ONE}/77", json={}).status_code == 404


def test_it_is_switched_off_and_on_and_deleted(admin: Client, number: int) -> None:
    key = subscribing.subscribe(admin, body(number))
    for verb, active in (("deactivate", False), ("activate", True)):
        assert admin.post(f"{ONE}/{key}/{verb}").status_code == 200
        assert shown(admin, key)["active"] is active
    assert admin.delete(f"{ONE}/{key}").status_code == 204
    for answer in (
        admin.get(f"{ONE}/{key}"),
        admin.post(f"{ONE}/{key}/activate"),
        admin.delete(f"{ONE}/{key}"),
    ):
        assert answer.status_code == 404


def test_a_filter_is_tried_out_before_it_is_used(owner: Client) -> None:
    place = f"{ONE}/filter/validate"
    assert owner.post(place, data='@.xsiType == "xnat:ctSessionData"').status_code == 200
    assert owner.post(place, data="@.xsiType ==").status_code == 424


def test_the_sites_subscriptions_are_for_administrators(
    admin: Client, owner: Client, member: Client, usable: int
) -> None:
    key = subscribing.subscribe(admin, body(usable))
    for answer in (
        owner.post(ONE, json=body(usable, name="x")),
        owner.get(f"{ONE}/{key}"),
        owner.put(f"{ONE}/{key}", json={}),
        owner.delete(f"{ONE}/{key}"),
        owner.get("/xapi/events/subscriptions"),
        owner.post("/xapi/events/delivered", json={}),
        member.post(OF_PROJECT, json=body(usable, name="x", filter_project_ids=["HOSPITAL"])),
        member.get("/xapi/projects/HOSPITAL/events/subscriptions"),
    ):
        assert answer.status_code == 403, answer.text


def test_an_owner_subscribes_for_the_own_project_alone(admin: Client, owner: Client, usable: int) -> None:
    admin.put(f"/xapi/projects/QUARANTINE/wrappers/{usable}/enabled")
    for projects in ([], ["QUARANTINE"], ["HOSPITAL", "QUARANTINE"]):
        answer = owner.post(OF_PROJECT, json=body(usable, filter_project_ids=projects))
        assert answer.status_code == 401, answer.text
    sent = body(usable, filter_project_ids=["HOSPITAL"], act_as_event_user=True)
    key = subscribing.subscribe(owner, sent, OF_PROJECT)
    found = owner.get(f"{OF_PROJECT}/{key}").json()
    assert (found["editable"], found["act-as-event-user"], found["subscription-owner"]) == (
        True,
        False,
        "owner",
    )
    site = subscribing.subscribe(admin, body(usable, name="site"))
    elsewhere = subscribing.subscribe(admin, body(usable, name="other", filter_project_ids=["QUARANTINE"]))
    listed = owner.get("/xapi/projects/HOSPITAL/events/subscriptions").json()
    assert [(one["id"], one["editable"]) for one in listed] == [(key, True), (site, False)]
    assert owner.get(f"{OF_PROJECT}/{elsewhere}").status_code == 401
    assert owner.delete(f"{OF_PROJECT}/{site}").status_code == 401
    scheduled = body(
        usable, "ScheduledEvent", "CRON", filter_schedule="0 0 1 * * *", filter_project_ids=["HOSPITAL"]
    )
    assert owner.post(OF_PROJECT, json=scheduled).status_code == 401
    assert owner.delete(f"{OF_PROJECT}/{key}").status_code == 204


def test_an_owner_sees_the_deliveries_of_the_own_project(
    sandbox: Sandbox, admin: Client, owner: Client, usable: int
) -> None:
    subscribing.subscribe(admin, body(usable))
    for project in ("HOSPITAL", "QUARANTINE"):
        place = f"/data/projects/{project}/subjects/S1/experiments/E1"
        admin.put(place, params={"xsiType": "xnat:ctSessionData"})
    sandbox.settle()
    base = "/xapi/projects/HOSPITAL/events/delivered"
    (one,) = owner.post(base, json={"page": 1, "size": 5}).json()
    assert one["project"] == "HOSPITAL"
    assert owner.post(base, json={"page": 2, "size": 5}).json() == []
    assert owner.get(f"{base}/count").json() == 1
    (line,) = owner.get(f"{base}/summary").json()
    assert (line["trigger-label"], line["status"]) == ("E1", "ACTION_STEP")
    other = next(each for each in subscribing.deliveries(admin) if each["project"] == "QUARANTINE")
    assert owner.get(f"{base}/{other['id']}").status_code == 404
    assert admin.get(f"/xapi/events/delivered/{other['id']}").json() == other
    assert admin.post("/xapi/events/delivered/cleanup/", params={"keep-recent": "0"}).status_code == 200
    assert admin.get("/xapi/events/delivered/count").json() == 2


def test_events_and_actions_are_listed(admin: Client, owner: Client, member: Client, number: int) -> None:
    disabled = subscribing.wrapper(admin, "Project", "xnat:projectData", "other", enable=False)
    events = {
        one["id"].removeprefix(EVENTS): one["statuses"] for one in member.get("/xapi/events/events").json()
    }
    assert events["SessionEvent"] == ["CREATED", "MERGED", "DELETED"]
    assert "WorkflowStatusChangeEvent" not in events
    one = member.get("/xapi/events/event", params={"event-type": f"{EVENTS}ScheduledEvent"}).json()
    assert (one["statuses"], one["event-scope"]) == (["CRON"], ["SITE"])
    keys = [each["action-key"] for each in member.get("/xapi/events/allactions").json()]
    assert keys == [f"{PROVIDER}:{number}", f"{PROVIDER}:{disabled}"]
    assert [each["id"] for each in admin.get("/xapi/events/actions").json()] == [str(number)]
    assert owner.get("/xapi/projects/HOSPITAL/events/actions").json() == []
    asked = {"event-type": f"{EVENTS}SessionEvent"}
    assert [a["id"] for a in admin.get("/xapi/events/actionsbyevent", params=asked).json()] == [str(number)]
    asked = {"event-type": f"{EVENTS}ProjectEvent"}
    assert admin.get("/xapi/events/actionsbyevent", params=asked).json() == []
    key = {"actionkey": f"{PROVIDER}:{number}"}
    assert member.get("/xapi/events/action", params=key).json()["display-name"] == "nothing-on-Session"
    assert member.get("/xapi/events/action", params={"actionkey": f"{PROVIDER}:{disabled}"}).text == ""
    assert member.get("/xapi/events/actions").status_code == 403
