"""From what is wished and what XNAT shows to the steps, the problems and the warnings between them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from xnat_gate.core.archive import PrearchiveRow
from xnat_gate.core.installation import Broken, Found, Plan, Stage, Wish, plan, uninstall
from xnat_gate.core.installation.registration import differing
from xnat_gate.core.installation.subscriptions import wished
from xnat_gate.core.platform import (
    Caller,
    Enablement,
    Engine,
    Project,
    Registered,
    Subscribed,
    Versions,
)

ROLES = frozenset({"Administrator", "ContainerManager"})
IMAGE = "xnat-gate/gate:2.0.0"


def body(name: str, image: str = IMAGE, program: str = "xnat-gate-job") -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "version": image.rpartition(":")[2],
        "command-line": f"{program} {name}",
        "environment-variables": {"GATE_PROJECT": "#project-id#"},
        "mounts": [{"name": "in", "path": "/input", "writable": False}],
        "inputs": [{"name": "project-id", "type": "string", "required": True, "default-value": ""}],
        "outputs": [],
        "xnat": [
            {
                "name": name,
                "contexts": ["xnat:projectData"],
                "external-inputs": [
                    {"name": "project", "type": "Project", "required": True, "load-children": False}
                ],
            }
        ],
    }


def shown(wish: dict[str, Any], id: int) -> dict[str, Any]:
    """As XNAT shows a command: with numbers and defaults."""
    command = copy.deepcopy(wish)
    command |= {"id": id, "type": "docker", "override-entrypoint": False, "visibility": "public", "ports": {}}
    for number, wrapper in enumerate(command["xnat"]):
        wrapper |= {"id": id * 10 + number, "derived-inputs": [], "output-handlers": []}
        wrapper["external-inputs"][0] |= {"id": 7, "replacement-key": "#project#"}
        del wrapper["external-inputs"][0]["required"]
    command["inputs"][0] |= {"id": 8, "command-line-flag": "", "replacement-key": "#project-id#"}
    del command["inputs"][0]["default-value"]
    return command


def wish(**change: Any) -> Wish:
    commands = (body("check-prearchive"), body("check-session"))
    return Wish(
        **{
            "hospitals": ("HOSPITAL",),
            "quarantine": "QUARANTINE",
            "commands": commands,
            "protocol": "protocol: 1\n",
            **change,
        }
    )


def bare(**change: Any) -> Found:
    """A site that has never seen the gate."""
    return replace(
        Found(
            url="http://xnat",
            caller=Caller("admin", ROLES),
            versions=Versions("1.9.1", "3.7.3"),
            engine=Engine(answers=True, images=frozenset({IMAGE})),
            enablement={},
        ),
        **change,
    )


def installed(wish: Wish, **change: Any) -> Found:
    """A site as it is after installing."""
    commands = tuple(
        Registered(number, shown(dict(each), number)) for number, each in enumerate(wish.commands, 1)
    )
    wrappers = [number for command in commands for number in command.wrappers.values()]
    found = bare(
        projects=tuple(Project(id, "private", 0) for id in wish.projects),
        protocol="protocol: 1\n",
        commands=commands,
        enablement={number: Enablement(True, frozenset(wish.projects)) for number in wrappers},
    )
    subscriptions = tuple(Subscribed(number, each) for number, each in enumerate(wished(wish, found), 1))
    return replace(found, **{"subscriptions": subscriptions, **change})


def sentences(plan: Plan) -> list[str]:
    return [step.sentence for step in plan.steps]


def told(remarks: tuple[object, ...]) -> str:
    return "\n".join(map(str, remarks))


# --- what is to be done


def test_a_site_that_is_as_wished_has_nothing_to_be_done() -> None:
    assert plan(wish(), installed(wish())) == Plan()


def test_a_bare_site_gets_everything_in_the_order_in_which_it_can_be_done() -> None:
    found = plan(wish(), bare())
    stages = list(dict.fromkeys(step.stage for step in found.steps))
    assert stages == [
        Stage.PROJECTS,
        Stage.PROTOCOL,
        Stage.COMMANDS,
        Stage.ENABLING,
        Stage.SUBSCRIPTIONS,
    ]
    assert sentences(found)[:2] == [
        "create the private project HOSPITAL",
        "set the prearchive code of HOSPITAL to 0: sessions wait to be looked at",
    ]
    assert len([step for step in found.steps if step.stage is Stage.SUBSCRIPTIONS]) == 4 + 12
    assert not found.problems


def test_sessions_of_the_hospital_are_quarantined_and_those_of_quarantine_only_reported() -> None:
    several = wish(hospitals=("HOSPITAL", "TRIAL_A"))
    found = installed(several)
    attributes = {
        (next(iter(each.projects)), each.status): each.attributes["on-violation"]
        for each in wished(several, found)
        if each.event == "SessionEvent"
    }
    assert attributes == {
        ("HOSPITAL", "CREATED"): "quarantine",
        ("HOSPITAL", "MERGED"): "quarantine",
        ("TRIAL_A", "CREATED"): "quarantine",
        ("TRIAL_A", "MERGED"): "quarantine",
        ("QUARANTINE", "CREATED"): "report",
        ("QUARANTINE", "MERGED"): "report",
    }


@pytest.mark.parametrize(("every", "minutes"), [(5, list(range(0, 60, 5))), (20, [0, 20, 40]), (60, [0])])
def test_the_clock_has_a_subscription_for_each_minute_in_plain_numbers(
    every: int, minutes: list[int]
) -> None:
    schedules = [
        each.schedule.split(" ")
        for each in wished(wish(every=every), bare())
        if each.event == "ScheduledEvent"
    ]
    assert [int(fields[1]) for fields in schedules] == minutes
    assert all(fields[0].isdecimal() and fields[2:] == ["*"] * 4 for fields in schedules)
    assert len({fields[0] for fields in schedules}) == len(schedules)


@pytest.mark.parametrize("every", [0, -5, 7, 61])
def test_a_time_that_does_not_divide_an_hour_is_no_wish(every: int) -> None:
    with pytest.raises(ValueError, match="do not divide an hour"):
        wish(every=every)


def test_a_project_that_the_protocol_names_anew_is_all_that_is_added() -> None:
    steps = sentences(plan(wish(hospitals=("HOSPITAL", "TRIAL_A")), installed(wish())))
    assert steps[:2] == [
        "create the private project TRIAL_A",
        "set the prearchive code of TRIAL_A to 0: sessions wait to be looked at",
    ]
    assert [line for line in steps if line.startswith("enable")] == [
        "enable check-prearchive for TRIAL_A",
        "enable check-session for TRIAL_A",
    ]
    assert sum("check-session when" in line for line in steps) == 2
    assert sum(line.startswith("mend the subscription") for line in steps) == 12


def test_other_minutes_take_the_old_schedules_away_before_new_ones_start() -> None:
    steps = sentences(plan(wish(every=15), installed(wish(every=10))))
    assert [line.partition(" 'xnat")[0] for line in steps] == [
        *["take away the subscription"] * 4,
        *["subscribe"] * 2,
    ]


def test_a_project_that_archives_by_itself_is_set_to_wait() -> None:
    found = installed(
        wish(), projects=(Project("HOSPITAL", "private", 4), Project("QUARANTINE", "private", 0))
    )
    assert sentences(plan(wish(), found)) == [
        "set the prearchive code of HOSPITAL to 0 (now 4): sessions wait to be looked at"
    ]


def test_quarantine_is_made_private_and_the_hospital_is_left_as_it_is() -> None:
    found = installed(
        wish(), projects=(Project("HOSPITAL", "protected", 0), Project("QUARANTINE", "protected", 0))
    )
    assert sentences(plan(wish(), found)) == ["make QUARANTINE private (now protected)"]


def test_a_protocol_in_force_is_never_replaced() -> None:
    assert plan(wish(protocol="another"), installed(wish())).steps == ()
    steps = sentences(plan(wish(), installed(wish(), protocol=None)))
    assert steps == ["put the protocol in force (config service, tool xnat-gate, path protocol.yaml)"]


def test_an_older_version_is_updated_in_place_and_its_subscriptions_stay() -> None:
    old = wish(
        commands=tuple(body(name, "xnat-gate/gate:1.0.0") for name in ("check-prearchive", "check-session"))
    )
    assert sentences(plan(wish(), installed(old))) == [
        "update the command check-prearchive (number 1) in place: image, version",
        "update the command check-session (number 2) in place: image, version",
    ]


def test_what_is_switched_off_is_switched_on() -> None:
    found = installed(wish())
    off = {**found.enablement, 10: Enablement(False, frozenset({"HOSPITAL"}))}
    assert sentences(plan(wish(), replace(found, enablement=off))) == [
        "enable check-prearchive for the site",
        "enable check-prearchive for QUARANTINE",
    ]


def test_a_broken_protocol_in_force_is_replaced_only_when_a_person_says_so() -> None:
    found = installed(wish(), protocol="protocol: [")
    broken = Broken("protocol: [", "line 1: not YAML")
    refused = plan(wish(broken=broken), found)
    assert refused.steps == ()
    assert len(refused.problems) == 1
    assert refused.problems[0].what.startswith(
        "the protocol in force in XNAT is broken (line 1: not YAML), so that no job judges anything; it is not replaced"
    )
    assert "--replace-broken-protocol" in refused.problems[0].remedy
    assert "PUT http://xnat/data/config/xnat-gate/protocol.yaml" in refused.problems[0].remedy
    allowed = plan(wish(broken=broken, replace_broken=True), found)
    assert (allowed.problems, allowed.warnings) == ((), ())
    assert [step.sentence.partition(" (")[0] for step in allowed.steps] == [
        "put the protocol in force in place of the broken one"
    ]


def test_a_protocol_that_somebody_mended_meanwhile_is_not_replaced() -> None:
    mended = wish(broken=Broken("protocol: [", "line 1: not YAML"), replace_broken=True)
    assert plan(mended, installed(wish(), protocol="protocol: 1\n")) == Plan()


def test_another_protocol_than_the_named_one_is_told_of_and_kept() -> None:
    found = plan(wish(protocol="protocol: 1\n# mine\n"), installed(wish()))
    assert (found.steps, found.problems) == ((), ())
    assert "keeps it" in told(found.warnings)
    assert plan(wish(protocol="protocol: 1"), installed(wish(), protocol="protocol: 1\r\n")) == Plan()


# --- subscriptions that somebody has touched


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"active": False}, "active"),
        ({"projects": frozenset()}, "project-ids"),
        ({"attributes": {}}, "attributes"),
        ({"wrapper": 99}, "action-key"),
        ({"payload_filter": "@.id == 1"}, "payload-filter"),
        ({"as_event_user": True}, "act-as-event-user"),
        ({"status": "DELETED"}, "status"),
    ],
)
def test_a_subscription_that_was_changed_by_hand_is_mended(change: dict[str, Any], word: str) -> None:
    found = installed(wish())
    first, *rest = found.subscriptions or ()
    touched = Subscribed(first.id, replace(first.subscription, **change))
    steps = sentences(plan(wish(), replace(found, subscriptions=(touched, *rest))))
    assert steps == [f"mend the subscription {first.subscription.name!r} (number {first.id}): {word}"]


def test_a_subscription_that_xnat_calls_invalid_is_mended() -> None:
    found = installed(wish())
    first, *rest = found.subscriptions or ()
    invalid = Subscribed(first.id, first.subscription, "Action not available")
    steps = sentences(plan(wish(), replace(found, subscriptions=(invalid, *rest))))
    assert len(steps) == 1
    assert "Action not available" in steps[0]


def test_a_second_subscription_of_the_same_name_is_taken_away() -> None:
    found = installed(wish())
    assert found.subscriptions
    double = Subscribed(99, found.subscriptions[0].subscription)
    steps = sentences(plan(wish(), replace(found, subscriptions=(*found.subscriptions, double))))
    assert steps == [f"take away the subscription {found.subscriptions[0].subscription.name!r} (number 99)"]


# --- comparing commands


def test_what_xnat_adds_and_leaves_out_makes_no_difference() -> None:
    command = shown(body("check-session"), 3)
    assert differing(body("check-session"), command | {"a-key-of-later-versions": 1}) == ()


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("image",), "xnat-gate/gate:1.0.0", "image"),
        (("limit-memory",), 64, "limit-memory"),
        (("environment-variables", "EXTRA"), "1", "environment-variables"),
        (("mounts", 0, "writable"), True, "mounts"),
        (("inputs", 0, "required"), False, "inputs"),
        (("xnat", 0, "contexts"), [], "xnat"),
        (("xnat", 0, "external-inputs", 0, "required"), False, "xnat"),
        (("xnat", 0, "external-inputs", 0, "load-children"), True, "xnat"),
    ],
)
def test_what_differs_from_the_file_is_found(path: tuple[Any, ...], value: object, key: str) -> None:
    command: Any = shown(body("check-session"), 3)
    place = command
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert differing(body("check-session"), command) == (key,)


def test_a_key_that_xnat_did_not_keep_is_found() -> None:
    assert differing(body("check-session") | {"ipc-mode": "host"}, shown(body("check-session"), 3)) == (
        "ipc-mode",
    )


# --- what a person must do


def test_all_problems_are_told_together_with_their_remedies() -> None:
    found = bare(
        caller=Caller("sam", frozenset()),
        versions=Versions("1.7.6", None),
    )
    problems = plan(wish(), found).problems
    assert [each.what for each in problems] == [
        "sam is not a site administrator",
        "sam does not have the role Container Manager, which being a site administrator does not imply",
        "this is XNAT 1.7.6",
        "XNAT's Container Service is not there",
    ]
    assert "PUT http://xnat/xapi/users/sam/roles/ContainerManager" in told(problems)


@pytest.mark.parametrize(
    ("xnat", "plugin", "words"),
    [
        ("1.8.0", "3.2.0", ""),
        ("1.10.0-SNAPSHOT", "3.10.1", ""),
        ("untagged", "development", ""),
        ("1.9.1", "3.1.1", "Container Service 3.1.1"),
        ("1.7.9", "3.7.3", "XNAT 1.7.9"),
    ],
)
def test_versions_that_are_too_old_are_a_problem(xnat: str, plugin: str, words: str) -> None:
    problems = told(plan(wish(), bare(versions=Versions(xnat, plugin))).problems)
    assert (words in problems) if words else not problems


@pytest.mark.parametrize(
    ("plugin", "refused", "lacking"),
    [
        ("3.2.0", False, False),
        ("3.6.2", True, False),
        ("3.7.0", False, True),
        ("3.10.1", False, True),
        ("", False, False),
        ("", True, True),
        ("development", True, True),
    ],
)
def test_the_role_is_asked_for_only_where_there_is_one(plugin: str, refused: bool, lacking: bool) -> None:
    administrator = Caller("sam", frozenset({"Administrator"}))
    found = bare(caller=administrator, versions=Versions("1.9.1", plugin), refused=refused)
    for problems in (plan(wish(), found).problems, uninstall(wish().ours, found).problems):
        assert ("does not have the role Container Manager" in told(problems)) is lacking
        assert len(problems) == lacking


@pytest.mark.parametrize("id", ["Hospital", "hospital"])
def test_a_project_that_xnat_spells_otherwise_is_a_problem(id: str) -> None:
    found = bare(ids=frozenset({"HOSPITAL", "QUARANTINE", "OTHER"}))
    problems = plan(wish(hospitals=(id,)), found).problems
    assert [each.what for each in problems] == [
        f"the protocol names the project {id}, and XNAT calls it HOSPITAL"
    ]


def test_another_name_of_a_project_is_no_id() -> None:
    known = bare(ids=frozenset({"H1", "QUARANTINE"}), projects=(Project("HOSPITAL", "private", 0),))
    assert "another name of a project" in told(plan(wish(), known).problems)
    assert not plan(wish(), replace(known, ids=frozenset({"HOSPITAL"}))).problems


def test_a_container_service_that_does_not_fit_is_a_problem() -> None:
    problems = plan(wish(), bare(versions=Versions("1.8.0", "", needs="1.8.5"))).problems
    assert "it needs 1.8.5" in told(problems)


def test_a_container_service_without_docker_is_a_problem() -> None:
    assert "reaches no Docker server" in told(plan(wish(), bare(engine=Engine(answers=False))).problems)


def test_an_event_service_that_is_off_is_switched_on_only_when_told_to() -> None:
    off = installed(wish(), subscriptions=None)
    refused = plan(wish(), off)
    assert "--enable-events" in told(refused.problems)
    allowed = plan(wish(enable_events=True), off)
    assert not allowed.problems
    assert sentences(allowed)[0] == "switch the Event Service on, for the whole site"


def test_two_commands_of_one_name_are_not_guessed_between() -> None:
    found = installed(wish())
    double = Registered(9, shown(body("check-session", "registry.example.org/gate:1"), 9))
    problems = told(plan(wish(), replace(found, commands=(*found.commands, double))).problems)
    assert "2 commands are called check-session" in problems
    assert "number 9 of image registry.example.org/gate:1" in problems


def test_a_foreign_command_of_our_name_is_not_overwritten() -> None:
    foreign = Registered(4, shown(body("check-session", "other/tool:1", program="other"), 4))
    assert "DELETE http://xnat/xapi/commands/4" in told(plan(wish(), bare(commands=(foreign,))).problems)


# --- what a person should know


def test_rows_that_xnat_will_archive_by_itself_are_warned_of() -> None:
    row = PrearchiveRow(
        project="HOSPITAL", timestamp="T", folder="F", subject="S", session="E", study_uid="1.2", status="READY",
        uri="/prearchive/projects/HOSPITAL/T/F", changed="", frozen_auto_archive=True,
    )  # fmt: skip
    projects = (
        Project("HOSPITAL", "private", 0, rows=(row, replace(row, frozen_auto_archive=False))),
        Project("QUARANTINE", "private", 0),
    )
    warnings = plan(wish(), installed(wish(), projects=projects)).warnings
    assert len(warnings) == 1
    assert warnings[0].what.startswith(
        "1 waiting in the prearchive of HOSPITAL came while it archived by itself"
    )
    assert "xnat-gate prearchive HOSPITAL" in warnings[0].remedy


def test_an_image_that_docker_does_not_have_is_warned_of_where_that_can_be_known() -> None:
    without = installed(wish(), engine=Engine(answers=True, images=frozenset({"postgres:16"})))
    assert f"no image {IMAGE}" in told(plan(wish(), without).warnings)
    assert not plan(wish(), installed(wish(), engine=Engine(answers=True))).warnings


def test_guests_of_quarantine_and_a_public_hospital_are_warned_of() -> None:
    projects = (
        Project("HOSPITAL", "public", 0, guests=("member",)),
        Project("QUARANTINE", "private", 0, guests=("member", "visitor")),
    )
    warnings = told(plan(wish(), installed(wish(), projects=projects)).warnings)
    assert "HOSPITAL is public" in warnings
    assert "member, visitor can see QUARANTINE" in warnings
    assert "can see HOSPITAL" not in warnings


# --- taking it back


def test_uninstalling_takes_subscriptions_first_and_leaves_projects_and_protocol() -> None:
    found = uninstall(wish().ours, installed(wish()))
    stages = [step.stage for step in found.steps]
    assert list(dict.fromkeys(stages)) == [Stage.SUBSCRIPTIONS, Stage.ENABLING, Stage.COMMANDS]
    assert stages.count(Stage.SUBSCRIPTIONS) == 16
    assert sentences(found)[-1] == "delete the command check-session (number 2)"
    assert "prearchive_code/4" in told(found.warnings)


def test_uninstalling_where_nothing_is_does_nothing() -> None:
    assert uninstall(wish().ours, bare()).steps == ()


def test_uninstalling_leaves_a_foreign_command_and_takes_every_one_of_ours() -> None:
    foreign = Registered(4, shown(body("check-session", "other/tool:1", program="other"), 4))
    ours = [Registered(id, shown(body("check-session", f"xnat-gate/gate:{id}"), id)) for id in (5, 6)]
    steps = sentences(uninstall(wish().ours, bare(commands=(foreign, *ours))))
    assert steps == [
        "delete the command check-session (number 5)",
        "delete the command check-session (number 6)",
    ]


def test_uninstalling_while_events_are_off_says_that_subscriptions_cannot_be_seen() -> None:
    assert "cannot be seen" in told(uninstall(wish().ours, bare(subscriptions=None)).warnings)


@pytest.mark.parametrize(
    "change",
    [
        {"engine": Engine(answers=False)},
        {"versions": Versions("1.7.6", "3.7.3")},
        {"versions": Versions("1.9.1", "3.1.0")},
        {"versions": Versions("1.9.1", "", needs="1.9.2")},
        {"protocol": "protocol: ["},
    ],
)
def test_what_only_running_needs_is_not_needed_for_uninstalling(change: dict[str, Any]) -> None:
    whole = uninstall(wish().ours, installed(wish()))
    found = uninstall(wish().ours, installed(wish(), **change))
    assert not found.problems
    assert found.steps == whole.steps


def test_uninstalling_from_an_xnat_without_container_service_is_not_claimed() -> None:
    found = uninstall(wish().ours, installed(wish(), versions=Versions("1.9.1", None)))
    assert "Container Service is not there" in told(found.problems)
    assert found.steps == ()


def test_somebody_elses_subscription_to_what_goes_is_left_and_told_of() -> None:
    found = installed(wish())
    assert found.subscriptions
    theirs = replace(found.subscriptions[0].subscription, name="nightly", wrapper=20)
    elsewhere = replace(theirs, name="another", wrapper=99)
    strangers = (Subscribed(70, theirs), Subscribed(71, elsewhere))
    taken = uninstall(wish().ours, replace(found, strangers=strangers))
    assert taken.steps == uninstall(wish().ours, found).steps
    remarks = [each for each in taken.warnings if "is not ours" in each.what]
    assert [each.what.partition(" (")[0] for each in remarks] == ["the subscription 'nightly'"]
    assert "starts check-session, which goes" in remarks[0].what
    assert "DELETE http://xnat/xapi/events/subscription/70" in remarks[0].remedy
    assert plan(wish(), replace(found, strangers=strangers)) == Plan()


def test_uninstalling_needs_the_same_rights() -> None:
    assert uninstall(wish().ours, bare(caller=Caller("admin", frozenset({"Administrator"})))).problems
