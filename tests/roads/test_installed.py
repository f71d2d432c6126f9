"""Where the gate is installed already: what somebody has changed by hand is mended, and all of it can be taken back.

Each test has an XNAT of its own, which begins with a copy of what one that was installed into has kept.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.roads.installations import Admin, aged, install, planned, wish
from tests.roads.installations import admin as admin
from tests.roads.installations import xnat as xnat
from xnat_gate.core.installation import Plan, uninstall
from xnat_gate.edge import protocol_file
from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.roads.installing import HalfDone, carry_out
from xnat_gate.roads.surveying import look
from xnat_gate.sandbox.containers.engine import Kind as Engines
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of a sandbox that the gate was installed into, and that has ended."""
    state = tmp_path_factory.mktemp("installed") / "xnat"
    with (
        started(state) as sandbox,
        connected(Account(host=sandbox.url, user="admin", password="admin")) as xnat,
    ):
        install(sandbox, xnat)
    return state


def started(state: Path) -> Sandbox:
    settings = Settings(containers=Engines.PROCESS)
    return Sandbox.start(state, protocol=protocol_file.default_text(), settings=settings)


@pytest.fixture
def sandbox(kept: Path, tmp_path: Path) -> Iterator[Sandbox]:
    shutil.copytree(kept, tmp_path / "xnat")
    with started(tmp_path / "xnat") as running:
        yield running


