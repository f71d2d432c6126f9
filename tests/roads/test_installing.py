"""Installing the gate into a sandbox XNAT: fresh, again, over an older one, broken off, and taken back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hospital import Site
from tests.roads.installations import Admin, aged, install, planned, wish
from tests.roads.installations import admin as admin
from tests.roads.installations import xnat as xnat
from xnat_gate.core.archive import ArchiveError
from xnat_gate.core.installation import plan, uninstall
from xnat_gate.edge import command_files, protocol_file
from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.roads.installing import HalfDone, NotTaken, carry_out
from xnat_gate.sandbox.containers.engine import Kind as Engines
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings


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
    install(sandbox, xnat, wish(hospitals=("CLINIC", "TRIAL_A"), quarantine="BARRED"))
    for project in ("CLINIC", "TRIAL_A", "BARRED"):
        assert admin("GET", f"/data/projects/{project}/prearchive_code") == "0"
        assert admin("GET", f"/data/projects/{project}/accessibility") == "private"
        assert xnat.find_wrapper("check-prearchive", project) is not None


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
    older = replace(older, commands=tuple(aged(each) for each in older.commands))
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


def test_what_is_installed_works_by_itself(tmp_path: Path) -> None:
    """On the clock the prearchive is looked at; what that archives is checked in its turn. The clock of the wall may
    strike meanwhile, and look once more."""
    ct_series(tmp_path / "ct", Patient("PHANTOM^CORK", "CORK-1"))
    with Sandbox.start(tmp_path / "xnat", settings=Settings(containers=Engines.PROCESS)) as sandbox:
        with connected(Account(host=sandbox.url, user="admin", password="admin")) as xnat:
            install(sandbox, xnat)
        site = Site(tmp_path, sandbox)
        site.upload(tmp_path / "ct", "HOSPITAL")
        assert sandbox.tick(3, 5, 35) == 1
        assert site.sessions("HOSPITAL") == ["CORK-1"]
        ran = Counter(each["command-line"] for each in site.get("/xapi/containers").json())
        ended = {each["status"] for each in site.get("/xapi/containers").json()}
    assert ran["xnat-gate-job check-prearchive"] >= 2
    assert ran["xnat-gate-job check-session"] == 1
    assert ended == {"Complete"}


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
    found = planned(sandbox, xnat, wish(hospitals=("Hospital",)))
    assert [each.what for each in found.problems] == [
        "the protocol names the project Hospital, and XNAT calls it HOSPITAL"
    ]


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


@pytest.mark.parametrize("events", [True, False])
def test_uninstalling_finds_the_projects_by_itself(
    sandbox: Sandbox, xnat: Xnat, admin: Admin, events: bool
) -> None:
    install(sandbox, xnat, wish(hospitals=("CLINIC",), quarantine="BARRED"))
    number = xnat.find_wrapper("check-prearchive", "CLINIC")
    admin("PUT", f"/xapi/projects/HOSPITAL/wrappers/{number}/enabled")
    admin("PUT", "/xapi/events/prefs", {"enabled": events})
    told: list[str] = []
    carry_out(wish().ours, xnat, sandbox.url, uninstall, told.append)
    disabled = [line for line in told if line.startswith("disable check-prearchive")]
    assert [line.rpartition(" ")[2] for line in disabled] == ["BARRED", "CLINIC", "HOSPITAL", "site"]


def test_after_uninstalling_it_can_be_installed_again(sandbox: Sandbox, xnat: Xnat) -> None:
    first = install(sandbox, xnat)
    carry_out(wish().ours, xnat, sandbox.url, uninstall, lambda _: None)
    again = install(sandbox, xnat)
    assert [line for line in first if "Event Service" not in line] == again
