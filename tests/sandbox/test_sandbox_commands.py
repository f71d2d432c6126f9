"""Registering commands: ids, what is kept of a body, what is refused and how."""

from __future__ import annotations

import pytest

from tests.sandbox.client import Client
from tests.sandbox.registering import COMMANDS, SORT, command, made, registered
from xnat_gate.sandbox.models import commands
from xnat_gate.sandbox.server import Sandbox


def test_a_registered_command_has_an_id_and_so_has_each_wrapper(admin: Client) -> None:
    two = [SORT["xnat"][0], {**SORT["xnat"][0], "name": "again"}]
    key = registered(admin, made(xnat=two))
    found = command(admin, key)
    assert found["id"] == key
    first, second = (wrapper["id"] for wrapper in found["xnat"])
    assert 0 < first < second
    assert admin.get(COMMANDS).json() == [found]


def test_what_is_left_out_gets_the_servers_defaults_and_null_is_left_out(admin: Client) -> None:
    found = command(admin, registered(admin, made(**{"working-directory": None})))
    assert (found["visibility"], found["override-entrypoint"], found["secrets"]) == ("public", False, [])
    assert found["mounts"][0] == {"name": "in", "path": "/input", "writable": False}
    assert found["inputs"][0] == {
        "name": "kind", "type": "string", "default-value": "x", "required": False, "select-values": [],
        "command-line-flag": "",
    }  # fmt: skip
    (external,) = found["xnat"][0]["external-inputs"]
    assert (external["required"], external["load-children"]) == (True, True)
    assert found["xnat"][0]["output-handlers"][0]["tags"] == []
    assert not {"working-directory", "runtime", "info-url"} & found.keys()


def test_unknown_keys_vanish_without_a_word_and_scalars_are_made_to_fit(admin: Client) -> None:
    strange = made(
        colour="red", **{"override-entrypoint": "true", "limit-memory": "64", "reserve-memory": 8.0}
    )
    strange["inputs"][0].update({"user-settable": False, "default-value": 7, "type": "tex"})
    strange["xnat"][0]["resource"] = "GONE"
    found = command(admin, registered(admin, strange))
    assert (found["override-entrypoint"], found["limit-memory"], found["reserve-memory"]) == (True, 64, 8)
    assert (found["inputs"][0]["default-value"], found["inputs"][0]["type"]) == ("7", "string")
    assert "colour" not in found
    assert "user-settable" not in found["inputs"][0]
    assert "resource" not in found["xnat"][0]


def test_ipc_mode_is_read_under_one_name_at_first_and_under_another_afterwards(admin: Client) -> None:
    both = made(**{"ipc-mode": "host", "ipcMode": "shareable"})
    key = registered(admin, both)
    assert command(admin, key)["ipc-mode"] == "shareable"
    assert admin.post(f"{COMMANDS}/{key}", json=both).status_code == 200
    assert command(admin, key)["ipc-mode"] == "host"
    other = registered(admin, made(name="other", **{"ipc-mode": "host"}))
    assert "ipc-mode" not in command(admin, other)


def test_the_old_key_for_a_handlers_parent_is_read_at_first_alone(admin: Client) -> None:
    old = made()
    handler = old["xnat"][0]["output-handlers"][0]
    handler["as-a-child-of-wrapper-input"] = handler.pop("as-a-child-of")
    key = registered(admin, old)
    assert command(admin, key)["xnat"][0]["output-handlers"][0]["as-a-child-of"] == "session"
    refused = admin.post(f"{COMMANDS}/{key}", json=old)
    assert (refused.status_code, 'property "as-a-child-of" cannot be blank.' in refused.text) == (400, True)


@pytest.mark.parametrize(
    ("inside", "given", "kept"),
    [
        ("a/b", None, "a/b:latest"),
        ("a/b:2", "c/d", "c/d:latest"),
        ("a/b", "host:5000/c", "host:5000/c:latest"),
        (None, "c/d:3", "c/d:3"),
    ],
)
def test_a_new_command_gets_the_image_of_the_call_and_a_tag(
    admin: Client, inside: str | None, given: str | None, kept: str
) -> None:
    params = {} if given is None else {"image": given}
    assert command(admin, registered(admin, made(image=inside), **params))["image"] == kept


