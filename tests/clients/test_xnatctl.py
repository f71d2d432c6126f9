"""xnatctl, the command line client: settings by environment, one process for each command.

Two tests start its script; in the others each command is a fork of a process that has imported it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.bundles import SCANS, Bundles, contents
from tests.clients.environments import Environment, variables
from tests.clients.talk import Command, Forked
from tests.forked import Forks
from tests.sandbox.client import Client, message
from xnat_gate.sandbox.server import Sandbox

pytestmark = pytest.mark.xdist_group("xnatctl")
FAILED, LOGGED_OUT, NOT_FOUND = 1, 3, 5
VISIT = ("-S", "S1", "-E", "E1")


@pytest.fixture(scope="module")
def program(installed: Callable[[str], Environment]) -> Path:
    return installed("xnatctl").programs / "xnatctl"


@pytest.fixture(scope="module")
def settings(sandbox: Sandbox) -> dict[str, str]:
    return {
        "XNAT_URL": sandbox.url, "XNAT_USER": "owner", "XNAT_PASS": "owner", "XNAT_NO_UPDATE_CHECK": "1",
    }  # fmt: skip


@pytest.fixture(scope="module")
def xnatctl(program: Path, settings: dict[str, str], home: Path) -> Iterator[Forked]:
    """The project owner's command."""
    forks = Forks(
        program.with_name("python"), "xnatctl.cli.main:main", "httpcore", environment=variables(home, {})
    )
    yield Forked(forks, home, settings)
    forks.end()


@pytest.fixture
def waiting(owner: Client, bundles: Bundles, project: str) -> tuple[str, str, str]:
    """The words that name the planning study in the project's prearchive, as S1 / E1."""
    uri = owner.waiting(bundles.study_zip.read_bytes(), project, "S1", "E1")
    return project, uri.split("/")[-2], "E1"


@pytest.fixture
def archived(owner: Client, bundles: Bundles, project: str) -> str:
    """The project, with the planning study archived as S1 / E1."""
    owner.archived(bundles.study_zip.read_bytes(), project, "S1", "E1")
    return project


def test_health_and_whoami_know_server_and_user(xnatctl: Forked, sandbox: Sandbox) -> None:
    health = xnatctl("health", "ping", "--output", "json").json
    assert (health["status"], health["version"], health["authenticated"]) == ("ok", "1.9.1", True)
    seen = xnatctl("whoami", "--output", "json").json
    assert (seen["username"], seen["server"]) == ("owner", sandbox.url)


def test_a_wrong_password_is_a_failed_login(program: Path, settings: dict[str, str], tmp_path: Path) -> None:
    stranger = Command(program, tmp_path, {**settings, "XNAT_PASS": "wrong"})
    done = stranger("project", "list")
    assert done.code == FAILED
    assert "HTTP 401" in done.err


def test_a_kept_session_that_has_ended_is_told_and_opened_again_with_the_password(
    program: Path, settings: dict[str, str], tmp_path: Path, sandbox: Sandbox
) -> None:
    user = Command(program, tmp_path, settings)
    assert user("auth", "login").code == 0
    sandbox.log_everybody_out()
    without_password = {name: value for name, value in settings.items() if name != "XNAT_PASS"}
    refused = Command(program, tmp_path, without_password)("whoami")
    assert refused.code == LOGGED_OUT
    assert "Session expired" in refused.err
    assert user("whoami").code == 0


def test_a_project_is_created_by_its_xml_document_listed_and_shown(xnatctl: Forked, owner: Client) -> None:
    made = xnatctl(
        "project", "create", "XMLMADE", "--name", "Made by XML", "--description", "In XML", "--pi", "Curie"
    )
    assert made.code == 0, made.err
    listed = {each["id"]: each for each in xnatctl("project", "list", "--output", "json").json}
    assert listed["XMLMADE"] == {
        "id": "XMLMADE", "name": "Made by XML", "description": "In XML", "pi": "Curie"
    }  # fmt: skip
    assert xnatctl("project", "show", "XMLMADE", "--output", "json").json["name"] == "Made by XML"
    assert owner.get("/data/projects/XMLMADE/accessibility").text == "private"


