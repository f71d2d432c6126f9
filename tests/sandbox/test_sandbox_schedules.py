"""ScheduledEvent: what a tick launches on, and when a schedule is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.sandbox import subscribing
from tests.sandbox.client import Client
from tests.sandbox.subscribing import body, deliveries, steps
from xnat_gate.sandbox.events import cron, scheduling
from xnat_gate.sandbox.events.cron import BadCron
from xnat_gate.sandbox.models import users
from xnat_gate.sandbox.server import Sandbox

LEAP = date(2028, 2, 29)
"""A day on which no test runs: the clock of the sandbox itself is not in the way."""
SCHEDULE = "0 15 6 29 2 *"


@pytest.fixture(autouse=True)
def _on(admin: Client) -> None:
    subscribing.turn_on(admin)


def scheduled(admin: Client, wrapper: int, **more: object) -> int:
    told = {"filter_schedule": SCHEDULE, **more}
    return subscribing.subscribe(admin, body(wrapper, "ScheduledEvent", "CRON", **told))


def session(client: Client, project: str, label: str, xsi_type: str = "xnat:ctSessionData") -> str:
    answer = client.put(
        f"/data/projects/{project}/subjects/S-{project}/experiments/{label}", params={"xsiType": xsi_type}
    )
    assert answer.status_code == 201, answer.text
    return f"/archive/experiments/{answer.text}"


def test_a_project_wrapper_is_launched_once_in_each_project_and_the_delivery_is_done(
    sandbox: Sandbox, admin: Client
) -> None:
    scheduled(admin, subscribing.wrapper(admin, "Project", "xnat:projectData"))
    assert sandbox.tick(6, 14, day=LEAP) == 0
    assert subscribing.launched(admin) == []
    assert sandbox.tick(6, 15, day=LEAP) == 1
    assert subscribing.roots(admin) == ["/archive/projects/HOSPITAL", "/archive/projects/QUARANTINE"]
    (one,) = deliveries(admin)
    assert steps(one)[-3:] == ["ACTION_STEP", "ACTION_STEP", "ACTION_COMPLETE"]
    assert (one["status-message"], one["user"]) == ("Done", "admin")
    sandbox.tick(6, 15, day=LEAP)
    assert len(subscribing.launched(admin)) == 4


def test_a_schedule_is_narrowed_to_the_projects_it_names(sandbox: Sandbox, admin: Client) -> None:
    wrapper = subscribing.wrapper(admin, "Project", "xnat:projectData")
    admin.put(f"/xapi/projects/QUARANTINE/wrappers/{wrapper}/enabled")
    scheduled(admin, wrapper, filter_project_ids=["QUARANTINE"])
    sandbox.tick(6, 15, day=LEAP)
    assert subscribing.roots(admin) == ["/archive/projects/QUARANTINE"]
    (container,) = subscribing.launched(admin)
    assert container["project"] == "QUARANTINE"


def test_sessions_must_fit_contexts_and_filter_and_shared_ones_count(sandbox: Sandbox, admin: Client) -> None:
    wrapper = subscribing.wrapper(admin, context="xnat:ctSessionData")
    admin.put(f"/xapi/projects/QUARANTINE/wrappers/{wrapper}/enabled")
    own = session(admin, "QUARANTINE", "E1")
    session(admin, "QUARANTINE", "E2-not")
    session(admin, "QUARANTINE", "E3", "xnat:mrSessionData")
    shared = session(admin, "HOSPITAL", "E4")
    session(admin, "HOSPITAL", "E5")
    admin.put("/data/projects/HOSPITAL/experiments/E4/projects/QUARANTINE")
    scheduled(
        admin, wrapper, filter_project_ids=["QUARANTINE"], filter_payload_filter="!(@.label =~ /.*-not/)"
    )
    sandbox.tick(6, 15, day=LEAP)
    assert subscribing.roots(admin) == sorted([own, shared])


@pytest.mark.parametrize(
    ("type_", "context", "expected"),
    [
        ("Subject", "xnat:subjectData", 1),
        ("Scan", "xnat:imageScanData", 4),
        ("Assessor", "xnat:imageAssessorData", 0),
        ("Session", "", 0),
    ],
)
def test_every_item_of_the_first_inputs_type_is_launched_on(
    sandbox: Sandbox, admin: Client, study: bytes, type_: str, context: str, expected: int
) -> None:
    admin.archived(study)
    scheduled(admin, subscribing.wrapper(admin, type_, context))
    assert sandbox.tick(6, 15, day=LEAP) == 1
    (one,) = deliveries(admin)
    assert steps(one).count("ACTION_STEP") == expected
    assert steps(one)[-1] == "ACTION_COMPLETE"
    if not expected:
        assert one["status-message"] == f"No inputs of type: {type_} found. Nothing to do."


def test_a_wrapper_without_external_input_fails(sandbox: Sandbox, admin: Client) -> None:
    command = {
        "name": "site", "version": "1", "image": "busybox:latest", "command-line": "true",
        "xnat": [{"name": "site", "contexts": ["site"]}],
    }  # fmt: skip
    key = admin.post("/xapi/commands", json=command).json()
    wrapper = admin.get(f"/xapi/commands/{key}").json()["xnat"][0]["id"]
    admin.put(f"/xapi/wrappers/{wrapper}/enabled")
    scheduled(admin, wrapper)
    sandbox.tick(6, 15, day=LEAP)
    (one,) = deliveries(admin)
    assert (steps(one)[-1], one["error"]) == ("ACTION_FAILED", True)


def two_inputs(admin: Client, *types: str) -> int:
    command = {
        "name": "two", "version": "1", "image": "busybox:latest", "command-line": "true",
        "xnat": [{
            "name": "two", "contexts": ["xnat:imageSessionData"],
            "external-inputs": [{"name": type_.lower(), "type": type_, "required": False} for type_ in types],
        }],
    }  # fmt: skip
    key = admin.post("/xapi/commands", json=command).json()
    wrapper: int = admin.get(f"/xapi/commands/{key}").json()["xnat"][0]["id"]
    admin.put(f"/xapi/wrappers/{wrapper}/enabled")
    return wrapper


def test_a_schedule_looks_at_the_first_external_input_alone(sandbox: Sandbox, admin: Client) -> None:
    session(admin, "HOSPITAL", "E1")
    scheduled(admin, two_inputs(admin, "string", "Session"))
    sandbox.tick(6, 15, day=LEAP)
    (one,) = deliveries(admin)
    assert steps(one)[-1] == "ACTION_FAILED"
    assert one["status-message"] == "External Input type:string is not supported by scheduled events."


def test_an_event_puts_its_object_into_the_first_external_input_whatever_that_is(
    sandbox: Sandbox, admin: Client
) -> None:
    subscribing.subscribe(admin, body(two_inputs(admin, "string", "Session")))
    uri = session(admin, "HOSPITAL", "E1")
    sandbox.settle()
    assert subscribing.roots(admin, "string") == [uri]
    assert subscribing.roots(admin, "session") == [""]


def test_items_that_the_owner_of_the_subscription_may_not_edit_are_left_out(
    sandbox: Sandbox, admin: Client
) -> None:
    session(admin, "QUARANTINE", "E1")
    wrapper = subscribing.wrapper(admin)
    users.create(sandbox.world.db, "second", "second", admin=True)
    with Client(sandbox.url, "second") as second:
        scheduled(second, wrapper)
    sandbox.world.db.run("UPDATE users SET admin = 0 WHERE login = 'second'")
    sandbox.tick(6, 15, day=LEAP)
    (one,) = deliveries(admin)
    assert (one["user"], steps(one)[-1]) == ("second", "ACTION_COMPLETE")
    assert subscribing.launched(admin) == []
    assert any("doesn't have permission to run containers" in entry["message"] for entry in one["status"])


def test_two_subscriptions_of_one_schedule_are_one_event(sandbox: Sandbox, admin: Client) -> None:
    wrapper = subscribing.wrapper(admin, "Project", "xnat:projectData")
    scheduled(admin, wrapper, name="one")
    second = scheduled(admin, wrapper, name="two")
    assert sandbox.tick(6, 15, day=LEAP) == 1
    assert len(deliveries(admin)) == 2
    admin.post(f"{subscribing.ONE}/{second}/deactivate")
    sandbox.tick(6, 15, day=LEAP)
    assert len(deliveries(admin)) == 3
    admin.put("/xapi/events/prefs", json={"enabled": False})
    assert sandbox.tick(6, 15, day=LEAP) == 0


def test_the_timer_fires_by_itself_when_the_moment_comes(sandbox: Sandbox, admin: Client) -> None:
    wrapper = subscribing.wrapper(admin, "Project", "xnat:projectData")
    moment = datetime.now(UTC) + timedelta(seconds=2)
    text = f"{moment.second} {moment.minute} {moment.hour} * * *"
    with sandbox.hold("containers"):
        scheduled(admin, wrapper, filter_schedule=text)
        assert scheduling.next_due(sandbox.world, datetime.now(UTC)) is not None
        sandbox.await_work("containers")
    sandbox.settle()
    assert len(deliveries(admin)) == 1


@pytest.mark.parametrize(
    ("text", "after", "due"),
    [
        ("0 15 * * * *", "2024-01-31 10:15:00", "2024-01-31 11:15:00"),
        ("30 59 23 31 12 *", "2024-12-31 23:59:30", "2025-12-31 23:59:30"),
        ("0 0 6 ? * MON-FRI", "2024-03-01 06:00:00", "2024-03-04 06:00:00"),
        ("0 0 */8 * * 7", "2024-03-02 23:00:00", "2024-03-03 00:00:00"),
        ("0 0 0 29 feb *", "2024-03-01 00:00:00", "2028-02-29 00:00:00"),
        ("0 0 9 13 * FRI", "2024-01-01 00:00:00", "2024-09-13 09:00:00"),
    ],
)
def test_the_next_moment_of_a_schedule(text: str, after: str, due: str) -> None:
    found = cron.read(text).after(datetime.fromisoformat(f"{after}+00:00"))
    assert found == datetime.fromisoformat(f"{due}+00:00")
    assert cron.read(text).fits(found)


def test_a_schedule_that_never_comes_has_no_next_moment() -> None:
    assert cron.read("0 0 0 31 2 *").after(datetime(2024, 1, 1, tzinfo=UTC)) is None
    with pytest.raises(BadCron):
        cron.read("0 0 0 L * *")