def test_an_update_gets_no_tag(admin: Client) -> None:
    key = registered(admin)
    refused = admin.post(f"{COMMANDS}/{key}", json=made(image="a/b"))
    assert refused.status_code == 400
    assert "must include version tag" in refused.text


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_stored(admin: Client) -> None:
    wrong = made(name="")
    wrong["outputs"][0]["mount"] = "away"
    wrong["xnat"][0]["output-handlers"] = []
    refused = admin.post(COMMANDS, json=wrong)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    head, *lines = refused.text.split("\n\t")
    assert head == "Invalid command:"
    assert lines == [
        "Command name cannot be blank.",
        'Command "" - output "sorted" references unknown mount "away". Known mounts: in, out',
        'Command "" - wrapper "sort-session" - command output "sorted" is not handled by any output handler.',
    ]
    assert admin.get(COMMANDS).json() == []


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "{'name': 'sort'}",
        '{"name": "sort",}',
        "[]",
        '{"inputs": [{"type": "string"}]}',
        '{"name": "s", "image": "a:1", "inputs": [{"name": "a", "type": "select-many", "select-values": ["b"]}]}',
        '{"name": "s", "image": "a:1", "mounts": [{"name": "m", "path": "/m"}], "outputs": [{"mount": "m"}]}',
        '{"name": "s", "image": "a:1", "label": "' + "x" * 256 + '"}',
    ],
)
def test_what_the_server_cannot_read_or_store_is_500(admin: Client, body: str) -> None:
    assert admin.post(COMMANDS, data=body, headers={"Content-Type": "application/json"}).status_code == 500
    assert admin.get(COMMANDS).json() == []


def test_a_command_is_there_once_for_its_name_image_and_version(admin: Client) -> None:
    registered(admin)
    again = admin.post(COMMANDS, json=SORT)
    assert (again.status_code, again.text) == (
        400,
        "Bad request:\nThis command duplicates a command already in the database.",
    )
    second = registered(admin, made(version="2"))
    registered(admin, made(image="some/where:2"))
    assert admin.post(f"{COMMANDS}/{second}", json=SORT).status_code == 500
    assert command(admin, second)["version"] == "2"


def test_without_a_version_nothing_is_a_duplicate(admin: Client) -> None:
    assert registered(admin, made(version=None)) != registered(admin, made(version=None))


def test_an_update_keeps_the_ids_of_what_keeps_its_name(admin: Client) -> None:
    first = SORT["xnat"][0]
    key = registered(admin, made(xnat=[first, {**first, "name": "second"}]))
    ids = {wrapper["name"]: wrapper["id"] for wrapper in command(admin, key)["xnat"]}
    new = made(version="2", xnat=[{**first, "name": "third"}, {**first, "label": "Sorts", "id": 99}])
    changed = admin.post(f"{COMMANDS}/{key}", json=new)
    assert (changed.status_code, changed.text) == (200, "")
    found = command(admin, key)
    assert [(each["name"], each["label"]) for each in found["xnat"]] == [
        ("sort-session", "Sorts"), ("third", "Sort"),
    ]  # fmt: skip
    assert found["xnat"][0]["id"] == ids["sort-session"]
    assert found["xnat"][1]["id"] > max(ids.values())
    assert found["version"] == "2"


def test_parts_that_an_update_adds_stand_behind_those_that_were_there(admin: Client) -> None:
    key = registered(admin)
    new = made(inputs=[{"name": "before"}, {"name": "kind", "default-value": "y"}])
    assert admin.post(f"{COMMANDS}/{key}", json=new).status_code == 200
    inputs = command(admin, key)["inputs"]
    assert [(each["name"], each.get("default-value")) for each in inputs] == [("kind", "y"), ("before", None)]


def test_a_parent_that_an_update_puts_before_its_child_stands_behind_it_and_breaks_what_comes_next(
    admin: Client,
) -> None:
    child = {"name": "child", "type": "string", "derived-from-wrapper-input": "session",
             "derived-from-xnat-object-property": "id"}  # fmt: skip
    parent = {"name": "parent", "type": "Scan", "derived-from-wrapper-input": "session"}
    wrapper = SORT["xnat"][0]
    key = registered(admin, made(xnat=[{**wrapper, "derived-inputs": [child]}]))
    moved = {**child, "derived-from-wrapper-input": "parent"}
    good = made(xnat=[{**wrapper, "derived-inputs": [parent, moved]}])
    assert admin.post(f"{COMMANDS}/{key}", json=good).status_code == 200
    refused = admin.post(f"{COMMANDS}/{key}/wrappers", json={**wrapper, "name": "other"})
    assert refused.status_code == 400
    assert 'is derived from an unknown XNAT input "parent"' in refused.text


def test_a_wrapper_that_an_update_leaves_out_is_detached_and_comes_back_as_another(
    admin: Client, sandbox: Sandbox
) -> None:
    wrapper = SORT["xnat"][0]
    key = registered(admin)
    old = command(admin, key)["xnat"][0]["id"]
    admin.put(f"/xapi/wrappers/{old}/enabled")
    admin.post(f"{COMMANDS}/{key}", json=made(xnat=[{**wrapper, "name": "other"}]))
    assert [each["name"] for each in command(admin, key)["xnat"]] == ["other"]
    assert commands.of_wrapper(sandbox.world.db, old) is None
    assert commands.is_detached(sandbox.world.db, old)
    assert admin.get(f"/xapi/wrappers/{old}/enabled").json() is True
    assert admin.get(f"/xapi/wrappers/{old}/config").status_code == 501
    admin.post(f"{COMMANDS}/{key}", json=SORT)
    new = command(admin, key)["xnat"][-1]["id"]
    assert new > old
    assert admin.get(f"/xapi/wrappers/{new}/enabled").json() is False


