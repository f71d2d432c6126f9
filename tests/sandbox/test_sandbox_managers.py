"""Who manages containers, and who sees which command."""

from __future__ import annotations

from tests.sandbox.client import Client
from tests.sandbox.registering import COMMANDS, MANAGER, SORT, command, made, registered
from xnat_gate.sandbox.models import users
from xnat_gate.sandbox.server import Sandbox


def test_a_private_command_is_seen_by_managers_and_where_a_readable_project_enabled_it(
    admin: Client, member: Client
) -> None:
    key = registered(admin)
    wrapper = command(admin, key)["xnat"][0]["id"]
    for level in ("protected", "public", "private"):
        changed = admin.post(f"/xapi/command/{key}/visibility/{level}")
        assert (changed.status_code, command(admin, key)["visibility"]) == (200, level)
        assert len(member.get(COMMANDS).json()) == (level != "private")
    hidden = member.get(f"{COMMANDS}/{key}")
    assert (hidden.status_code, hidden.text) == (200, "")
    assert member.get(f"{COMMANDS}/99").status_code == 404
    admin.put(f"/xapi/projects/QUARANTINE/wrappers/{wrapper}/enabled")
    assert member.get(COMMANDS).json() == []
    admin.put(f"/xapi/projects/HOSPITAL/wrappers/{wrapper}/enabled")
    assert member.get(f"{COMMANDS}/{key}").json()["id"] == key
    assert member.get(COMMANDS).json()[0]["id"] == key


def test_the_visibility_is_one_of_three_words_of_a_command_that_there_is(
    admin: Client, owner: Client
) -> None:
    key = registered(admin)
    ids = [wrapper["id"] for wrapper in command(admin, key)["xnat"]]
    assert admin.post(f"/xapi/command/{key}/visibility/secret").status_code == 400
    assert admin.post("/xapi/command/99/visibility/public").status_code == 400
    assert owner.post(f"/xapi/command/{key}/visibility/private").status_code == 403
    assert (command(admin, key)["visibility"], ids) == (
        "public", [wrapper["id"] for wrapper in command(admin, key)["xnat"]],
    )  # fmt: skip


def test_only_a_container_manager_registers_and_being_administrator_is_not_enough(
    admin: Client, owner: Client, sandbox: Sandbox
) -> None:
    key = registered(admin)
    users.create(sandbox.world.db, "later", "later", admin=True)
    later = Client(sandbox.url, "later")
    one = f"{COMMANDS}/{key}"
    calls = [
        ("POST", COMMANDS), ("POST", one), ("DELETE", one), ("POST", f"{one}/wrappers"), ("POST", f"{one}/wrappers/1"),
        ("DELETE", "/xapi/wrappers/1"),
    ]  # fmt: skip
    for client in (owner, later):
        assert [client.request(verb, path, json=SORT).status_code for verb, path in calls] == [401] * 6
    assert "later" in later.post(COMMANDS, json=SORT).text
    assert command(admin, key)["id"] == key
    assert later.put(MANAGER.format("later")).status_code == 200
    assert registered(later, made(version="2")) > key
    later.close()


def test_roles_are_given_and_taken_by_site_administrators(admin: Client, owner: Client) -> None:
    roles = "/xapi/users/owner/roles"
    assert admin.get("/xapi/users/admin/roles").json() == ["Administrator", "ContainerManager"]
    assert owner.get(roles).json() == []
    assert owner.put(MANAGER.format("owner")).status_code == 403
    for _ in range(2):
        assert admin.put(MANAGER.format("owner")).status_code == 200
    assert owner.get(roles).json() == ["ContainerManager"]
    assert registered(owner)
    assert admin.delete(MANAGER.format("owner")).status_code == 200
    assert owner.get(roles).json() == []
    assert owner.post(COMMANDS, json=made(version="2")).status_code == 401
    assert admin.put(MANAGER.format("nobody")).status_code == 404
    assert admin.put("/xapi/users/owner/roles/Emperor").status_code == 501


def test_when_nobody_manages_the_next_start_makes_the_administrators_managers(
    admin: Client, sandbox: Sandbox
) -> None:
    users.create(sandbox.world.db, "later", "later", admin=True)
    admin.delete(MANAGER.format("admin"))
    state = sandbox.world.folders.root
    sandbox.stop()
    with Sandbox.start(state) as again:
        client = Client(again.url, "later")
        assert client.get("/xapi/users/later/roles").json() == ["Administrator", "ContainerManager"]
        client.delete(MANAGER.format("later"))
        client.close()
    with Sandbox.start(state) as once_more:
        client = Client(once_more.url, "later")
        assert client.get("/xapi/users/later/roles").json() == ["Administrator"]
        client.close()
