"""Installing the gate into a sandbox XNAT: fresh, again, over an older one, broken off, and taken back."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hospital import Site
from xnat_gate.core.archive import ArchiveError
from xnat_gate.core.installation import Plan, Wish, plan, uninstall
from xnat_gate.edge import command_files, protocol_file
from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.roads.installing import HalfDone, NotTaken, carry_out
from xnat_gate.roads.surveying import look
from xnat_gate.sandbox.containers.engine import Kind as Engines
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings


@pytest.fixture
def xnat(sandbox: Sandbox) -> Iterator[Xnat]:
    with connected(Account(host=sandbox.url, user="admin", password="admin")) as gateway:
        yield gateway


def wish(**change: Any) -> Wish:
    image = change.pop("image", command_files.IMAGE)
    return Wish(
        **{
            "hospital": "HOSPITAL",
            "quarantine": "QUARANTINE",
            "commands": tuple(each.definition for each in command_files.load(image=image)),
            "protocol": protocol_file.default_text(),
            "enable_events": True,
            **change,
        }
    )


def planned(sandbox: Sandbox, xnat: Xnat, wanted: Wish | None = None) -> Plan:
    wanted = wanted or wish()
    return plan(wanted, look(wanted, xnat, sandbox.url))


def install(sandbox: Sandbox, xnat: Xnat, wanted: Wish | None = None) -> list[str]:
    """The steps that were taken."""
    told: list[str] = []
    taken = carry_out(wanted or wish(), xnat, sandbox.url, plan, told.append)
    assert taken == len(told)
    return told


class Admin:
    """What an administrator sees and does over REST, without the gate."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(
            method, self.url + path, json=body, auth=("admin", "admin"), timeout=30, allow_redirects=False
        )
        assert answer.status_code in (200, 201, 204), (answer.status_code, answer.text)
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text

    def state(self) -> dict[str, Any]:
        """All that installing may change."""
        commands = self("GET", "/xapi/commands")
        wrappers = [wrapper["id"] for command in commands for wrapper in command["xnat"]]
        projects = ("HOSPITAL", "QUARANTINE")
        return {
            "commands": commands,
            "site": {w: self("GET", f"/xapi/wrappers/{w}/enabled") for w in wrappers},
            "projects": {w: self("GET", f"/xapi/wrappers/{w}/projects") for w in wrappers},
            "subscriptions": self("GET", "/xapi/events/subscriptions"),
            "codes": [self("GET", f"/data/projects/{p}/prearchive_code") for p in projects],
            "access": [self("GET", f"/data/projects/{p}/accessibility") for p in projects],
            "protocol": self("GET", "/data/config/xnat-gate/protocol.yaml?action=getHistory&format=json"),
        }

    def subscription(self, beginning: str) -> dict[str, Any]:
        """The first one whose name begins so."""
        found = [
            each for each in self("GET", "/xapi/events/subscriptions") if each["name"].startswith(beginning)
        ]
        return dict(self("GET", f"/xapi/events/subscription/{found[0]['id']}"))


@pytest.fixture
def admin(sandbox: Sandbox) -> Admin:
    return Admin(sandbox)