def test_it_begins_with_all_that_is_wished(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    assert planned(sandbox, xnat).steps == ()
    assert len(admin.state()["subscriptions"]) == 16


def test_other_projects_take_over_the_subscriptions_of_those_before(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    other = wish(hospitals=("CLINIC",), quarantine="BARRED")
    install(sandbox, xnat, other)
    assert planned(sandbox, xnat, other).steps == ()
    each = admin("GET", "/xapi/events/subscriptions")
    assert len(each) == 16
    assert {project for one in each for project in one["event-filter"]["project-ids"]} == {"CLINIC", "BARRED"}


def test_half_an_uninstalling_is_not_done_either(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    def without_role(line: str) -> None:
        if line.endswith("(number 16)"):  # the last subscription
            admin("DELETE", "/xapi/users/admin/roles/ContainerManager")

    with pytest.raises(HalfDone, match="16 steps are done and stay"):
        carry_out(wish().ours, xnat, sandbox.url, uninstall, without_role)
    admin("PUT", "/xapi/users/admin/roles/ContainerManager")
    assert carry_out(wish().ours, xnat, sandbox.url, uninstall, lambda _: None) == 4 * 3 + 4


def test_two_uninstallers_at_once_do_not_stumble_over_each_other(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    other: list[int] = []

    def meanwhile(_: str) -> None:
        if not other:
            other.append(0)
            other[0] = carry_out(wish().ours, xnat, sandbox.url, uninstall, lambda _: None)

    carry_out(wish().ours, xnat, sandbox.url, uninstall, meanwhile)
    assert other == [32]
    assert (admin.state()["commands"], admin.state()["subscriptions"]) == ([], [])


def test_a_subscription_that_goes_while_it_is_looked_at_is_not_there(sandbox: Sandbox, xnat: Xnat) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, method="GET", path="/xapi/events/subscription/7", code=404))
    assert [each.id for each in xnat.subscriptions("xnat-gate: ") or ()] == [*range(1, 7), *range(8, 17)]


# --- what somebody has changed by hand


def test_a_subscription_that_was_changed_by_hand_is_mended(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    before = admin.subscription("xnat-gate: check-session when MERGED in HOSPITAL")
    widened = copy.deepcopy(before)
    widened["event-filter"]["project-ids"] = []
    widened["attributes"] = {}
    admin("PUT", f"/xapi/events/subscription/{before['id']}", widened)
    told = install(sandbox, xnat)
    assert len(told) == 1
    assert "project-ids, attributes" in told[0]
    mended = admin.subscription("xnat-gate: check-session when MERGED in HOSPITAL")
    assert (mended["id"], mended["attributes"]) == (before["id"], {"on-violation": "quarantine"})
    assert mended["event-filter"]["project-ids"] == ["HOSPITAL"]


def test_a_subscription_that_was_switched_off_is_switched_on(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    one = admin.subscription("xnat-gate: check-prearchive at minute 20")
    admin("POST", f"/xapi/events/subscription/{one['id']}/deactivate")
    assert len(install(sandbox, xnat)) == 1
    assert admin.subscription("xnat-gate: check-prearchive at minute 20")["active"] is True


def test_a_wrapper_that_was_disabled_is_enabled_before_its_subscriptions_are_looked_at(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    number = xnat.find_wrapper("check-prearchive", "HOSPITAL")
    admin("PUT", f"/xapi/projects/HOSPITAL/wrappers/{number}/disabled")
    assert xnat.find_wrapper("check-prearchive", "HOSPITAL") is None
    told = install(sandbox, xnat)
    assert told == ["enable check-prearchive for HOSPITAL"]
    assert xnat.find_wrapper("check-prearchive", "HOSPITAL") == number


def test_a_command_that_was_changed_by_hand_is_put_right(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    command = next(each for each in admin("GET", "/xapi/commands") if each["name"] == "check-session")
    admin("POST", f"/xapi/commands/{command['id']}", {**command, "limit-memory": 1})
    told = install(sandbox, xnat)
    assert told == [f"update the command check-session (number {command['id']}) in place: limit-memory"]


def test_subscriptions_of_others_are_left_alone(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    mine = admin.subscription("xnat-gate: check-session when CREATED in HOSPITAL")
    other = {key: mine[key] for key in ("action-key", "attributes", "event-filter")} | {
        "name": "somebody's own"
    }
    other["event-filter"].pop("id", None)
    admin("POST", "/xapi/events/subscription", other)
    assert planned(sandbox, xnat).steps == ()
    told = uninstall(wish().ours, look(wish().ours, xnat, sandbox.url)).warnings
    assert "somebody's own" in str(told[0])
    assert "starts check-session, which goes" in str(told[0])
    carry_out(wish().ours, xnat, sandbox.url, uninstall, lambda _: None)
    assert [each["name"] for each in admin("GET", "/xapi/events/subscriptions")] == ["somebody's own"]


def test_an_event_service_that_is_switched_off_later_is_told_and_its_subscriptions_are_found_again(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    before = admin.state()["subscriptions"]
    admin("PUT", "/xapi/events/prefs", {"enabled": False})
    off = planned(sandbox, xnat, wish(enable_events=False))
    assert [each.what for each in off.problems] == [
        "XNAT's Event Service is switched off, so nothing would ever start by itself"
    ]
    assert install(sandbox, xnat) == ["switch the Event Service on, for the whole site"]
    assert admin.state()["subscriptions"] == before


def test_two_commands_of_one_name_are_left_to_a_person(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    second = aged(next(each for each in wish().commands if each["name"] == "move-session"))
    number = admin("POST", "/xapi/commands", second)
    problems = planned(sandbox, xnat).problems
    assert "2 commands are called move-session" in problems[0].what
    admin("DELETE", f"/xapi/commands/{number}")
    assert planned(sandbox, xnat) == Plan(warnings=planned(sandbox, xnat).warnings)


# --- taking it back


def test_uninstalling_leaves_projects_data_and_protocol(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    kept = {key: admin.state()[key] for key in ("codes", "access", "protocol")}
    told: list[str] = []
    carry_out(wish().ours, xnat, sandbox.url, uninstall, told.append)
    assert told[0].startswith("take away the subscription")
    assert told[-1].startswith("delete the command")
    after = admin.state()
    assert (after["commands"], after["subscriptions"]) == ([], [])
    assert {key: after[key] for key in kept} == kept
    assert uninstall(wish().ours, look(wish().ours, xnat, sandbox.url)).steps == ()


def test_uninstalling_asks_no_docker(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    fault = sandbox.faults.add(Fault(kind=Kind.STATUS, path="/xapi/docker/*", code=500))
    carry_out(wish().ours, xnat, sandbox.url, uninstall, lambda _: None)
    assert fault.fired == 0
    assert (admin.state()["commands"], admin.state()["subscriptions"]) == ([], [])


def test_an_older_container_service_that_does_not_tell_where_a_wrapper_is_used_is_uninstalled_all_the_same(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    fault = sandbox.faults.add(Fault(kind=Kind.STATUS, path="/xapi/wrappers/*/projects", code=404))
    planned = [step.sentence for step in uninstall(wish().ours, look(wish().ours, xnat, sandbox.url)).steps]
    told: list[str] = []
    carry_out(wish().ours, xnat, sandbox.url, uninstall, told.append)
    fault.remove()
    assert "disable check-session for the site" in told
    assert told == planned
    assert admin.state()["commands"] == []
