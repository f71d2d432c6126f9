"""Where wrappers are enabled, what is configured for them, and where they are offered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.client import Client
from tests.sandbox.registering import COMMANDS, SORT, Shape, command, made, registered
from xnat_gate.sandbox.models import enablement
from xnat_gate.sandbox.server import Sandbox

SESSION = "xnat:imageSessionData"
AVAILABLE = "/xapi/projects/HOSPITAL/commands/available"


def wrapper_of(client: Client, body: Shape | None = None) -> tuple[int, int]:
    """A registered command and its first wrapper."""
    key = registered(client, body)
    return key, command(client, key)["xnat"][0]["id"]


def offered(client: Client, path: str = AVAILABLE, **params: str) -> list[dict[str, Any]]:
    answer = client.get(path, params={"xsiType": "xnat:ctSessionData", **params})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_a_new_wrapper_is_disabled_and_works_where_site_and_project_have_enabled_it(
    admin: Client, owner: Client
) -> None:
    _, key = wrapper_of(admin)
    site, project = f"/xapi/wrappers/{key}", f"/xapi/projects/HOSPITAL/wrappers/{key}"
    assert admin.get(f"{site}/enabled").text == "false"
    assert owner.put(f"{project}/enabled").status_code == 200
    report = {"enabled-for-site": False, "enabled-for-project": False, "project": "HOSPITAL"}
    assert owner.get(f"{project}/enabled").json() == report
    changed = admin.put(f"{site}/enabled", params={"reason": "wanted"})
    assert (changed.status_code, changed.text, admin.get(f"{site}/enabled").text) == (200, "", "true")
    assert owner.get(f"{project}/enabled").json() == {
        **report,
        "enabled-for-site": True,
        "enabled-for-project": True,
    }
    assert admin.get(f"{site}/projects").json() == ["HOSPITAL"]
    assert owner.put(f"{project}/disabled").status_code == 200
    assert owner.get(f"{project}/enabled").json() == {**report, "enabled-for-site": True}
    assert admin.get(f"{site}/projects").json() == []
    assert admin.put(f"{site}/disabled").status_code == 200
    assert admin.get(f"{site}/enabled").text == "false"


def test_a_wrapper_is_named_by_its_command_and_its_name_as_well(admin: Client) -> None:
    key, wrapper = wrapper_of(admin)
    site = f"{COMMANDS}/{key}/wrappers/sort-session"
    place = f"/xapi/projects/HOSPITAL/commands/{key}/wrappers/sort-session"
    assert admin.put(f"{site}/enabled").status_code == 200
    assert admin.put(f"{place}/enabled").status_code == 200
    assert (
        admin.get(f"/xapi/projects/HOSPITAL/wrappers/{wrapper}/enabled").json()["enabled-for-project"] is True
    )
    assert admin.get(f"{place}/config").json()["outputs"] == {"keep": {"type": "Resource", "label": "SORTED"}}
    for wrong in (f"{COMMANDS}/{key}/wrappers/other/enabled", f"{COMMANDS}/99/wrappers/sort-session/enabled"):
        assert (admin.get(wrong).status_code, admin.put(wrong).status_code) == (404, 404)


def test_the_site_is_for_managers_and_a_project_for_its_owners_too(
    admin: Client, owner: Client, member: Client, collaborator: Client
) -> None:
    _, key = wrapper_of(admin)
    site, project = f"/xapi/wrappers/{key}", f"/xapi/projects/HOSPITAL/wrappers/{key}"
    for verb, path in (("GET", "enabled"), ("PUT", "enabled"), ("PUT", "disabled"), ("GET", "projects")):
        assert owner.request(verb, f"{site}/{path}").status_code == 403
    for verb in ("GET", "POST", "DELETE"):
        assert owner.request(verb, f"{site}/config", json={}).status_code == 403
    assert (member.get(f"{project}/enabled").status_code, member.put(f"{project}/enabled").status_code) == (
        200,
        401,
    )
    assert (
        collaborator.get(f"{project}/enabled").status_code,
        owner.put(f"{project}/disabled").status_code,
    ) == (401, 200)
    elsewhere = f"/xapi/projects/QUARANTINE/wrappers/{key}"
    assert (owner.put(f"{elsewhere}/enabled").status_code, admin.put(f"{elsewhere}/enabled").status_code) == (
        401,
        200,
    )
    assert (
        collaborator.get(f"{project}/config").status_code,
        member.get(f"{project}/config").status_code,
    ) == (403, 200)
    for verb in ("POST", "DELETE"):
        assert member.request(verb, f"{project}/config", json={}).status_code == 403


def test_a_manager_alone_does_not_configure_a_project(admin: Client, collaborator: Client) -> None:
    _, key = wrapper_of(admin)
    admin.put("/xapi/users/collaborator/roles/ContainerManager")
    project = f"/xapi/projects/HOSPITAL/wrappers/{key}"
    assert collaborator.put(f"{project}/enabled").status_code == 200
    assert collaborator.post(f"{project}/config", json={}).status_code == 403


def test_what_is_said_of_a_missing_project_is_not_known(admin: Client, owner: Client) -> None:
    _, key = wrapper_of(admin)
    for verb, path in (("PUT", "enabled"), ("GET", "config"), ("POST", "config")):
        call = f"/xapi/projects/NOWHERE/wrappers/{key}/{path}"
        assert admin.request(verb, call, json={}).status_code == 501
        assert owner.request(verb, call, json={}).status_code == (401 if path == "enabled" else 403)


def test_by_its_number_a_wrapper_that_is_not_there_is_enabled_without_a_word(admin: Client) -> None:
    assert admin.put("/xapi/wrappers/99/enabled").status_code == 200
    assert admin.get("/xapi/wrappers/99/enabled").text == "true"
    assert admin.get("/xapi/wrappers/99/config").status_code == 404


def test_what_nobody_configured_is_shown_with_the_commands_own_values(admin: Client) -> None:
    _, key = wrapper_of(admin)
    assert admin.get(f"/xapi/wrappers/{key}/config").json() == {
        "inputs": {
            "session": {
                "description": None, "type": "Session", "default-value": None, "matcher": None, "user-settable": None,
                "advanced": False, "required": None,
            },
            "kind": {
                "description": None, "type": "string", "default-value": "x", "matcher": None, "user-settable": True,
                "advanced": False, "required": False,
            },
        },
        "outputs": {"keep": {"type": "Resource", "label": "SORTED"}},
    }  # fmt: skip


def test_a_configuration_enables_unless_told_not_to_and_replaces_the_one_before(admin: Client) -> None:
    _, key = wrapper_of(admin)
    site = f"/xapi/wrappers/{key}"
    quiet = admin.post(
        f"{site}/config", json={"inputs": {"kind": {"default-value": "s"}}}, params={"enable": "false"}
    )
    assert (quiet.status_code, quiet.text, admin.get(f"{site}/enabled").text) == (201, "", "false")
    body = {
        "inputs": {"kind": {"user-settable": False, "colour": "red"}},
        "outputs": {"keep": {"label": "MINE"}},
    }
    assert admin.post(f"{site}/config", json=body).status_code == 201
    assert admin.get(f"{site}/enabled").text == "true"
    found = admin.get(f"{site}/config").json()
    kind = found["inputs"]["kind"]
    assert (kind["default-value"], kind["user-settable"], "colour" in kind) == ("x", False, False)
    assert found["outputs"]["keep"]["label"] == "MINE"
    assert admin.delete(f"{site}/config").status_code == 204
    assert admin.get(f"{site}/config").json()["outputs"]["keep"]["label"] == "SORTED"
    assert admin.get(f"{site}/enabled").text == "true"
    for wrong in ("no json", "[]", '{"inputs": []}', '{"inputs": {"kind": {"user-settable": "perhaps"}}}'):
        assert admin.post(f"{site}/config", data=wrong).status_code == 500


def test_the_projects_values_win_over_the_sites_and_both_over_the_commands(
    admin: Client, owner: Client, sandbox: Sandbox
) -> None:
    body = made()
    body["xnat"][0]["derived-inputs"] = [
        {"name": "who", "type": "string", "derived-from-wrapper-input": "session",
         "derived-from-xnat-object-property": "label", "provides-value-for-command-input": "kind"},
    ]  # fmt: skip
    _, key = wrapper_of(admin, body)
    site = {"inputs": {"session": {"matcher": "@.a", "default-value": "s"}, "who": {"user-settable": False},
                       "kind": {"default-value": "never"}}, "outputs": {"keep": {"label": "SITE"}}}  # fmt: skip
    admin.post(f"/xapi/wrappers/{key}/config", json=site)
    project = {
        "inputs": {"session": {"default-value": "p", "matcher": None}},
        "outputs": {"keep": {"label": "P"}},
    }
    place = f"/xapi/projects/HOSPITAL/wrappers/{key}"
    assert owner.post(f"{place}/config", json=project).status_code == 201
    assert owner.get(f"{place}/enabled").json()["enabled-for-project"] is True
    shown = owner.get(f"{place}/config").json()
    assert "kind" not in shown["inputs"]
    assert (shown["inputs"]["session"]["default-value"], shown["inputs"]["session"]["matcher"]) == (
        "p",
        "@.a",
    )
    found = enablement.configured(sandbox.world.db, key, "HOSPITAL")
    assert found is not None
    whole, wrapper = found
    (session,), (who,) = wrapper["external-inputs"], wrapper["derived-inputs"]
    assert (session["default-value"], session["matcher"], who["user-settable"]) == ("p", "@.a", False)
    assert (wrapper["output-handlers"][0]["label"], whole["inputs"][0]["default-value"]) == ("P", "x")
    assert "label" not in wrapper
    assert owner.delete(f"{place}/config").status_code == 204
    of_site = enablement.configured(sandbox.world.db, key, None)
    assert of_site is not None
    assert of_site == enablement.configured(sandbox.world.db, key, "HOSPITAL")
    assert of_site[1]["output-handlers"][0]["label"] == "SITE"
    assert enablement.configured(sandbox.world.db, 99, None) is None


def test_a_wrapper_is_offered_with_all_that_a_page_shows_enabled_or_not(
    admin: Client, member: Client
) -> None:
    key, wrapper = wrapper_of(admin)
    summary = {
        "command-id": key, "command-name": "sort", "command-label": "Sort", "command-description": "Sorts.",
        "wrapper-id": wrapper, "wrapper-name": "sort-session", "wrapper-label": "Sort",
        "wrapper-description": "Sorts it.", "wrapper-contexts": [SESSION], "image-name": "some/where:1",
        "image-type": "docker", "enabled": False, "root-element-name": "session",
    }  # fmt: skip
    assert offered(member) == [summary]
    admin.put(f"/xapi/wrappers/{wrapper}/enabled")
    assert offered(member) == [summary]
    admin.put(f"/xapi/projects/HOSPITAL/wrappers/{wrapper}/enabled")
    assert offered(member) == [{**summary, "enabled": True}]
    assert offered(member, f"{COMMANDS}/available", project="HOSPITAL") == [{**summary, "enabled": True}]


@pytest.mark.parametrize(
    ("contexts", "page", "fits"),
    [
        ([SESSION], "xnat:ctSessionData", True),
        ([SESSION], "xnat:rtSessionData", True),
        ([SESSION], SESSION, True),
        (["xnat:ctSessionData"], SESSION, False),
        (["xnat:ctSessionData"], "xnat:mrSessionData", False),
        (["xnat:mrSessionData", "xnat:ctSessionData"], "xnat:ctSessionData", True),
        (["xnat:experimentData"], "xnat:ctSessionData", True),
        (["xnat:projectData"], "xnat:projectData", True),
        (["xnat:imageScanData"], "xnat:ctScanData", True),
        (["my:own"], "my:own", True),
        ([], "xnat:ctSessionData", False),
    ],
)
def test_a_page_fits_a_context_of_its_own_type_or_of_one_that_it_descends_from(
    admin: Client, contexts: list[str], page: str, fits: bool
) -> None:
    wrapper_of(admin, made(xnat=[{**SORT["xnat"][0], "contexts": contexts}]))
    assert bool(offered(admin, xsiType=page)) is fits
    assert bool(offered(admin, f"{COMMANDS}/available/site", xsiType=page)) is fits


def test_only_those_who_may_write_are_offered_what_writes(
    admin: Client, collaborator: Client, owner: Client
) -> None:
    wrapper_of(admin)
    reading = {**SORT["xnat"][0], "output-handlers": []}
    wrapper_of(admin, made(version="2", outputs=[], xnat=[reading]))
    assert [len(offered(client)) for client in (collaborator, owner)] == [1, 2]
    assert (
        owner.get("/xapi/projects/QUARANTINE/commands/available", params={"xsiType": "a"}).status_code == 403
    )
    assert owner.get(AVAILABLE).status_code == 501


@pytest.mark.parametrize(
    ("derived", "handler", "wanted"),
    [
        ([], {"type": "Assessor"}, 1),
        ([], {"type": "Assessor", "xsi-type": "xnat:qcAssessmentData"}, 0),
        ([("scan", "Scan", "session")], {"as-a-child-of": "scan"}, 0),
        ([("project", "Project", "session")], {"as-a-child-of": "project"}, 0),
        ([("subject", "Subject", "session"), ("other", "Session", "subject")], {"as-a-child-of": "other"}, 1),
    ],
)
def test_a_reader_is_offered_what_cannot_be_told_to_write(
    admin: Client, collaborator: Client, derived: list[tuple[str, str, str]], handler: Shape, wanted: int
) -> None:
    wrapper = made()["xnat"][0]
    wrapper["derived-inputs"] = [
        {"name": name, "type": kind, "derived-from-wrapper-input": parent} for name, kind, parent in derived
    ]
    wrapper["output-handlers"][0].update(handler)
    wrapper_of(admin, made(xnat=[wrapper]))
    assert len(offered(collaborator)) == wanted


def test_a_wrapper_without_external_input_is_offered_for_the_site_alone(admin: Client, owner: Client) -> None:
    site = {"name": "tidy", "contexts": ["site"], "external-inputs": []}
    _, key = wrapper_of(admin, made(mounts=[], outputs=[], xnat=[site]))
    (found,) = offered(owner, f"{COMMANDS}/available/site", xsiType="site")
    assert (found["wrapper-id"], found["root-element-name"], found["enabled"]) == (key, "", False)
    assert offered(owner, xsiType="site") == []


def test_for_several_projects_what_all_of_them_have_is_offered(admin: Client, owner: Client) -> None:
    _, key = wrapper_of(admin)
    everywhere = f"{COMMANDS}/available/site"
    assert len(offered(admin, everywhere, projects="HOSPITAL, QUARANTINE")) == 1
    admin.put(f"/xapi/wrappers/{key}/enabled")
    assert offered(admin, everywhere)[0]["enabled"] is True
    admin.put(f"/xapi/projects/HOSPITAL/wrappers/{key}/enabled")
    assert offered(admin, everywhere, projects="HOSPITAL,QUARANTINE") == []
    assert [each["enabled"] for each in offered(owner, everywhere, projects="HOSPITAL")] == [True]
    assert offered(owner, everywhere, projects="QUARANTINE") == []