def test_a_fresh_xnat_gets_commands_and_subscriptions_that_xnat_calls_valid(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    install(sandbox, xnat)
    state = admin.state()
    assert sorted(each["name"] for each in state["commands"]) == [
        "check-prearchive",
        "check-session",
        "move-session",
        "resolve-conflict",
    ]
    assert all(state["site"].values())
    assert all(sorted(projects) == ["HOSPITAL", "QUARANTINE"] for projects in state["projects"].values())
    each = [admin("GET", f"/xapi/events/subscription/{one['id']}") for one in state["subscriptions"]]
    assert len(each) == 4 + 12
    assert all(one["valid"] and one["active"] for one in each)
    assert sum(one["event-filter"]["status"] == "CRON" for one in each) == 12


def test_installing_twice_changes_nothing(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    install(sandbox, xnat)
    before = admin.state()
    assert planned(sandbox, xnat).steps == ()
    assert install(sandbox, xnat) == []
    assert admin.state() == before


def test_projects_that_are_missing_are_made_private_and_wait(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    install(sandbox, xnat, wish(hospital="CLINIC", quarantine="BARRED"))
    for project in ("CLINIC", "BARRED"):
        assert admin("GET", f"/data/projects/{project}/prearchive_code") == "0"
        assert admin("GET", f"/data/projects/{project}/accessibility") == "private"


def test_other_projects_take_over_the_subscriptions_of_those_before(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    install(sandbox, xnat)
    other = wish(hospital="CLINIC", quarantine="BARRED")
    install(sandbox, xnat, other)
    assert planned(sandbox, xnat, other).steps == ()
    each = admin("GET", "/xapi/events/subscriptions")
    assert len(each) == 16
    assert {project for one in each for project in one["event-filter"]["project-ids"]} == {"CLINIC", "BARRED"}


def test_a_protocol_is_put_in_force_where_there_is_none_and_never_replaced(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    admin("DELETE", "/data/config/xnat-gate/protocol.yaml")
    install(sandbox, xnat)
    assert xnat.protocol_text() == protocol_file.default_text()
    install(sandbox, xnat, wish(protocol="protocol: 1\n# another\n"))
    assert xnat.protocol_text() == protocol_file.default_text()


def test_an_upgrade_keeps_the_numbers_of_wrappers_and_subscriptions(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    older = wish()
    older = replace(older, commands=tuple(_aged(each) for each in older.commands))
    install(sandbox, xnat, older)
    before = admin.state()
    told = install(sandbox, xnat)
    assert len(told) == 4
    assert all("in place" in line for line in told)
    after = admin.state()
    assert {each["image"] for each in after["commands"]} == {command_files.IMAGE}
    for changed in ("site", "projects", "subscriptions"):
        assert after[changed] == before[changed]
    numbers = [
        [(w["name"], w["id"]) for c in state["commands"] for w in c["xnat"]] for state in (before, after)
    ]
    assert numbers[0] == numbers[1]


def _aged(body: Any) -> dict[str, Any]:
    """As an earlier version might have been: another image, and a variable that has gone since."""
    old = copy.deepcopy(dict(body)) | {"image": "xnat-gate/gate:0.0.1", "version": "0.0.1"}
    old["environment-variables"] = {**old["environment-variables"], "GATE_OLD": "1"}
    return old


def test_an_installation_that_broke_off_is_taken_up_where_it_was(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    whole = len(planned(sandbox, xnat).steps)
    fault = Fault(kind=Kind.CUT, method="POST", path="/xapi/events/subscription", times=1, skip=5)
    sandbox.faults.add(fault)
    told: list[str] = []
    with pytest.raises(ArchiveError):
        carry_out(wish(), xnat, sandbox.url, plan, told.append)
    rest = install(sandbox, xnat)
    assert len(told) + len(rest) == whole
    assert planned(sandbox, xnat).steps == ()
    names = [each["name"] for each in admin.state()["subscriptions"]]
    assert len(names) == len(set(names)) == 16


@pytest.mark.parametrize("skip", [0, 1, 3])
def test_a_refused_command_stops_and_the_next_call_goes_on(sandbox: Sandbox, xnat: Xnat, skip: int) -> None:
    sandbox.faults.add(
        Fault(kind=Kind.STATUS, method="POST", path="/xapi/commands", code=500, times=1, skip=skip)
    )
    with pytest.raises(ArchiveError):
        install(sandbox, xnat)
    install(sandbox, xnat)
    assert planned(sandbox, xnat).steps == ()


def test_what_xnat_says_and_does_not_do_is_not_tried_for_ever(sandbox: Sandbox, xnat: Xnat) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, method="PUT", path="/xapi/wrappers/*/enabled", code=200))
    with pytest.raises(NotTaken, match="enable check-prearchive for the site"):
        install(sandbox, xnat)


@pytest.mark.parametrize("skip", [2, 3, 4])
def test_what_comes_up_between_two_stages_is_no_end_but_half_an_installation(
    sandbox: Sandbox, xnat: Xnat, skip: int
) -> None:
    whole = [step.sentence for step in planned(sandbox, xnat).steps]
    ping = "/xapi/docker/server/ping"
    fault = sandbox.faults.add(Fault(kind=Kind.STATUS, path=ping, code=500, skip=skip - 1))
    told: list[str] = []
    with pytest.raises(HalfDone) as ended:
        carry_out(wish(), xnat, sandbox.url, plan, told.append)
    fault.remove()
    done, _, left = str(ended.value).partition("\nnot done:\n")
    assert f"{len(told)} steps are done and stay" in done
    assert "reaches no Docker server" in done
    assert left.splitlines() == [
        *(f"  - {line}" for line in whole if line not in told),
        "then repeat this call: it goes on where it was",
    ]
    assert [*told, *install(sandbox, xnat)] == whole


def test_a_problem_before_the_first_step_changes_nothing(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, path="/xapi/docker/server/ping", code=500))
    with pytest.raises(HalfDone, match="nothing was changed"):
        install(sandbox, xnat)
    assert admin("GET", "/xapi/commands") == []


def test_half_an_uninstalling_is_not_done_either(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    install(sandbox, xnat)

    def without_role(line: str) -> None:
        if line.endswith("(number 16)"):  # the last subscription
            admin("DELETE", "/xapi/users/admin/roles/ContainerManager")

    with pytest.raises(HalfDone, match="16 steps are done and stay"):
        carry_out(wish().ours, xnat, sandbox.url, uninstall, without_role)
    admin("PUT", "/xapi/users/admin/roles/ContainerManager")
    assert carry_out(wish().ours, xnat, sandbox.url, uninstall, lambda _: None) == 4 * 3 + 4


def test_two_installers_at_once_make_one_installation(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    other: list[str] = []

    def meanwhile(line: str) -> None:
        if line.startswith("subscribe") and not other:
            other.extend(install(sandbox, xnat))

    with pytest.raises(ArchiveError, match="already exists"):
        carry_out(wish(), xnat, sandbox.url, plan, meanwhile)
    assert len(other) == 16
    assert install(sandbox, xnat) == []
    assert len(admin("GET", "/xapi/events/subscriptions")) == 16


def test_two_uninstallers_at_once_do_not_stumble_over_each_other(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    install(sandbox, xnat)
    other: list[int] = []

    def meanwhile(_: str) -> None:
        if not other:
            other.append(0)
            other[0] = carry_out(wish().ours, xnat, sandbox.url, uninstall, lambda _: None)

    carry_out(wish().ours, xnat, sandbox.url, uninstall, meanwhile)
    assert other == [32]
    assert (admin.state()["commands"], admin.state()["subscriptions"]) == ([], [])


def test_a_subscription_that_goes_while_it_is_looked_at_is_not_there(sandbox: Sandbox, xnat: Xnat) -> None:
    install(sandbox, xnat)
    sandbox.faults.add(Fault(kind=Kind.STATUS, method="GET", path="/xapi/events/subscription/7", code=404))
    assert [each.id for each in xnat.subscriptions("xnat-gate: ") or ()] == [*range(1, 7), *range(8, 17)]


def test_what_is_installed_works_by_itself(tmp_path: Path) -> None:
    """On the clock the prearchive is looked at; what that archives is checked in its turn."""
    ct_series(tmp_path / "ct", Patient("PHANTOM^CORK", "CORK-1"))
    with Sandbox.start(tmp_path / "xnat", settings=Settings(containers=Engines.PROCESS)) as sandbox:
        with connected(Account(host=sandbox.url, user="admin", password="admin")) as xnat:
            install(sandbox, xnat)
        site = Site(tmp_path, sandbox)
        site.upload(tmp_path / "ct", "HOSPITAL")
        assert sandbox.tick(3, 5, 35) == 1
        assert site.sessions("HOSPITAL") == ["CORK-1"]
        ran = [(each["command-line"], each["status"]) for each in site.get("/xapi/containers").json()]
    assert sorted(ran) == [
        ("xnat-gate-job check-prearchive", "Complete"),
        ("xnat-gate-job check-prearchive", "Complete"),
        ("xnat-gate-job check-session", "Complete"),
    ]


# --- what somebody has changed by hand


def test_a_subscription_that_was_changed_by_hand_is_mended(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    install(sandbox, xnat)
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
    install(sandbox, xnat)
    one = admin.subscription("xnat-gate: check-prearchive at minute 20")
    admin("POST", f"/xapi/events/subscription/{one['id']}/deactivate")
    assert len(install(sandbox, xnat)) == 1
    assert admin.subscription("xnat-gate: check-prearchive at minute 20")["active"] is True


def test_a_wrapper_that_was_disabled_is_enabled_before_its_subscriptions_are_looked_at(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    install(sandbox, xnat)
    number = xnat.find_wrapper("check-prearchive", "HOSPITAL")
    admin("PUT", f"/xapi/projects/HOSPITAL/wrappers/{number}/disabled")
    assert xnat.find_wrapper("check-prearchive", "HOSPITAL") is None
    told = install(sandbox, xnat)
    assert told == ["enable check-prearchive for HOSPITAL"]
    assert xnat.find_wrapper("check-prearchive", "HOSPITAL") == number


def test_a_command_that_was_changed_by_hand_is_put_right(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    install(sandbox, xnat)
    command = next(each for each in admin("GET", "/xapi/commands") if each["name"] == "check-session")
    admin("POST", f"/xapi/commands/{command['id']}", {**command, "limit-memory": 1})
    told = install(sandbox, xnat)
    assert told == [f"update the command check-session (number {command['id']}) in place: limit-memory"]


def test_subscriptions_of_others_are_left_alone(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    install(sandbox, xnat)
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


# --- what stands in the way


def test_without_the_role_nothing_is_planned_but_to_get_it(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    admin("DELETE", "/xapi/users/admin/roles/ContainerManager")
    problems = planned(sandbox, xnat).problems
    assert len(problems) == 1
    _, path = problems[0].remedy.split(sandbox.url)
    admin("PUT", path.partition(";")[0])
    assert planned(sandbox, xnat).problems == ()


def test_an_account_that_is_no_administrator_is_told_of_both_roles(sandbox: Sandbox) -> None:
    with connected(Account(host=sandbox.url, user="owner", password="owner")) as xnat:
        problems = [each.what for each in planned(sandbox, xnat).problems]
    assert len(problems) == 2
    assert problems[0] == "owner is not a site administrator"


def test_an_event_service_that_is_off_is_a_problem_until_it_is_wished_on(
    sandbox: Sandbox, xnat: Xnat
) -> None:
    off = planned(sandbox, xnat, wish(enable_events=False))
    assert len(off.problems) == 1
    assert "--enable-events" in off.problems[0].remedy
    install(sandbox, xnat)
    assert planned(sandbox, xnat, wish(enable_events=False)) == planned(sandbox, xnat)


def test_an_older_container_service_has_no_such_role(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    admin("DELETE", "/xapi/users/admin/roles/ContainerManager")
    version = "/xapi/containers/version"
    with sandbox.faults.add(Fault(kind=Kind.STATUS, path=version, code=200, body='{"version": "3.5.0"}')):
        assert planned(sandbox, xnat).problems == ()
    with sandbox.faults.add(Fault(kind=Kind.STATUS, path=version, code=200, body='{"version": "3.7.0"}')):
        assert "Container Manager" in planned(sandbox, xnat).problems[0].what


@pytest.mark.parametrize("code", [200, 404])
def test_where_no_version_is_told_what_xnat_allows_counts(
    sandbox: Sandbox, xnat: Xnat, admin: Admin, code: int
) -> None:
    admin("DELETE", "/xapi/users/admin/roles/ContainerManager")
    assert "Container Manager" in planned(sandbox, xnat).problems[0].what
    sandbox.faults.add(Fault(kind=Kind.STATUS, path="/xapi/wrappers/1/enabled", code=code, body="false"))
    assert planned(sandbox, xnat).problems == ()


def test_a_project_that_xnat_spells_otherwise_is_told_before_anything_is_done(
    sandbox: Sandbox, xnat: Xnat
) -> None:
    found = planned(sandbox, xnat, wish(hospital="Hospital"))
    assert [each.what for each in found.problems] == [
        "the protocol names the project Hospital, and XNAT calls it HOSPITAL"
    ]


def test_an_event_service_that_is_switched_off_later_is_told_and_its_subscriptions_are_found_again(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    install(sandbox, xnat)
    before = admin.state()["subscriptions"]
    admin("PUT", "/xapi/events/prefs", {"enabled": False})
    off = planned(sandbox, xnat, wish(enable_events=False))
    assert [each.what for each in off.problems] == [
        "XNAT's Event Service is switched off, so nothing would ever start by itself"
    ]
    assert install(sandbox, xnat) == ["switch the Event Service on, for the whole site"]
    assert admin.state()["subscriptions"] == before


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/xapi/containers/version", 404, "Container Service is not there"),
        ("/xapi/docker/server/ping", 424, "reaches no Docker server"),
        ("/xapi/docker/server/ping", 500, "reaches no Docker server"),
    ],
)
def test_a_site_that_cannot_run_containers_is_told_so(
    sandbox: Sandbox, xnat: Xnat, path: str, code: int, words: str
) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, path=path, code=code))
    found = planned(sandbox, xnat)
    assert words in found.problems[0].what
    assert found.steps == ()


def test_two_commands_of_one_name_are_left_to_a_person(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    install(sandbox, xnat)
    second = _aged(next(each for each in wish().commands if each["name"] == "move-session"))
    number = admin("POST", "/xapi/commands", second)
    problems = planned(sandbox, xnat).problems
    assert "2 commands are called move-session" in problems[0].what
    admin("DELETE", f"/xapi/commands/{number}")
    assert planned(sandbox, xnat) == Plan(warnings=planned(sandbox, xnat).warnings)


# --- taking it back


def test_uninstalling_leaves_projects_data_and_protocol(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    install(sandbox, xnat)
    kept = {key: admin.state()[key] for key in ("codes", "access", "protocol")}
    told: list[str] = []
    carry_out(wish().ours, xnat, sandbox.url, uninstall, told.append)
    assert told[0].startswith("take away the subscription")
    assert told[-1].startswith("delete the command")
    after = admin.state()
    assert (after["commands"], after["subscriptions"]) == ([], [])
    assert {key: after[key] for key in kept} == kept
    assert uninstall(wish().ours, look(wish().ours, xnat, sandbox.url)).steps == ()


@pytest.mark.parametrize("events", [True, False])
def test_uninstalling_finds_the_projects_by_itself(
    sandbox: Sandbox, xnat: Xnat, admin: Admin, events: bool
) -> None:
    install(sandbox, xnat, wish(hospital="CLINIC", quarantine="BARRED"))
    number = xnat.find_wrapper("check-prearchive", "CLINIC")
    admin("PUT", f"/xapi/projects/HOSPITAL/wrappers/{number}/enabled")
    admin("PUT", "/xapi/events/prefs", {"enabled": events})
    told: list[str] = []
    carry_out(wish().ours, xnat, sandbox.url, uninstall, told.append)
    disabled = [line for line in told if line.startswith("disable check-prearchive")]
    assert [line.rpartition(" ")[2] for line in disabled] == ["BARRED", "CLINIC", "HOSPITAL", "site"]


def test_uninstalling_asks_no_docker(sandbox: Sandbox, xnat: Xnat, admin: Admin) -> None:
    install(sandbox, xnat)
    fault = sandbox.faults.add(Fault(kind=Kind.STATUS, path="/xapi/docker/*", code=500))
    carry_out(wish().ours, xnat, sandbox.url, uninstall, lambda _: None)
    assert fault.fired == 0
    assert (admin.state()["commands"], admin.state()["subscriptions"]) == ([], [])


def test_an_older_container_service_that_does_not_tell_where_a_wrapper_is_used_is_uninstalled_all_the_same(
    sandbox: Sandbox, xnat: Xnat, admin: Admin
) -> None:
    install(sandbox, xnat)
    fault = sandbox.faults.add(Fault(kind=Kind.STATUS, path="/xapi/wrappers/*/projects", code=404))
    planned = [step.sentence for step in uninstall(wish().ours, look(wish().ours, xnat, sandbox.url)).steps]
    told: list[str] = []
    carry_out(wish().ours, xnat, sandbox.url, uninstall, told.append)
    fault.remove()
    assert "disable check-session for the site" in told
    assert told == planned
    assert admin.state()["commands"] == []


def test_after_uninstalling_it_can_be_installed_again(sandbox: Sandbox, xnat: Xnat) -> None:
    first = install(sandbox, xnat)
    carry_out(wish().ours, xnat, sandbox.url, uninstall, lambda _: None)
    again = install(sandbox, xnat)
    assert [line for line in first if "Event Service" not in line] == again
