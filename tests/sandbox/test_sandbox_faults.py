"""Faults on demand: each does to a caller what it says, and nothing more, and goes when it is taken back."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.sandbox.client import Client, message
from xnat_gate.sandbox import phantoms
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.faults.fault import from_json, from_words
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

ARCHIVE = "/data/services/archive"
BROKEN = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


def test_a_status_is_answered_so_many_times_and_nothing_is_done(
    sandbox: Sandbox, member: Client, study: bytes
) -> None:
    uri = member.waiting(study)
    fault = sandbox.faults.add(
        Fault(
            kind=Kind.STATUS, method="POST", path="/data/services/arch*", code=503, body="try later", times=2
        )
    )
    for _ in range(2):
        answer = member.archive(uri)
        assert (answer.status_code, message(answer), answer.reason) == (503, "try later", "try later")
    assert (member.row(uri) or {})["status"] == "READY"
    assert fault.fired == 2
    assert member.archive(uri).status_code == 200


def test_a_fault_strikes_only_what_its_patterns_name_and_goes_when_removed(
    sandbox: Sandbox, member: Client
) -> None:
    with sandbox.faults.add(Fault(kind=Kind.STATUS, method="GET", path="/data/projects*", code=500)):
        assert member.get("/data/archive/projects/HOSPITAL").status_code == 500
        assert member.get("/data/prearchive").status_code == 200
        assert member.put("/data/projects/HOSPITAL").status_code == 403
    assert member.get("/data/projects/HOSPITAL").status_code == 200


def test_a_fault_lets_as_many_requests_pass_as_it_was_told(sandbox: Sandbox, member: Client) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, path="/data/auth", skip=2, times=1))
    assert [member.get("/data/auth").status_code for _ in range(4)] == [200, 200, 503, 200]


def test_latency_delays_and_ends_early_when_it_is_removed(sandbox: Sandbox, member: Client) -> None:
    fault = sandbox.faults.add(Fault(kind=Kind.LATENCY, path="/data/auth", seconds=600))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(member.get, "/data/auth")
        fault.await_fired()
        assert not answer.done()
        fault.remove()
        assert answer.result(10).status_code == 200


def test_latency_longer_than_the_clients_patience_is_the_clients_time_out(
    sandbox: Sandbox, member: Client
) -> None:
    with (
        sandbox.faults.add(Fault(kind=Kind.LATENCY, path="/data/auth", seconds=600)),
        pytest.raises(requests.exceptions.ReadTimeout),
    ):
        member.get("/data/auth", timeout=0.2)
    assert member.get("/data/auth").status_code == 200


def test_delays_come_on_top_of_another_fault(sandbox: Sandbox, member: Client) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, path="/data/auth", code=502))
    late = sandbox.faults.add(Fault(kind=Kind.LATENCY, path="/data/auth", seconds=0))
    assert member.get("/data/auth").status_code == 502
    assert late.fired == 1


def test_a_cut_comes_after_the_work_was_done(sandbox: Sandbox, member: Client, study: bytes) -> None:
    uri = member.waiting(study)
    sandbox.faults.add(Fault(kind=Kind.CUT, method="POST", path=ARCHIVE, times=1))
    with pytest.raises(BROKEN):
        member.archive(uri)
    assert member.row(uri) is None
    assert [row["label"] for row in member.rows("/data/projects/HOSPITAL/experiments")] == ["E1"]


def test_a_cut_sends_half_of_a_body(sandbox: Sandbox, member: Client) -> None:
    sandbox.faults.add(Fault(kind=Kind.CUT, path="/data/auth", times=1))
    answer = member.get("/data/auth", stream=True)
    assert answer.status_code == 200
    with pytest.raises(BROKEN):
        answer.content  # noqa: B018 - reading it is the test


def test_a_cut_of_an_answer_without_a_body_is_a_connection_lost(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    uri = owner.waiting(study)
    sandbox.faults.add(Fault(kind=Kind.CUT, method="DELETE", times=1))
    with pytest.raises(BROKEN):
        owner.delete(uri)
    assert owner.row(uri) is None


def test_a_cut_of_a_zip_leaves_no_temporary_file_behind(
    sandbox: Sandbox, member: Client, study: bytes, tmp_path: Path
) -> None:
    uri = member.waiting(study)
    sandbox.faults.add(Fault(kind=Kind.CUT, method="GET", times=1))
    with pytest.raises(BROKEN):
        member.get(uri, params={"format": "zip"})
    sandbox.stop()
    assert list((tmp_path / "state" / "tmp").iterdir()) == []


def test_a_cut_before_leaves_everything_as_it_was(sandbox: Sandbox, member: Client, study: bytes) -> None:
    sandbox.faults.add(Fault(kind=Kind.CUT_BEFORE, method="POST", path="/data/services/import", times=1))
    with pytest.raises(BROKEN):
        member.waiting(study)
    assert member.rows("/data/prearchive") == []
    assert member.waiting(study)


def test_an_expired_session_is_really_gone_until_the_next_login(sandbox: Sandbox, member: Client) -> None:
    member.get("/data/auth")
    member.auth = None
    fault = sandbox.faults.add(Fault(kind=Kind.EXPIRED_SESSION, times=1))
    assert [member.get("/data/auth").status_code for _ in range(2)] == [401, 401]
    assert fault.fired == 1
    member.put("/data/services/auth", data={"username": "member", "password": "member"})
    assert member.get("/data/auth").status_code == 200


def test_an_expired_session_spares_a_caller_who_has_none(sandbox: Sandbox, nobody: Client) -> None:
    fault = sandbox.faults.add(Fault(kind=Kind.EXPIRED_SESSION, times=1))
    form = {"username": "member", "password": "member"}
    assert nobody.put("/data/services/auth", data=form).status_code == 200
    assert fault.fired == 0
    assert nobody.get("/data/auth").status_code == 401


def test_an_archive_that_hangs_has_done_its_work_when_the_client_gives_up(
    sandbox: Sandbox, member: Client, study: bytes
) -> None:
    uri = member.waiting(study)
    fault = sandbox.faults.add(Fault(kind=Kind.ARCHIVE_HANGS, times=1))
    with pytest.raises(requests.exceptions.ReadTimeout):
        member.post(ARCHIVE, params={"src": uri}, timeout=0.3)
    fault.await_held()
    assert member.row(uri) is None
    assert len(member.rows("/data/projects/HOSPITAL/experiments")) == 1


def test_an_archive_that_hangs_answers_when_it_is_released(
    sandbox: Sandbox, member: Client, owner: Client, study: bytes
) -> None:
    uri = member.waiting(study)
    fault = sandbox.faults.add(Fault(kind=Kind.ARCHIVE_HANGS))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(member.archive, uri)
        fault.await_held()
        assert not answer.done()
        fault.release()
        assert answer.result(10).text.strip().endswith("/experiments/E1")


def test_a_sandbox_with_faults_in_force_stops_at_once(sandbox: Sandbox, owner: Client, study: bytes) -> None:
    uri = owner.waiting(study)
    sandbox.faults.add(Fault(kind=Kind.QUEUE_STUCK))
    assert owner.post("/data/services/prearchive/rebuild", params={"src": uri}).status_code == 200
    hanging = sandbox.faults.add(Fault(kind=Kind.ARCHIVE_HANGS, method="GET", path="/data/auth"))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(owner.get, "/data/auth")
        hanging.await_held()
        sandbox.stop()
        assert held.result(10).status_code == 200


def test_a_stuck_queue_leaves_rows_queued_until_it_moves_again(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    uri = owner.waiting(study)
    with sandbox.faults.add(Fault(kind=Kind.QUEUE_STUCK)) as stuck:
        owner.post("/data/services/prearchive/delete", params={"src": uri})
        stuck.await_fired()
        assert (owner.row(uri) or {})["status"] == "QUEUED_DELETING"
    sandbox.settle()
    assert owner.row(uri) is None


def test_a_stuck_queue_makes_an_archive_time_out_with_500_and_the_work_goes_on(
    tmp_path: Path, study: bytes
) -> None:
    settings = Settings(archive_timeout=0.05)
    with (
        Sandbox.start(tmp_path / "impatient", settings=settings) as sandbox,
        closing(Client(sandbox.url, "member")) as member,
    ):
        uri = member.waiting(study)
        with sandbox.faults.add(Fault(kind=Kind.QUEUE_STUCK)):
            answer = member.archive(uri)
            assert answer.status_code == 500
            assert "did not complete within the configured timeout interval" in message(answer)
            assert (member.row(uri) or {})["status"] == "ARCHIVING"
        sandbox.settle()
        assert member.row(uri) is None
        assert len(member.rows("/data/projects/HOSPITAL/experiments")) == 1


def test_a_full_disk_is_507_to_one_object_and_500_to_a_bundle_and_keeps_nothing(
    sandbox: Sandbox, member: Client, study: bytes, tmp_path: Path
) -> None:
    one = phantoms.ct_series(tmp_path / "one", phantoms.Patient("PHANTOM^ONE", "ONE-1"), slices=1)
    content = next(path for path in (tmp_path / "one").rglob("*") if path.is_file()).read_bytes()
    assert one
    before = sorted((tmp_path / "state").rglob("*"))
    with sandbox.faults.add(Fault(kind=Kind.DISK_FULL)):
        assert member.send_one(content, PROJECT_ID="HOSPITAL").status_code == 507
        assert member.send_zip(study, project="HOSPITAL").status_code == 500
    assert member.rows("/data/prearchive") == []
    assert sorted((tmp_path / "state").rglob("*")) == before
    assert member.send_zip(study, project="HOSPITAL").status_code == 200


def test_a_login_page_with_200_hides_whatever_was_asked(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    uri = owner.waiting(study)
    with sandbox.faults.add(Fault(kind=Kind.LOGIN_PAGE)):
        for answer in (owner.get("/data/projects"), owner.delete(uri), owner.get("/xapi/users/username")):
            assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert answer.text.startswith("<!DOCTYPE html>")
    assert owner.row(uri) is not None


def test_an_administrator_adds_lists_and_removes_faults_over_http(admin: Client) -> None:
    made = admin.post("/sandbox/faults", json={"kind": "status", "path": "/data/projects", "code": 500})
    assert made.status_code == 201
    assert admin.get("/data/projects").status_code == 500
    (listed,) = admin.get("/sandbox/faults").json()
    assert (listed["id"], listed["fired"], listed["code"]) == (made.json()["id"], 1, 500)
    assert admin.get(f"/sandbox/faults/{listed['id']}").json()["kind"] == "status"
    assert admin.delete(f"/sandbox/faults/{listed['id']}").status_code == 200
    assert admin.delete(f"/sandbox/faults/{listed['id']}").status_code == 404
    assert admin.get("/data/projects").status_code == 200


def test_a_fault_may_come_as_one_line_of_words(admin: Client) -> None:
    line = 'status path=/data/auth code=418 body="out of tea" times=1'
    assert admin.post("/sandbox/faults", data=line, headers={"Content-Type": "text/plain"}).status_code == 201
    answer = admin.get("/data/auth")
    assert (answer.status_code, message(answer)) == (418, "out of tea")
    assert admin.get("/data/auth").status_code == 200


def test_no_fault_can_bar_the_way_to_its_removal(sandbox: Sandbox, admin: Client) -> None:
    for kind in (Kind.CUT_BEFORE, Kind.LOGIN_PAGE, Kind.EXPIRED_SESSION):
        sandbox.faults.add(Fault(kind=kind))
    assert admin.delete("/sandbox/faults").status_code == 200
    assert admin.get("/data/auth").status_code == 200


def test_faults_are_for_site_administrators(owner: Client, nobody: Client) -> None:
    for answer in (owner.get("/sandbox/faults"), owner.post("/sandbox/faults", json={"kind": "login_page"})):
        assert (answer.status_code, answer.text) == (403, "Faults are for site administrators.")
    assert nobody.get("/sandbox/faults").status_code == 401
    assert owner.get("/data/auth").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"kind": "meteorite"}, {"kind": "status", "codes": 500}, {"kind": "status", "code": 99},
        {"kind": "status", "code": "much"}, {"kind": "status", "times": 0}, {"kind": "latency", "seconds": -1},
        {"kind": "status", "body": 7}, {"kind": "status", "times": True}, {"kind": "status", "code": [1]},
    ],
)  # fmt: skip
def test_a_fault_that_makes_no_sense_is_400_and_not_in_force(admin: Client, wrong: dict[str, object]) -> None:
    assert admin.post("/sandbox/faults", data=json.dumps(wrong)).status_code == 400
    assert admin.get("/sandbox/faults").json() == []


@pytest.mark.parametrize("line", ["", "status code", 'status body="open', "status colour=red"])
def test_a_line_that_is_no_fault_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        from_words(line)


def test_words_json_and_python_describe_the_same_fault() -> None:
    fault = Fault(kind=Kind.LATENCY, method="GET", path="/data/x*", seconds=1.5, times=3, skip=1)
    assert from_words("latency method=GET path=/data/x* seconds=1.5 times=3 skip=1") == fault
    assert from_json(json.loads(json.dumps(fault.as_json()))) == fault
    assert (Fault(kind=Kind.ARCHIVE_HANGS).method, Fault(kind=Kind.ARCHIVE_HANGS).path) == ("POST", ARCHIVE)
