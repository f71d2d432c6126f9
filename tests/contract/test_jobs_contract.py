"""What the jobs and the installer rely on an XNAT to do: moves, workflows, rights, commands, subscriptions.

Guard: on a real XNAT nothing is switched on or off for the site; commands and subscriptions carry a name that nobody
else has, work on this run's projects alone, and are taken away at the end.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.conftest import Target
from tests.contract.test_contract import waiting
from xnat_gate.core.archive import ArchiveRefused, NotThere
from xnat_gate.core.platform import Registered, Subscription
from xnat_gate.core.sessions import Session
from xnat_gate.edge import command_files
from xnat_gate.edge.xnat import Xnat


def archived(xnat: Xnat, target: Target, folder: Path, *, session: str, project: str = "") -> Session:
    row = waiting(xnat, target, folder, session=session, project=project)
    return xnat.find_session(xnat.archive(row, subject="XGT_SUBJECT", session=session).id)


def test_standing_of_the_account_holds_its_projects(xnat: Xnat, target: Target) -> None:
    who = xnat.standing()
    assert who.user
    assert who.may_create(target.intake)
    assert who.owns(target.intake)


def test_a_session_is_found_by_its_id_with_project_label_and_subject(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    session = archived(xnat, target, tmp_path, session="FOUND")
    assert (session.label, session.project, session.subject) == ("FOUND", target.intake, "XGT_SUBJECT")
    assert session.data_type.startswith("xnat:")
    assert xnat.session_of_label(target.intake, "FOUND") == session.id
    assert xnat.subjects(target.intake)[session.subject_id] == "XGT_SUBJECT"
    with pytest.raises((NotThere, ArchiveRefused)):
        xnat.find_session("XGT_NO_SUCH_SESSION")


def test_an_announced_move_is_listed_with_its_number_mark_and_user_and_can_be_concluded(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    session = archived(xnat, target, tmp_path, session="ANNOUNCED")
    for mark in ("first", "second"):
        xnat.announce(session, mark, "a test")
    first, second = xnat.announced(session)
    assert xnat.all_files(session.id) >= 3
    assert [first.mark, second.mark] == ["first", "second"]
    assert first.number < second.number
    assert first.open
    assert first.user == xnat.standing().user
    for one in (first, second):
        xnat.conclude(session, one, done=True, comment="done with")
    assert not any(one.open for one in xnat.announced(session))


def test_open_work_of_others_is_seen_beside_an_announcement_of_ours(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    session = archived(xnat, target, tmp_path, session="BUSY")
    fields = {
        "id": session.id, "data_type": session.data_type, "pipeline_name": "xgt-other", "status": "Running",
        "launch_time": "2026-01-01T10:00:00", "ExternalID": target.intake,
    }  # fmt: skip
    query = {f"wrk:workflowData/{name}": value for name, value in fields.items()}
    target.ask("PUT", "/data/workflows", params=query).raise_for_status()
    xnat.announce(session, "ours", "a test")
    assert xnat.foreign_work(session, 0.0) == ("xgt-other",)
    query["wrk:workflowData/status"] = "Complete"
    target.ask("PUT", "/data/workflows", params=query).raise_for_status()
    assert xnat.foreign_work(session, 0.0) == ()
    (ours,) = xnat.announced(session)
    xnat.conclude(session, ours, done=True, comment="done with")


def test_a_move_keeps_id_files_and_subject_and_the_subject_can_be_listed_there_before(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    session = archived(xnat, target, tmp_path, session="MOVED", project=target.quarantine)
    files = xnat.scan_files(session.id)
    xnat.share_subject(session.subject_id, xnat.home_of(session.subject_id), target.intake)
    xnat.move_session(session, target.intake, "a test")
    now = xnat.find_session(session.id)
    assert (now.id, now.label, now.project, now.subject_id) == (
        session.id, "MOVED", target.intake, session.subject_id,
    )  # fmt: skip
    assert sorted(xnat.scan_files(session.id)) == sorted(files)
    assert len(files) == 3
    path = f"/data/projects/{target.intake}/subjects/{now.subject}/experiments/MOVED/scans?format=json"
    assert target.ask("GET", path).status_code == 200


def test_a_moved_session_can_be_given_to_the_subject_that_was_there(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    session = archived(xnat, target, tmp_path, session="GIVEN")
    answer = target.ask("PUT", f"/data/projects/{target.intake}/subjects/XGT_OTHER")
    answer.raise_for_status()
    other = next(id_ for id_, label in xnat.subjects(target.intake).items() if label == "XGT_OTHER")
    xnat.give_subject(session, other)
    assert xnat.find_session(session.id).subject_id == other


def test_a_text_beside_a_session_is_kept_and_replaced(xnat: Xnat, target: Target, tmp_path: Path) -> None:
    session = archived(xnat, target, tmp_path, session="REPORTED")
    for text in ("first\n", "second\n"):
        xnat.put_file(session.id, "report.json", text)
    shown = target.ask("GET", f"/data/experiments/{session.id}/resources/GATE/files/report.json")
    assert shown.text == "second\n"


# --- the Container Service and the Event Service --------------------------------------------------------------------


@pytest.fixture
def registered(xnat: Xnat, target: Target) -> Iterator[Registered]:
    """check-prearchive under a name of this run's own."""
    if "ContainerManager" not in xnat.caller().roles:
        pytest.skip("the account does not have the role ContainerManager")
    name = f"xgt-{secrets.token_hex(4)}"
    whole = next(one for one in command_files.load() if one.name == "check-prearchive").definition
    xnat.add_command({**whole, "name": name})
    (made,) = xnat.commands(frozenset({name}))
    try:
        yield made
    finally:
        xnat.delete_command(made.id)