@pytest.mark.parametrize("mode", ["tar", "zip", "gradual"])
def test_a_folder_is_uploaded_into_one_waiting_session(
    xnatctl: Forked, bundles: Bundles, project: str, owner: Client, sandbox: Sandbox, mode: str
) -> None:
    owner.put(f"/data/projects/{project}/prearchive_code/0")
    done = xnatctl("session", "upload", bundles.study, "--mode", mode, "--prearchive", "-P", project, *VISIT)
    assert done.code == 0, done.err + done.out
    sandbox.rebuild()
    (row,) = owner.rows(f"/data/prearchive/projects/{project}")
    assert (row["subject"], row["name"], row["status"]) == ("S1", "E1", "READY")
    scans = owner.rows(f"/data{row['url']}/scans")
    assert {scan["ID"] for scan in scans} == set(SCANS)


def test_a_plain_upload_is_archived_directly_after_its_rest(
    xnatctl: Forked, bundles: Bundles, project: str, owner: Client, sandbox: Sandbox
) -> None:
    done = xnatctl("session", "upload", bundles.study_zip, "-P", project, *VISIT)
    assert done.code == 0, done.err + done.out
    assert owner.rows(f"/data/prearchive/projects/{project}") == []
    sandbox.rebuild()
    (session,) = owner.rows(f"/data/projects/{project}/experiments")
    assert (session["label"], session["xsiType"]) == ("E1", "xnat:ctSessionData")
    files = owner.rows(f"/data/projects/{project}/experiments/E1/scans/ALL/files")
    assert {file["Name"]: owner.get(file["URI"]).content for file in files} == contents(bundles.study)


@pytest.mark.parametrize("mode", ["tar", "gradual"])
def test_a_plain_upload_of_a_folder_becomes_one_session(
    xnatctl: Forked, bundles: Bundles, project: str, owner: Client, sandbox: Sandbox, mode: str
) -> None:
    done = xnatctl("session", "upload", bundles.study, "--mode", mode, "-P", project, *VISIT)
    assert done.code == 0, done.err + done.out
    sandbox.rebuild()
    scans = owner.rows(f"/data/projects/{project}/experiments/E1/scans")
    assert {scan["ID"] for scan in scans} == set(SCANS)


def test_a_zip_is_uploaded_and_listed_in_the_prearchive(
    xnatctl: Forked, bundles: Bundles, project: str
) -> None:
    done = xnatctl("session", "upload", bundles.study_zip, "--prearchive", "-P", project, *VISIT)
    assert done.code == 0, done.err + done.out
    (row,) = xnatctl("prearchive", "list", "--project", project, "--output", "json").json
    assert (row["subject"], row["name"], row["status"]) == ("S1", "E1", "READY")
    everything = xnatctl("prearchive", "list", "--output", "json").json
    assert row in everything


def test_a_waiting_session_is_archived(xnatctl: Forked, waiting: tuple[str, str, str], owner: Client) -> None:
    done = xnatctl("prearchive", "archive", *waiting)
    assert done.code == 0, done.err
    assert owner.rows(f"/data/prearchive/projects/{waiting[0]}") == []
    assert [row["label"] for row in owner.rows(f"/data/projects/{waiting[0]}/experiments")] == ["E1"]


def test_a_waiting_session_is_moved_with_a_301_that_counts_as_success(
    xnatctl: Forked, waiting: tuple[str, str, str], owner: Client, new_project: Callable[[], str]
) -> None:
    target = new_project()
    assert xnatctl("prearchive", "move", *waiting, target).code == 0
    (row,) = owner.rows(f"/data/prearchive/projects/{target}")
    assert (row["timestamp"], row["name"]) == waiting[1:]
    again = xnatctl("prearchive", "move", *waiting, target)
    assert again.code == NOT_FOUND


