"""An archived session into another project: who may, what stands in its way, and what is left behind."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests

from tests.hospital import Site, digests_of
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.core.archive import Busy, Conflict
from xnat_gate.edge.xnat import Account, connected
from xnat_gate.roads import moving
from xnat_gate.roads.moving import Move, MoveDoubtful, move
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series

CORK = Patient("PHANTOM^CORK", "CORK-1")


def archived(
    site: Site, project: str, patient: Patient = CORK, session: str = "CORK-1", study: int = 1
) -> str:
    """A session in this project, uploaded and archived by hand; its accession id."""
    folder = site.root / f"{project}-{session}-{study}"
    ct_series(folder, patient, study=study)
    row = site.upload(folder, project, subject=patient.name.replace("^", "_"), session=session)
    answer = requests.post(
        f"{site.sandbox.url}/data/services/archive", params={"src": row}, auth=("admin", "admin"), timeout=30
    )
    assert answer.status_code in (200, 303), answer.text
    return id_of(site, project, session)


def id_of(site: Site, project: str, session: str) -> str:
    rows = site.get(f"/data/projects/{project}/experiments?format=json").json()["ResultSet"]["Result"]
    return str(next(row["ID"] for row in rows if row["label"] == session))


def go(site: Site, session: str, to: str, reason: str = "looked at by hand") -> int:
    return main(["move", session, "--to", to, "--reason", reason])


def act_as(monkeypatch: pytest.MonkeyPatch, user: str) -> None:
    monkeypatch.setenv("XNAT_USER", user)
    monkeypatch.setenv("XNAT_PASS", user)


def admit(site: Site, user: str, project: str, group: str) -> None:
    answer = requests.put(
        f"{site.sandbox.url}/data/projects/{project}/users/{project}_{group}/{user}",
        auth=("admin", "admin"),
        timeout=30,
    )
    assert answer.status_code == 200, answer.text


def test_an_administrator_lets_a_session_out_of_quarantine(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    session = archived(site, "QUARANTINE")
    assert go(site, session, "HOSPITAL") == Exit.PASSED
    assert site.sessions("QUARANTINE") == []
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "QUARANTINE-CORK-1-1")
    assert f"({session}) was moved from QUARANTINE to HOSPITAL" in capsys.readouterr().out.splitlines()[-1]


def test_the_subject_stays_listed_in_quarantine_and_its_urls_work_in_the_hospital(site: Site) -> None:
    session = archived(site, "QUARANTINE")
    go(site, session, "HOSPITAL")
    for project in ("QUARANTINE", "HOSPITAL"):
        rows = site.get(f"/data/projects/{project}/subjects?format=json&columns=label").json()["ResultSet"][
            "Result"
        ]
        assert [row["label"] for row in rows] == ["PHANTOM_CORK"]
    scans = site.get("/data/projects/HOSPITAL/subjects/PHANTOM_CORK/experiments/CORK-1/scans?format=json")
    assert scans.status_code == 200


def test_a_subject_that_the_destination_has_already_takes_the_session(site: Site) -> None:
    archived(site, "HOSPITAL", session="CORK-0", study=2)
    session = archived(site, "QUARANTINE")
    assert go(site, session, "HOSPITAL") == Exit.PASSED
    rows = site.get("/data/projects/HOSPITAL/experiments?format=json&columns=label,subject_ID").json()[
        "ResultSet"
    ]["Result"]
    assert len({row["subject_ID"] for row in rows}) == 1
    assert len(rows) == 2


def test_who_why_and_from_where_stand_in_the_history_of_the_session(site: Site) -> None:
    session = archived(site, "QUARANTINE")
    go(site, session, "HOSPITAL", "no burnt-in text on any image")
    (item,) = site.get(f"/data/services/workflows/xnat-gate-move?experiment={session}&format=json").json()[
        "items"
    ]
    fields = item["data_fields"]
    assert (fields["status"], fields["justification"]) == ("Complete", "no burnt-in text on any image")
    assert fields["comments"] == "moved from QUARANTINE to HOSPITAL"
    assert fields["create_user"] == "admin"
    (own,) = site.get(f"/data/services/workflows/Modified project?experiment={session}&format=json").json()[
        "items"
    ]
    assert own["data_fields"]["justification"] == "no burnt-in text on any image"


@pytest.mark.parametrize("group", ["member", "collaborator"])
def test_a_plain_member_lets_nothing_out_of_quarantine_and_leaves_no_trace(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], group: str
) -> None:
    session = archived(site, "QUARANTINE")
    admit(site, "member", "QUARANTINE", group)
    act_as(monkeypatch, "member")
    assert go(site, session, "HOSPITAL") == Exit.WRONG
    assert "only site or data administrators and owners of QUARANTINE" in capsys.readouterr().err
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    assert site.get(f"/data/services/workflows/xnat-gate-move?experiment={session}").status_code == 404


def test_whoever_cannot_see_quarantine_is_told_that_there_is_no_such_session(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = archived(site, "QUARANTINE")
    act_as(monkeypatch, "member")
    assert go(site, session, "HOSPITAL") == Exit.WRONG


def test_an_owner_of_quarantine_lets_a_session_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = archived(site, "QUARANTINE")
    admit(site, "owner", "QUARANTINE", "owner")
    act_as(monkeypatch, "owner")
    assert go(site, session, "HOSPITAL") == Exit.PASSED


def test_a_member_of_the_source_alone_cannot_take_a_session_out_of_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = archived(site, "HOSPITAL")
    admit(site, "member", "QUARANTINE", "member")
    act_as(monkeypatch, "member")
    assert go(site, session, "QUARANTINE") == Exit.WRONG
    assert "member has no right to take sessions out of HOSPITAL" in capsys.readouterr().err


def test_an_owner_who_may_not_create_in_the_destination_moves_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = archived(site, "HOSPITAL")
    admit(site, "owner", "QUARANTINE", "collaborator")
    act_as(monkeypatch, "owner")
    assert go(site, session, "QUARANTINE") == Exit.WRONG
    assert "owner may not put sessions into QUARANTINE" in capsys.readouterr().err
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_a_label_that_is_taken_in_the_destination_stops_everything(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    other = archived(site, "HOSPITAL", study=2)
    session = archived(site, "QUARANTINE")
    before = site.digests("HOSPITAL", "CORK-1")
    assert go(site, session, "HOSPITAL") == Exit.WRONG
    assert f"HOSPITAL has a session CORK-1 already ({other}); nothing was moved" in capsys.readouterr().err
    assert site.digests("HOSPITAL", "CORK-1") == before
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    rows = site.get("/data/projects/HOSPITAL/subjects?format=json").json()["ResultSet"]["Result"]
    assert len(rows) == 1


def test_a_label_that_only_differs_in_case_is_taken_as_well(site: Site) -> None:
    archived(site, "HOSPITAL", session="cork-1", study=2)
    assert go(site, archived(site, "QUARANTINE"), "HOSPITAL") == Exit.WRONG


def test_a_session_that_is_shared_into_the_destination_under_the_label_takes_it(site: Site) -> None:
    other = archived(site, "QUARANTINE", session="OTHER", study=2)
    path = f"/data/projects/QUARANTINE/experiments/{other}/projects/HOSPITAL?label=CORK-1&format=json"
    put(site, path)
    assert go(site, archived(site, "QUARANTINE"), "HOSPITAL") == Exit.WRONG


@pytest.mark.parametrize("to", ["NOWHERE", "QUARANTINE"])
def test_a_project_that_is_not_there_or_holds_the_session_already_is_told(site: Site, to: str) -> None:
    assert go(site, archived(site, "QUARANTINE"), to) == Exit.WRONG
    assert site.sessions("QUARANTINE") == ["CORK-1"]


def test_a_move_without_a_reason_is_refused(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert go(site, archived(site, "QUARANTINE"), "HOSPITAL", "  ") == Exit.WRONG
    assert "say why" in capsys.readouterr().err


# --- what others do at the same time


def asked(session: str, patience: float = 0.0) -> Move:
    return Move(
        session_id=session,
        destination="HOSPITAL",
        reason="a test",
        hospitals=("HOSPITAL",),
        quarantine="QUARANTINE",
        now=datetime.now(UTC),
        patience=patience,
    )


def account(site: Site) -> Account:
    return Account(host=site.sandbox.url, user="admin", password="admin")


def put_workflow(site: Site, session: str, pipeline: str, status: str, launched: str, mark: str = "") -> None:
    fields = {
        "id": session, "data_type": "xnat:ctSessionData", "pipeline_name": pipeline, "status": status,
        "launch_time": launched, "ExternalID": "QUARANTINE", "scan_id": mark,
    }  # fmt: skip
    params = {f"wrk:workflowData/{name}": value for name, value in fields.items()}
    answer = requests.put(
        f"{site.sandbox.url}/data/workflows", params=params, auth=("admin", "admin"), timeout=30
    )
    assert answer.status_code == 200, answer.text


def test_a_session_on_which_others_work_is_not_moved(site: Site) -> None:
    session = archived(site, "QUARANTINE")
    put_workflow(site, session, "dcm2niix", "Running", "2026-01-01T10:00:00")
    with connected(account(site)) as xnat, pytest.raises(Busy, match="still worked on by dcm2niix"):
        move(asked(session), xnat)
    put_workflow(site, session, "dcm2niix", "Complete", "2026-01-01T10:00:00")
    with connected(account(site)) as xnat:
        move(asked(session), xnat)
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_a_move_that_another_job_has_begun_is_left_to_it(site: Site) -> None:
    session = archived(site, "QUARANTINE")
    put_workflow(
        site, session, "xnat-gate-move", "Running", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "other"
    )
    with connected(account(site)) as xnat, pytest.raises(Busy, match="is being moved already, by admin"):
        move(asked(session), xnat)
    assert site.sessions("QUARANTINE") == ["CORK-1"]


@pytest.mark.parametrize("launched", ["2026-01-01T10:00:00", "2099-01-01T10:00:00", "yesterday"])
def test_a_move_that_was_killed_long_ago_or_tells_no_time_that_can_be_does_not_bar_the_session(
    site: Site, launched: str
) -> None:
    session = archived(site, "QUARANTINE")
    put_workflow(site, session, "xnat-gate-move", "Moving", launched, "killed")
    with connected(account(site)) as xnat:
        move(asked(session), xnat)
    items = site.get(f"/data/services/workflows/xnat-gate-move?experiment={session}&format=json").json()[
        "items"
    ]
    assert sorted(item["data_fields"]["status"] for item in items) == ["Complete", "Failed"]


def test_of_four_moves_at_once_one_moves_and_the_others_say_so(site: Site) -> None:
    session = archived(site, "QUARANTINE")
    told: list[str] = []

    def one() -> None:
        with connected(account(site)) as xnat:
            try:
                move(asked(session), xnat)
                told.append("moved")
            except Exception as error:  # noqa: BLE001 - whatever it says is what is tested
                told.append(type(error).__name__)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("moved") == 1, told
    assert set(told) <= {"moved", "Busy", "Conflict", "NotThere"}, told
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(site.root / "QUARANTINE-CORK-1-1")


# --- surprises


MOVE = "/data/projects/QUARANTINE/experiments/CORK-1/projects/HOSPITAL"


def test_a_move_that_was_done_and_not_answered_is_found_done(site: Site) -> None:
    session = archived(site, "QUARANTINE")
    with site.sandbox.faults.add(Fault(kind=Kind.CUT, method="PUT", path=MOVE, times=1)):
        assert go(site, session, "HOSPITAL") == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["CORK-1"]


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.LOGIN_PAGE])
def test_a_move_that_broke_down_says_where_the_session_is(
    site: Site, capsys: pytest.CaptureFixture[str], kind: Kind
) -> None:
    session = archived(site, "QUARANTINE")
    with site.sandbox.faults.add(Fault(kind=kind, method="PUT", path=MOVE, times=1, code=500)):
        assert go(site, session, "HOSPITAL") == Exit.WRONG
    assert "It is still in QUARANTINE" in capsys.readouterr().err
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    assert open_moves(site, session) == []
    assert go(site, session, "HOSPITAL") == Exit.PASSED


def test_a_move_of_which_nobody_knows_is_told_as_such_and_keeps_others_off(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "PATIENCE", 0.2)
    session = archived(site, "QUARANTINE")
    with site.sandbox.faults.add(Fault(kind=Kind.CUT_BEFORE, method="PUT", path=MOVE, times=1)):
        assert go(site, session, "HOSPITAL") == Exit.UNAVAILABLE
    assert "it is not known whether CORK-1 was moved" in capsys.readouterr().err
    assert len(open_moves(site, session)) == 1
    assert go(site, session, "HOSPITAL") == Exit.WRONG
    assert "is being moved already" in capsys.readouterr().err


@pytest.mark.parametrize("code", [500, 404])
def test_a_move_that_cannot_be_announced_leaves_no_open_workflow(site: Site, code: int) -> None:
    session = archived(site, "QUARANTINE")
    path = "/data/services/workflows/xnat-gate-move"
    with site.sandbox.faults.add(Fault(kind=Kind.STATUS, method="GET", path=path, code=code)):
        assert go(site, session, "HOSPITAL") != Exit.PASSED
    assert open_moves(site, session) == []
    assert site.sessions("QUARANTINE") == ["CORK-1"]


def test_a_label_that_is_taken_while_others_end_their_work_stops_the_move(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = archived(site, "QUARANTINE")

    def somebody_else_archives(*_: object) -> int:
        archived(site, "HOSPITAL", study=2)
        return 5

    with connected(account(site)) as xnat:
        moves: list[object] = []
        monkeypatch.setattr(xnat, "all_files", somebody_else_archives)
        monkeypatch.setattr(xnat, "move_session", lambda *given: moves.append(given))
        with pytest.raises(Conflict, match="has a session CORK-1 already"):
            move(asked(session), xnat)
    assert moves == []


def test_a_move_that_was_killed_before_its_end_is_finished_by_the_next(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    archived(site, "HOSPITAL", session="CORK-0", study=2)
    session = archived(site, "QUARANTINE")
    path = f"/data/projects/QUARANTINE/experiments/{session}/projects/HOSPITAL?primary=true"
    put(site, path)
    assert go(site, session, "HOSPITAL") == Exit.PASSED
    assert "was in HOSPITAL already; it is put under the subject" in capsys.readouterr().out
    rows = site.get("/data/projects/HOSPITAL/experiments?format=json&columns=label,subject_ID").json()
    assert len({row["subject_ID"] for row in rows["ResultSet"]["Result"]}) == 1
    assert go(site, session, "HOSPITAL") == Exit.WRONG
    assert "is in HOSPITAL already" in capsys.readouterr().err


# --- subjects and shares


def test_in_a_project_that_the_protocol_does_not_label_a_subject_of_that_label_may_be_somebody_else(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    make(site, "TRIAL")
    archived(site, "TRIAL", session="OTHER-1", study=2)
    session = archived(site, "QUARANTINE")
    assert go(site, session, "TRIAL") == Exit.WRONG
    assert "has a subject of the same label" in capsys.readouterr().err
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    assert open_moves(site, session) == []


def test_a_subject_that_is_shared_there_under_another_label_is_known_by_its_id(site: Site) -> None:
    session = archived(site, "QUARANTINE")
    path = "/data/projects/QUARANTINE/subjects/PHANTOM_CORK/projects/HOSPITAL?label=P-7"
    put(site, path)
    assert go(site, session, "HOSPITAL") == Exit.PASSED
    rows = site.get("/data/projects/HOSPITAL/subjects?format=json&columns=label").json()["ResultSet"][
        "Result"
    ]
    assert [row["label"] for row in rows] == ["P-7"]


def test_a_session_that_was_shared_into_its_destination_before_can_be_moved_there(site: Site) -> None:
    session = archived(site, "QUARANTINE")
    path = f"/data/projects/QUARANTINE/experiments/{session}/projects/HOSPITAL?format=json"
    put(site, path)
    assert go(site, session, "HOSPITAL") == Exit.PASSED
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_a_session_that_another_move_left_without_its_subject_can_be_moved_on(site: Site) -> None:
    make(site, "TRIAL")
    session = archived(site, "QUARANTINE")
    path = f"/data/projects/QUARANTINE/experiments/{session}/projects/HOSPITAL?primary=true"
    put(site, path)
    assert go(site, session, "TRIAL") == Exit.PASSED
    assert site.sessions("TRIAL") == ["CORK-1"]


def test_what_goes_into_quarantine_is_shown_nowhere_else(site: Site) -> None:
    make(site, "TRIAL")
    session = archived(site, "HOSPITAL")
    path = f"/data/projects/HOSPITAL/experiments/{session}/projects/TRIAL?format=json"
    put(site, path)
    assert site.sessions("TRIAL") == ["CORK-1"]
    assert go(site, session, "QUARANTINE") == Exit.PASSED
    assert site.sessions("TRIAL") == []


@pytest.mark.parametrize("subject", ["known there", "left behind"])
def test_what_a_killed_move_has_left_shared_is_hidden_when_it_is_moved_again(
    site: Site, subject: str
) -> None:
    make(site, "TRIAL")
    session = archived(site, "HOSPITAL")
    by_hand(site, f"/data/projects/HOSPITAL/experiments/{session}/projects/TRIAL?format=json")
    if subject == "known there":
        by_hand(site, "/data/projects/HOSPITAL/subjects/PHANTOM_CORK/projects/QUARANTINE")
    by_hand(site, f"/data/projects/HOSPITAL/experiments/{session}/projects/QUARANTINE?primary=true")
    assert site.sessions("TRIAL") == ["CORK-1"]
    assert go(site, session, "QUARANTINE") == Exit.PASSED
    assert site.sessions("TRIAL") == []
    assert go(site, session, "QUARANTINE") == Exit.WRONG


def test_what_is_shared_while_it_is_moved_into_quarantine_is_hidden_as_well(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(site, "TRIAL")
    session = archived(site, "HOSPITAL")
    with connected(account(site)) as xnat:
        whole = xnat.move_session

        def shared_first(*given: str) -> None:
            by_hand(site, f"/data/projects/HOSPITAL/experiments/{session}/projects/TRIAL?format=json")
            whole(*given)

        monkeypatch.setattr(xnat, "move_session", shared_first)
        move(replace(asked(session), destination="QUARANTINE"), xnat)
    assert site.sessions("TRIAL") == []


def test_a_session_without_its_subject_is_given_to_nobody_where_labels_may_mean_others(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    make(site, "TRIAL")
    archived(site, "TRIAL", session="OTHER-1", study=2)
    session = archived(site, "QUARANTINE")
    by_hand(site, f"/data/projects/QUARANTINE/experiments/{session}/projects/TRIAL?primary=true")
    before = subject_of(site, session)
    assert go(site, session, "TRIAL") == Exit.WRONG
    assert "nobody but you knows whether that is the same patient" in capsys.readouterr().err
    assert subject_of(site, session) == before


def subject_of(site: Site, session: str) -> str:
    (item,) = site.get(f"/data/experiments/{session}?format=json").json()["items"]
    return str(item["data_fields"]["subject_ID"])


def by_hand(site: Site, path: str) -> None:
    answer = requests.put(site.sandbox.url + path, auth=("admin", "admin"), timeout=30)
    assert answer.status_code < 400, answer.text


def make(site: Site, project: str) -> None:
    put(site, f"/data/projects/{project}")


def put(site: Site, path: str) -> None:
    """What an administrator does by hand; a test whose beginning failed proves nothing."""
    answer = requests.put(site.sandbox.url + path, auth=("admin", "admin"), timeout=30)
    assert answer.status_code in (200, 201), answer.text


def open_moves(site: Site, session: str) -> list[str]:
    answer = site.get(f"/data/services/workflows/xnat-gate-move?experiment={session}&format=json")
    items = answer.json()["items"] if answer.status_code == 200 else []
    statuses = [item["data_fields"]["status"] for item in items]
    return [one for one in statuses if not one.startswith(("Complete", "Failed"))]


def test_files_that_are_missing_after_the_move_are_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = archived(site, "QUARANTINE")
    with connected(account(site)) as xnat:
        real, counts = xnat.all_files, iter([1, 0])
        monkeypatch.setattr(xnat, "all_files", lambda session_id: real(session_id) + next(counts))
        with pytest.raises(MoveDoubtful, match="is in HOSPITAL now, but XNAT shows"):
            move(asked(session), xnat)