def test_an_updated_command_keeps_its_wrapper_and_shows_the_new_version(
    xnat: Xnat, registered: Registered
) -> None:
    body = {**registered.body, "version": "99.0", "description": "Another one."}
    xnat.update_command(registered.id, body)
    (now,) = xnat.commands(frozenset({registered.name}))
    assert now.id == registered.id
    assert now.wrappers == registered.wrappers
    assert (now.body["version"], now.body["description"]) == ("99.0", "Another one.")


def test_a_new_wrapper_is_disabled_and_enabled_by_site_and_project_together(
    xnat: Xnat, target: Target, registered: Registered
) -> None:
    (wrapper,) = registered.wrappers.values()
    projects = (target.intake,)
    assert not xnat.enablement(wrapper, projects).site
    xnat.enable(wrapper, None, on=True)
    xnat.enable(wrapper, target.intake, on=True)
    assert xnat.enablement(wrapper, projects).projects == {target.intake}
    assert xnat.find_wrapper(registered.name, target.intake) == wrapper
    assert xnat.find_wrapper(registered.name, target.quarantine) is None


def test_a_subscription_to_the_clock_is_kept_whole_and_valid(
    xnat: Xnat, target: Target, registered: Registered
) -> None:
    prefix = f"{registered.name}: "
    (wrapper,) = registered.wrappers.values()
    if xnat.subscriptions(prefix) is None:
        if target.account.user != "admin" or "127.0.0.1" not in target.account.host:
            pytest.skip("the Event Service is switched off")
        xnat.switch_events_on()
    xnat.enable(wrapper, None, on=True)
    xnat.enable(wrapper, target.intake, on=True)
    wanted = Subscription(
        name=f"{prefix}at minute 07", event="ScheduledEvent", status="CRON", wrapper=wrapper,
        projects=frozenset({target.intake}), schedule="13 7 * * * *", active=False,
    )  # fmt: skip
    xnat.subscribe(wanted)
    (kept,) = xnat.subscriptions(prefix) or ()
    try:
        assert kept.subscription == wanted
        assert kept.complaint == ""
    finally:
        xnat.unsubscribe(kept.id)
    assert xnat.subscriptions(prefix) == ()