def test_a_waiting_session_is_deleted(xnatctl: Forked, waiting: tuple[str, str, str], owner: Client) -> None:
    assert xnatctl("prearchive", "delete", *waiting, "--yes").code == 0
    assert owner.rows(f"/data/prearchive/projects/{waiting[0]}") == []


def test_rebuild_fails_as_on_a_real_xnat_which_has_no_such_action(
    xnatctl: Forked, waiting: tuple[str, str, str], owner: Client
) -> None:
    done = xnatctl("prearchive", "rebuild", *waiting)
    assert done.code == FAILED
    assert "HTTP 400" in done.err
    place = "/data/prearchive/projects/" + "/".join(waiting)
    assert message(owner.post(place, params={"action": "rebuild"})).startswith("unsupported action")


def test_the_prearchive_setting_is_read_and_set(xnatctl: Forked, project: str, owner: Client) -> None:
    given = ("prearchive", "settings", "-P", project)
    assert xnatctl(*given, "--output", "json").json == {"project": project, "code": 4, "mode": "auto-archive"}
    assert xnatctl(*given, "--set", "manual", "--yes").code == 0
    assert owner.get(f"/data/projects/{project}/prearchive_code").text == "0"


def test_subjects_sessions_and_scans_are_listed(xnatctl: Forked, archived: str) -> None:
    (subject,) = xnatctl("subject", "list", "-P", archived, "--output", "json").json
    assert (subject["label"], subject["sessions"]) == ("S1", 1)
    (session,) = xnatctl("session", "list", "-P", archived, "--output", "json").json
    assert {key: session[key] for key in ("label", "subject", "date", "modality")} == {
        "label": "E1", "subject": "S1", "date": "2020-01-02", "modality": "CT"
    }  # fmt: skip
    assert xnatctl("scan", "list", "-P", archived, "-E", "E1", "--quiet").out.split() == list(SCANS)


def test_a_session_is_shown_with_the_scans_of_its_own_kind(xnatctl: Forked, archived: str) -> None:
    """The client filters by the scan type that the session's type suggests, so XNAT leaves the RT scans out."""
    seen = xnatctl("session", "show", "-P", archived, "-E", "E1", "--output", "json").json
    assert (seen["label"], seen["project"], seen["xsi_type"]) == ("E1", archived, "xnat:ctSessionData")
    assert [scan["ID"] for scan in seen["scans"]] == ["2"]


@pytest.mark.parametrize("options", [(), ("--workers", "4", "--verify")], ids=["one zip", "zip by scan"])
def test_an_archived_session_is_downloaded_byte_by_byte(
    xnatctl: Forked, archived: str, bundles: Bundles, tmp_path: Path, options: tuple[str, ...]
) -> None:
    where = ("-P", archived, "-E", "E1", "--out", str(tmp_path))
    done = xnatctl("session", "download", *where, "--extract", *options)
    assert done.code == 0, done.err
    assert contents(tmp_path) == contents(bundles.study)


def test_files_and_folders_are_uploaded_as_resources(
    xnatctl: Forked, archived: str, owner: Client, tmp_path: Path
) -> None:
    (tmp_path / "notes" / "sub").mkdir(parents=True)
    (tmp_path / "notes" / "a.txt").write_text("a")
    (tmp_path / "notes" / "sub" / "b.txt").write_text("b")
    assert xnatctl("resource", "upload", "-P", archived, "E1", "ONE", tmp_path / "notes" / "a.txt").code == 0
    assert xnatctl("resource", "upload", "-P", archived, "E1", "MANY", tmp_path / "notes").code == 0
    place = f"/data/projects/{archived}/experiments/E1/resources"
    assert owner.get(f"{place}/ONE/files/a.txt").text == "a"
    assert owner.get(f"{place}/MANY/files/sub/b.txt").text == "b"
