"""When events fire, no more and no less."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sandbox import launches, subscribing
from tests.sandbox.client import Client, zipped
from tests.sandbox.subscribing import deliveries
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

Settle = Callable[[], None]
Act = Callable[[Client, Settle, bytes], None]
"""What somebody does; in between nothing of the events may be under way, for an open workflow bars much."""
PLACE = "/data/projects/HOSPITAL/subjects/S1/experiments/E1"
TYPED = {"xsiType": "xnat:ctSessionData"}
STATUSES = ("CREATED", "MERGED", "DELETED", "UPDATED")


@pytest.fixture
def number(admin: Client) -> int:
    """The wrapper of a command that does nothing, while the Event Service is on."""
    subscribing.turn_on(admin)
    return subscribing.wrapper(admin)


def fired(sandbox: Sandbox, admin: Client) -> list[str]:
    """What was delivered so far, the oldest first, as `event status`."""
    sandbox.settle()
    return [
        f"{one['event']['display-name']} {one['trigger']['status']}" for one in reversed(deliveries(admin))
    ]


def halves(study: bytes) -> tuple[bytes, bytes]:
    """The first CT slice of the study, and all the rest of it: a session of the same kind with three more scans."""
    with zipfile.ZipFile(io.BytesIO(study)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    first = next(name for name in files if name.startswith("CT"))
    return zipped(names=[(first, files.pop(first))]), zipped(names=files.items())


def put_by_rest(client: Client, settle: Settle, study: bytes) -> None:
    client.put(PLACE, params=TYPED)


def archive_new(client: Client, settle: Settle, study: bytes) -> None:
    client.archived(study)


def archive_at_import(client: Client, settle: Settle, study: bytes) -> None:
    answer = client.send_zip(study, dest="/archive/projects/HOSPITAL/subjects/S1/experiments/E1")
    assert answer.status_code == 200, answer.text


def merge(client: Client, settle: Settle, study: bytes) -> None:
    for half in halves(study):
        client.archived(half)
        settle()


def edit(client: Client, settle: Settle, study: bytes) -> None:
    client.put(PLACE, params=TYPED)
    settle()
    assert client.put(PLACE, params={"date": "2024-01-02"}).status_code == 200


def rename(client: Client, settle: Settle, study: bytes) -> None:
    client.put(PLACE, params=TYPED)
    settle()
    assert client.put(PLACE, params={"label": "E2"}).status_code == 200


def move_to_another_project(client: Client, settle: Settle, study: bytes) -> None:
    client.put(PLACE, params=TYPED)
    settle()
    assert client.put(f"{PLACE}/projects/QUARANTINE", params={"primary": "true"}).status_code == 200


def share(client: Client, settle: Settle, study: bytes) -> None:
    client.put(PLACE, params=TYPED)
    settle()
    assert client.put(f"{PLACE}/projects/QUARANTINE").status_code == 200


def move_in_the_prearchive(client: Client, settle: Settle, study: bytes) -> None:
    uri = client.waiting(study)
    client.post(uri, params={"action": "move", "newProject": "QUARANTINE"})


def wait_in_the_prearchive(client: Client, settle: Settle, study: bytes) -> None:
    client.waiting(study)


def delete_then_archive_again(client: Client, settle: Settle, study: bytes) -> None:
    client.archived(study)
    settle()
    assert client.delete(PLACE, params={"removeFiles": "true"}).status_code == 200
    settle()
    client.archived(study)


def delete_the_subject(client: Client, settle: Settle, study: bytes) -> None:
    client.put(PLACE, params=TYPED)
    settle()
    assert client.delete("/data/projects/HOSPITAL/subjects/S1").status_code == 200


CASES: dict[Act, list[str]] = {
    put_by_rest: ["Session CREATED"],
    archive_new: ["Session CREATED"],
    archive_at_import: ["Session CREATED"],
    merge: ["Session CREATED", "Session MERGED"],
    edit: ["Session CREATED"],
    rename: ["Session CREATED"],
    move_to_another_project: ["Session CREATED"],
    share: ["Session CREATED"],
    move_in_the_prearchive: [],
    wait_in_the_prearchive: [],
    delete_then_archive_again: ["Session CREATED", "Session DELETED", "Session CREATED"],
    delete_the_subject: ["Session CREATED", "Session DELETED"],
}


@pytest.mark.parametrize("act", CASES, ids=lambda act: act.__name__)
def test_a_session_event_fires_when_xnat_says_so_and_only_then(
    sandbox: Sandbox, admin: Client, number: int, study: bytes,
    act: Act,
) -> None:  # fmt: skip
    for status in STATUSES:
        subscribing.subscribe(admin, subscribing.body(number, status=status))
    act(admin, sandbox.settle, study)
    assert fired(sandbox, admin) == CASES[act]


@pytest.mark.parametrize("direct", [True, False], ids=["direct archive", "auto-archive"])
def test_what_xnat_archives_by_itself_fires_in_the_name_of_its_own_account(
    sandbox: Sandbox, admin: Client, owner: Client, number: int, study: bytes, direct: bool
) -> None:
    owner.put("/data/projects/HOSPITAL/prearchive_code/4")
    subscribing.subscribe(admin, subscribing.body(number, act_as_event_user=True))
    words = {"Direct_Archive": "true"} if direct else {}
    owner.send_zip(study, project="HOSPITAL", subject="S1", session="E1", **words)
    sandbox.rebuild()
    assert fired(sandbox, admin) == ["Session CREATED"]
    assert deliveries(admin)[0]["user"] == "admin"


def test_an_archive_fires_for_the_subject_each_new_scan_and_the_assessor_that_a_session_is(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    for event in ("SubjectEvent", "ScanEvent", "SubjectAssessorEvent", "ResourceEvent"):
        subscribing.subscribe(admin, subscribing.body(number, event))
    admin.archived(study)
    assert sorted(fired(sandbox, admin)) == sorted(
        ["Subject CREATED", "Subject Assessor CREATED", *["Scan CREATED"] * 4]
    )


def test_a_merge_fires_for_the_new_scans_alone(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    first, rest = halves(study)
    admin.archived(first)
    sandbox.settle()  # what has happened before is nobody's business
    for event, status in (
        ("ScanEvent", "CREATED"),
        ("SubjectEvent", "CREATED"),
        ("SubjectAssessorEvent", "MERGED"),
    ):
        subscribing.subscribe(admin, subscribing.body(number, event, status))
    admin.archived(rest)
    assert fired(sandbox, admin) == ["Scan CREATED"] * 3


def test_projects_scans_and_resources_made_by_rest_fire(sandbox: Sandbox, admin: Client, number: int) -> None:
    for event, status in (
        ("ProjectEvent", "CREATED"), ("ProjectEvent", "DELETED"), ("ScanEvent", "CREATED"),
        ("ResourceEvent", "CREATED"), ("ResourceEvent", "UPDATED"), ("SubjectEvent", "CREATED"),
    ):  # fmt: skip
        subscribing.subscribe(admin, subscribing.body(number, event, status))
    admin.put("/data/projects/NEW")
    admin.put("/data/projects/NEW/subjects/S1")
    admin.put("/data/projects/NEW/subjects/S1/experiments/E1", params=TYPED)
    home = "/data/projects/NEW/experiments/E1"
    admin.put(f"{home}/scans/1", params={"xsiType": "xnat:ctScanData"})
    for name in ("a.txt", "b.txt"):
        answer = admin.put(f"{home}/resources/NOTES/files/{name}", params={"inbody": "true"}, data=b"x")
        assert answer.status_code == 200, answer.text
    admin.delete("/data/projects/NEW")
    sandbox.settle()
    told = sorted(f"{one['event']['display-name']} {one['trigger']['status']}" for one in deliveries(admin))
    assert told == sorted(
        ["Project CREATED", "Subject CREATED", "Scan CREATED", "Resource CREATED", "Resource UPDATED",
         "Project DELETED"]
    )  # fmt: skip


def test_what_happens_while_the_service_is_off_is_told_to_nobody_not_even_later(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    subscribing.subscribe(admin, subscribing.body(number))
    admin.put("/xapi/events/prefs", json={"enabled": False})
    admin.archived(study)
    subscribing.turn_on(admin)
    assert fired(sandbox, admin) == []


def test_an_archive_is_answered_while_its_event_waits_and_the_files_lie_in_place_then(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    subscribing.subscribe(admin, subscribing.body(number))
    with sandbox.hold("containers"):
        uri = admin.archived(study)
        assert deliveries(admin) == []
        assert len(admin.rows(f"{uri}/scans/ALL/files")) > 0
    assert fired(sandbox, admin) == ["Session CREATED"]


def test_a_status_with_a_typo_is_accepted_and_never_comes(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    subscribing.subscribe(admin, subscribing.body(number, status="CRAETED"))
    admin.archived(study)
    assert fired(sandbox, admin) == []


def test_a_subscription_without_a_status_is_told_of_every_one(
    sandbox: Sandbox, admin: Client, number: int
) -> None:
    sent = subscribing.body(number)
    del sent["event-filter"]["status"]
    subscribing.subscribe(admin, sent)
    admin.put(PLACE, params=TYPED)
    sandbox.settle()
    admin.delete(PLACE)
    sandbox.settle()
    assert [one["trigger"]["status"] for one in subscribing.deliveries(admin)] == ["DELETED", "CREATED"]


def test_an_archive_that_is_refused_fires_nothing(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    admin.archived(study)
    for status in STATUSES:
        subscribing.subscribe(admin, subscribing.body(number, status=status))
    assert admin.archive(admin.waiting(study)).status_code == 500
    assert fired(sandbox, admin) == []


def test_subscriptions_and_the_switch_outlive_a_restart(tmp_path: Path, study: bytes) -> None:
    settings = Settings(containers=Kind.PROCESS)
    with Sandbox.start(tmp_path / "other", settings=settings) as first, Client(first.url, "admin") as admin:
        subscribing.turn_on(admin)
        subscribing.subscribe(admin, subscribing.body(subscribing.wrapper(admin)))
    with Sandbox.start(tmp_path / "other", settings=settings) as second, Client(second.url, "admin") as admin:
        admin.archived(study)
        assert fired(second, admin) == ["Session CREATED"]


def test_a_containers_output_is_one_upload_and_sets_off_what_subscribed_to_resources(
    sandbox: Sandbox, admin: Client, number: int, study: bytes
) -> None:
    line = "touch /output/a.txt /output/b.txt /output/c.txt"
    writing = launches.registered(admin, launches.writing(line, wrapper={"name": "writes"}))
    admin.put(f"/xapi/wrappers/{writing}/enabled")
    subscribing.subscribe(admin, subscribing.body(writing))
    for status in ("CREATED", "UPDATED"):
        subscribing.subscribe(admin, subscribing.body(number, "ResourceEvent", status))
    admin.archived(study)
    assert fired(sandbox, admin) == ["Session CREATED", "Resource CREATED"]
    assert len(admin.rows(f"{PLACE}/resources/TRY/files")) == 3
    launches.launched(admin, writing, session=subscribing.roots(admin, "session")[0])
    assert fired(sandbox, admin)[2:] == ["Resource UPDATED"]
