"""Logging in and being known."""

from __future__ import annotations

from tests.sandbox.client import JSON, Client, message
from xnat_gate.sandbox.server import Sandbox

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"}


def test_basic_credentials_open_every_path_and_set_the_session_cookies(owner: Client) -> None:
    answer = owner.get("/data/auth")
    assert answer.text == "User 'owner' is logged in"
    assert owner.cookies["JSESSIONID"]
    left, _, interval = owner.cookies["SESSION_EXPIRATION_TIME"].strip('"').partition(",")
    assert left.isdigit()
    assert interval == "900000"


def test_a_wrong_password_is_401_everywhere(nobody: Client) -> None:
    for path in ("/", "/data/projects", "/xapi/users/username"):
        answer = nobody.get(path, auth=("owner", "wrong"))
        assert answer.status_code == 401, path
        assert "WWW-Authenticate" in answer.headers


def test_a_script_without_login_gets_401_and_a_browser_the_login_page(nobody: Client) -> None:
    assert nobody.get("/data/projects").status_code == 401
    answer = nobody.get("/data/projects", headers=FIREFOX)
    assert answer.status_code == 302
    page = nobody.get(answer.headers["Location"], headers=FIREFOX)
    assert page.status_code == 200
    assert page.text.startswith("<!DOCTYPE")


def test_the_login_form_gives_a_session_id_that_opens_the_rest(nobody: Client) -> None:
    answer = nobody.put("/data/services/auth", data={"username": "member", "password": "member"})
    assert answer.status_code == 200
    assert answer.text == nobody.cookies["JSESSIONID"]
    assert nobody.get("/xapi/users/username").text == "member"


def test_the_login_form_refuses_a_wrong_password_an_unknown_provider_and_a_get(nobody: Client) -> None:
    wrong = nobody.put("/data/services/auth", data={"username": "member", "password": "x"})
    assert (wrong.status_code, message(wrong)) == (401, "Authentication failed.")
    form = {"username": "member", "password": "member", "provider": "ldap"}
    assert nobody.put("/data/services/auth", data=form).status_code == 400
    assert nobody.get("/data/services/auth").status_code == 404


def test_jsession_is_read_and_closed_and_closing_again_is_fine(owner: Client) -> None:
    key = owner.get("/data/JSESSION").text
    assert key == owner.cookies["JSESSIONID"]
    assert owner.post("/data/JSESSION").text == key
    assert owner.get("/data/JSESSION", params={"CSRF": "true"}).text.startswith(f"{key}; XNAT_CSRF=")
    owner.auth = None
    assert owner.delete("/data/JSESSION").status_code == 200
    assert owner.get("/data/auth").status_code == 401
    assert owner.delete("/data/JSESSION").status_code == 200


def test_a_session_that_timed_out_is_401_for_a_script(sandbox: Sandbox, owner: Client) -> None:
    owner.get("/data/auth")
    owner.auth = None
    sandbox.log_everybody_out()
    assert owner.get("/data/auth").status_code == 401


def test_the_version_route_of_old_xnats_is_404_and_build_info_tells_it(owner: Client) -> None:
    assert owner.get("/data/version").status_code == 404
    info = owner.get("/xapi/siteConfig/buildInfo", params=JSON).json()
    assert info["version"].startswith("1.9")
    assert owner.get("/xapi/siteConfig/buildInfo/version").text == info["version"]


def test_roles_and_groups_are_for_oneself_and_the_administrator(admin: Client, member: Client) -> None:
    assert admin.get("/xapi/users/admin/roles").json() == ["Administrator", "ContainerManager"]
    assert member.get("/xapi/users/member/roles").json() == []
    assert member.get("/xapi/users/member/groups").json() == ["HOSPITAL_member"]
    assert admin.get("/xapi/users/owner/groups").json() == ["HOSPITAL_owner"]
    assert member.get("/xapi/users/owner/roles").status_code == 403
    assert admin.get("/xapi/users/nobody/roles").status_code == 404
    assert member.get("/xapi/users/member").json()["username"] == "member"
    assert member.get("/xapi/users/projects").json() == ["HOSPITAL"]


def test_what_the_sandbox_does_not_play_is_a_loud_501_naming_method_and_path(admin: Client) -> None:
    answer = admin.post("/data/services/mail/send")
    assert answer.status_code == 501
    assert message(answer) == "The sandbox does not play POST /data/services/mail/send"
    assert admin.patch("/data/projects/HOSPITAL").status_code == 501
    assert "PUT /xapi/events/subscription" in admin.put("/xapi/events/subscription").text


def test_a_path_means_the_same_under_data_archive_and_rest(owner: Client) -> None:
    answers = {
        owner.get(f"{prefix}/projects/HOSPITAL", params=JSON).text
        for prefix in ("/data", "/data/archive", "/REST", "/REST/archive")
    }
    assert len(answers) == 1
