"""Alias tokens, and the token that a browser has to show."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import requests

from tests.sandbox.client import Client, message
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings

TOKENS = "/data/services/tokens"
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"}


def issued(client: Client) -> dict[str, Any]:
    answer = client.get(f"{TOKENS}/issue")
    assert answer.status_code == 200, answer.text
    token: dict[str, Any] = answer.json()
    return token


def test_an_alias_token_logs_in_as_its_owner_wherever_a_password_does(
    member: Client, nobody: Client, study: bytes
) -> None:
    token = issued(member)
    assert (len(token["secret"]), token["xdatUserId"], token["singleUse"]) == (64, "member", False)
    nobody.auth = (token["alias"], token["secret"])
    assert "member" in nobody.get("/").text
    session = nobody.cookies["JSESSIONID"]
    assert nobody.get("/data/auth").text == "User 'member' is logged in"
    assert nobody.cookies["JSESSIONID"] == session
    assert nobody.get("/xapi/users/username").text == "member"
    assert nobody.waiting(study)


def test_the_cookie_of_the_front_page_is_enough_after_an_alias_login(member: Client, nobody: Client) -> None:
    token = issued(member)
    assert nobody.get("/", auth=(token["alias"], token["secret"])).status_code == 200
    assert nobody.get("/data/auth").text == "User 'member' is logged in"


def test_the_login_form_takes_an_alias_too(member: Client, nobody: Client) -> None:
    token = issued(member)
    form = {"username": token["alias"], "password": token["secret"]}
    assert nobody.put("/data/services/auth", data=form).status_code == 200
    assert nobody.get("/xapi/users/username").text == "member"


def test_tokens_are_shown_validated_and_invalidated(member: Client, nobody: Client) -> None:
    token = issued(member)
    assert [each["alias"] for each in member.get(f"{TOKENS}/show").json()] == [token["alias"]]
    assert member.get(f"{TOKENS}/show/{token['alias']}").json() == token
    pair = f"{token['alias']}/{token['secret']}"
    assert member.get(f"{TOKENS}/validate/{pair}").json() == {"valid": "member"}
    assert member.get(f"{TOKENS}/validate/{token['alias']}/wrong").json() == {}
    assert member.get(f"{TOKENS}/validate/{token['alias']}").status_code == 401
    assert member.get(f"{TOKENS}/invalidate/{token['alias']}").json() == {"result": "OK"}
    assert member.get(f"{TOKENS}/show/{token['alias']}").status_code == 404
    assert nobody.get("/data/auth", auth=(token["alias"], token["secret"])).status_code == 401


def test_a_token_of_somebody_else_is_for_administrators(admin: Client, owner: Client, member: Client) -> None:
    token = issued(member)
    for verb in ("show", "invalidate"):
        assert owner.get(f"{TOKENS}/{verb}/{token['alias']}").status_code == 403
    assert owner.get(f"{TOKENS}/issue/user/member").status_code == 403
    assert admin.get(f"{TOKENS}/issue/user/member").json()["xdatUserId"] == "member"
    assert admin.get(f"{TOKENS}/issue/user/nobody").status_code == 404
    assert admin.get(f"{TOKENS}/show/{token['alias']}").status_code == 200


def test_a_token_ends_with_its_time(tmp_path: Path) -> None:
    with (
        Sandbox.start(tmp_path / "brief", settings=Settings(alias_token_timeout=0)) as sandbox,
        closing(Client(sandbox.url, "member")) as member,
    ):
        token = issued(member)
        pair = (token["alias"], token["secret"])
        assert requests.get(f"{sandbox.url}/data/auth", auth=pair, timeout=10).status_code == 401


def test_a_browser_that_changes_something_shows_its_csrf_token(owner: Client) -> None:
    key = owner.get("/data/JSESSION", params={"CSRF": "true"}).text.partition("XNAT_CSRF=")[2]
    owner.headers.update(FIREFOX)
    path = "/data/projects/HOSPITAL/subjects/S1"
    refused = owner.put(path)
    assert (refused.status_code, message(refused)) == (403, "INVALID CSRF")
    assert owner.put(path, params={"XNAT_CSRF": "wrong"}).status_code == 403
    assert owner.get("/data/projects/HOSPITAL/subjects").status_code == 200
    assert owner.put(path, params={"XNAT_CSRF": key}).status_code == 201


def test_a_script_the_desktop_client_and_xapi_need_no_csrf_token(owner: Client) -> None:
    desktop = {"User-Agent": "Mozilla/5.0 XNATDesktopClient/4.0"}
    assert owner.put("/data/projects/HOSPITAL/subjects/S1", headers=desktop).status_code == 201
    assert owner.put("/data/projects/HOSPITAL/subjects/S2").status_code == 201
    fields = owner.put("/xapi/projects/HOSPITAL/fields", json={"a": 1}, headers=FIREFOX)
    assert fields.status_code == 200


def test_the_reason_phrase_carries_the_message_of_a_refusal(owner: Client) -> None:
    answer = owner.get("/data/projects/NOWHERE")
    assert (answer.status_code, answer.reason) == (404, "Unable to identify project: NOWHERE")
    assert message(answer) == answer.reason
    assert owner.get("/xapi/users/admin/roles").reason == "User owner may not see user admin"
    assert owner.get("/data/projects/A%0AB%E2%82%AC").reason == "Unable to identify project: A B"