def test_an_update_does_not_change_the_type(admin: Client) -> None:
    key = registered(admin)
    setup = {"name": "sort", "image": "a:1", "version": "1", "type": "docker-setup", "command-line": "x"}
    assert admin.post(f"{COMMANDS}/{key}", json=setup).status_code == 200
    assert (command(admin, key)["type"], command(admin, key)["image"]) == ("docker", "a:1")


def test_a_setup_command_is_registered_and_loses_what_is_dockers(admin: Client) -> None:
    setup = {"name": "unpack", "image": "a:1", "type": "docker-setup", "network": "host", "limit-memory": 5}
    found = command(admin, registered(admin, setup))
    assert (found["limit-memory"], "network" in found, "ports" in found) == (5, False, False)
    refused = admin.post(COMMANDS, json={**setup, "name": "b", "inputs": [{"name": "a"}]})
    assert "Setup commands cannot declare any inputs." in refused.text


def test_commands_are_found_by_name_version_and_image(admin: Client) -> None:
    first, second = registered(admin), registered(admin, made(version="2", image="é&/b:1"))

    def keys(**params: str) -> list[int]:
        return [each["id"] for each in admin.get(COMMANDS, params=params).json()]

    assert keys(name="sort") == [first, second]
    assert keys(name="sort", version="2") == [second]
    assert keys(image="é&/b:1") == [second]
    assert keys(name="nothing") == []
    assert keys(name="") == [first, second]
    refused = admin.get(COMMANDS, params={"version": "2"})
    assert (refused.status_code, refused.text.startswith("Bad request:\n")) == (400, True)


def test_the_list_can_be_restricted_to_what_the_site_has_enabled(admin: Client) -> None:
    first, _ = registered(admin), registered(admin, made(version="2"))
    wrapper = command(admin, first)["xnat"][0]["id"]
    only = {"restrictToEnabledForSite": "true"}
    assert admin.get(COMMANDS, params=only).json() == []
    admin.put(f"/xapi/wrappers/{wrapper}/enabled")
    assert [each["id"] for each in admin.get(COMMANDS, params=only).json()] == [first]


def test_a_deleted_command_is_gone_with_its_wrappers_and_its_id_is_not_given_again(
    admin: Client, sandbox: Sandbox
) -> None:
    key = registered(admin)
    wrapper = command(admin, key)["xnat"][0]["id"]
    for _ in range(2):
        assert admin.delete(f"{COMMANDS}/{key}").status_code == 204
    assert admin.get(f"{COMMANDS}/{key}").status_code == 404
    assert commands.of_wrapper(sandbox.world.db, wrapper) is None
    assert admin.post(f"{COMMANDS}/{key}", json=SORT).status_code == 404
    again = registered(admin)
    assert again > key
    assert command(admin, again)["xnat"][0]["id"] > wrapper


def test_wrappers_are_added_changed_and_deleted_one_by_one(admin: Client) -> None:
    key = registered(admin)
    wrapper = SORT["xnat"][0]
    added = admin.post(f"{COMMANDS}/{key}/wrappers", json={**wrapper, "name": "second"})
    assert (added.status_code, added.text.isdecimal()) == (201, True)
    number = int(added.text)
    change = {**wrapper, "name": "second", "label": "Changed"}
    assert admin.post(f"{COMMANDS}/{key}/wrappers/{number}", json=change).status_code == 200
    assert [(each["id"], each["label"]) for each in command(admin, key)["xnat"][1:]] == [(number, "Changed")]
    bad = {**wrapper, "name": "second", "output-handlers": []}
    assert admin.post(f"{COMMANDS}/{key}/wrappers/{number}", json=bad).status_code == 400
    assert admin.post(f"{COMMANDS}/{key}/wrappers", json=bad).status_code == 400
    assert admin.post(f"{COMMANDS}/{key}/wrappers/99", json=change).status_code == 404
    assert admin.post(f"{COMMANDS}/99/wrappers", json=change).status_code == 404
    for _ in range(2):
        assert admin.delete(f"/xapi/wrappers/{number}").status_code == 204
    assert [each["name"] for each in command(admin, key)["xnat"]] == ["sort-session"]


def test_commands_outlive_the_sandbox(admin: Client, sandbox: Sandbox) -> None:
    key = registered(admin)
    wrapper = command(admin, key)["xnat"][0]["id"]
    admin.put(f"/xapi/wrappers/{wrapper}/enabled")
    state = sandbox.world.folders.root
    sandbox.stop()
    with Sandbox.start(state) as again:
        client = Client(again.url, "admin")
        assert command(client, key)["xnat"][0]["id"] == wrapper
        assert client.get(f"/xapi/wrappers/{wrapper}/enabled").json() is True
        client.close()
