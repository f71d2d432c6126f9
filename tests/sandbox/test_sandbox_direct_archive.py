"""Direct archiving: received without a prearchive row, archived by the queue, and in the prearchive when it fails."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.sandbox.client import Client
from tests.sandbox.test_sandbox_restart import SERVE
from xnat_gate.sandbox import phantoms
from xnat_gate.sandbox.server import Sandbox

VISIT = {"project": "HOSPITAL", "subject": "S1", "session": "E1"}
HOME = "/data/prearchive/projects/HOSPITAL"
FAILED = "Attempt to direct-archive failed"


def _send(client: Client, bundle: bytes, **more: str) -> str:
    answer = client.send_zip(bundle, Direct_Archive="true", **{**VISIT, **more})
    assert answer.status_code == 200, answer.text
    return answer.text.strip()


def _labels(client: Client) -> list[str]:
    return [row["label"] for row in client.rows("/data/projects/HOSPITAL/experiments")]


def _scans(client: Client) -> set[str]:
    return {row["ID"] for row in client.rows("/data/projects/HOSPITAL/experiments/E1/scans")}


def _logs(client: Client, uri: str) -> list[str]:
    return [client.get(f"{uri}/logs/{row['id']}").text for row in client.rows(f"{uri}/logs")]


def test_a_zip_is_archived_by_the_rebuilder_without_a_row_in_the_prearchive(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    uid = phantoms.study_uid(1)
    answer = owner.send_zip(study, Direct_Archive="true", **VISIT)
    assert answer.text == f"/xapi/direct-archive/HOSPITAL/{uid}/E1\r\n"
    seen = owner.get(answer.text.strip()).json()
    assert {key: seen[key] for key in ("project", "subject", "name", "tag", "status")} == {
        "project": "HOSPITAL", "subject": "S1", "name": "E1", "tag": uid, "status": "RECEIVING"
    }  # fmt: skip
    assert owner.rows(HOME) == []
    assert _labels(owner) == []
    assert sandbox.rebuild() == 1
    assert _scans(owner) == {"2", "11", "12", "13"}
    assert owner.get(answer.text.strip()).status_code == 404
    assert owner.rows(HOME) == []
    files = owner.rows("/data/projects/HOSPITAL/experiments/E1/scans/ALL/files")
    with zipfile.ZipFile(io.BytesIO(study)) as sent:
        contents = {sent.read(name) for name in sent.namelist()}
    assert {owner.get(file["URI"]).content for file in files} == contents


def test_what_is_not_yet_archived_is_no_session_of_the_prearchive(
    admin: Client, owner: Client, study: bytes
) -> None:
    uri = _send(owner, study)
    seen = owner.get(uri).json()
    place = f"{HOME}/{seen['timestamp']}/{seen['folderName']}"
    assert owner.get(place).status_code == 404
    assert owner.archive(place).status_code == 404
    assert admin.rows("/data/prearchive", tag=seen["tag"]) == []
    assert owner.rows("/data/prearchive/experiments", recent="1") == []


def test_a_post_has_it_archived_at_once_also_in_a_manual_project(
    sandbox: Sandbox, owner: Client, member: Client, study: bytes
) -> None:
    owner.put("/data/projects/HOSPITAL/prearchive_code/0")
    uri = _send(member, study)
    with sandbox.hold("queue"):
        assert (member.post(uri).status_code, member.post(uri).status_code) == (200, 409)
        assert member.get(uri).json()["status"] == "QUEUED_BUILDING"
    sandbox.settle()
    assert _labels(owner) == ["E1"]
    assert member.post(uri).status_code == 404


def test_one_object_after_the_other_makes_one_session(
    sandbox: Sandbox, owner: Client, tmp_path: Path
) -> None:
    phantoms.rt_study(tmp_path / "study", slices=3)
    given = {"PROJECT_ID": "HOSPITAL", "SUBJECT_ID": "S1", "EXPT_LABEL": "E1", "Direct-Archive": "true"}
    answers = {
        owner.send_one(path.read_bytes(), **given).text for path in (tmp_path / "study").rglob("*.dcm")
    }
    assert len(answers) == 1
    sandbox.rebuild()
    assert _scans(owner) == {"2", "11", "12", "13"}


def test_the_list_shows_what_the_caller_may_read_page_by_page_and_by_project(
    owner: Client, admin: Client, collaborator: Client, nobody: Client, study: bytes, other_study: bytes
) -> None:
    admin.put("/data/projects/CLOSED")
    _send(owner, study)
    _send(admin, other_study, project="CLOSED", session="E2")

    def names(client: Client, **body: object) -> list[str]:
        return [each["name"] for each in client.post("/xapi/direct-archive", json=body).json()]

    assert names(admin) == ["E2", "E1"]
    assert names(collaborator) == ["E1"]
    assert names(admin, filters={"project": {"operator": "EQ", "value": "CLOSED"}}) == ["E2"]
    assert names(admin, filters={"project": {"operator": "IN", "values": ["HOSPITAL"]}}) == ["E1"]
    assert names(owner, filters={"project": {"operator": "EQ", "value": "CLOSED"}}) == []
    assert names(admin, size=1, page=2) == ["E1"]
    assert admin.post("/xapi/direct-archive", json={"page": 0}).status_code == 400
    assert admin.post("/xapi/direct-archive", data="no JSON").status_code == 400
    assert nobody.post("/xapi/direct-archive", json={}).status_code == 401


def test_reading_lets_see_and_editing_lets_trigger(
    owner: Client, admin: Client, collaborator: Client, study: bytes, other_study: bytes
) -> None:
    uri = _send(owner, study)
    assert (collaborator.get(uri).status_code, collaborator.post(uri).status_code) == (200, 403)
    admin.put("/data/projects/CLOSED")
    closed = _send(admin, other_study, project="CLOSED")
    assert (owner.get(closed).status_code, owner.post(closed).status_code) == (403, 403)


def test_without_a_known_project_it_goes_to_the_prearchive(
    owner: Client, admin: Client, study: bytes
) -> None:
    answer = owner.send_zip(study, Direct_Archive="true", project="NOWHERE")
    assert answer.text.startswith("/data/prearchive/projects/Unassigned/")
    assert admin.post("/xapi/direct-archive", json={}).json() == []


@pytest.mark.parametrize(("code", "status"), [("0", "READY"), ("4", "CONFLICT")])
def test_what_is_in_the_archive_already_waits_in_the_prearchive(
    sandbox: Sandbox, owner: Client, study: bytes, code: str, status: str
) -> None:
    owner.put(f"/data/projects/HOSPITAL/prearchive_code/{code}")
    _send(owner, study)
    sandbox.rebuild()
    again = _send(owner, study)
    assert again.startswith(f"{HOME}/")
    assert (owner.row(again) or {})["status"] == "RECEIVING"
    sandbox.rebuild()
    assert (owner.row(again) or {})["status"] == status
    assert _labels(owner) == ["E1"]


def test_another_study_under_the_label_that_is_being_received_goes_to_the_prearchive(
    owner: Client, study: bytes, other_study: bytes
) -> None:
    _send(owner, study)
    assert _send(owner, other_study).startswith(f"{HOME}/")


def test_an_object_that_comes_after_the_end_was_queued_goes_to_the_prearchive(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    uri = _send(owner, study)
    with sandbox.hold("queue"):
        owner.post(uri)
        late = _send(owner, study)
        assert late.startswith(f"{HOME}/")
    sandbox.settle()
    assert _labels(owner) == ["E1"]
    assert (owner.row(late) or {})["status"] == "RECEIVING"


def test_a_session_that_took_the_label_meanwhile_sends_it_to_the_prearchive_with_the_reason(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    uri = _send(owner, study)
    owner.put("/data/projects/HOSPITAL/subjects/S1/experiments/E1", params={"xsiType": "xnat:ctSessionData"})
    owner.post(uri)
    sandbox.settle()
    (row,) = owner.rows(HOME)
    assert (row["status"], row["name"], row["autoarchive"]) == ("ERROR", "E1", "AutoArchive")
    (log,) = _logs(owner, f"/data{row['url']}")
    assert FAILED in log
    assert "Session already exists" in log
    assert {scan["ID"] for scan in owner.rows(f"/data{row['url']}/scans")} == {"2", "11", "12", "13"}
    assert owner.get(uri).status_code == 404
    assert owner.archive(f"/data{row['url']}", overwrite="append").status_code == 200
    assert _scans(owner) == {"2", "11", "12", "13"}


def test_what_cannot_be_built_is_in_the_prearchive_with_the_reason(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    uri = _send(owner, study)
    folder = Path(owner.get(uri).json()["url"])
    next(folder.rglob("*.dcm")).write_bytes(b"hurt on the disk")
    owner.post(uri)
    sandbox.settle()
    sandbox.settle()
    (row,) = owner.rows(HOME)
    assert row["status"] == "ERROR"
    assert FAILED in _logs(owner, f"/data{row['url']}")[0]


def test_a_commit_does_not_understand_what_is_archived_directly(
    sandbox: Sandbox, owner: Client, study: bytes
) -> None:
    answer = owner.send_zip(study, Direct_Archive="true", dest="/archive/projects/HOSPITAL", **VISIT)
    assert answer.status_code == 400
    sandbox.rebuild()
    assert _labels(owner) == ["E1"]


@pytest.mark.parametrize(
    "given", [{"Direct_Archive": "false"}, {"Direct_Archive": "true", "import_handler": "SI"}]
)
def test_false_and_the_session_importer_go_to_the_prearchive(
    owner: Client, study: bytes, given: dict[str, str]
) -> None:
    answer = owner.send_zip(study, **given, **VISIT)
    assert answer.text.startswith(f"{HOME}/")


def test_the_removal_of_its_project_takes_it_along(owner: Client, admin: Client, study: bytes) -> None:
    admin.put("/data/projects/SHORT")
    _send(admin, study, project="SHORT")
    assert admin.delete("/data/projects/SHORT", params={"removeFiles": "true"}).status_code == 200
    assert admin.post("/xapi/direct-archive", json={}).json() == []


def test_a_kill_loses_nothing_that_was_received(tmp_path: Path, study: bytes) -> None:
    state = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(state)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as lines, closing(Client(lines.readline().strip(), "owner")) as owner:
        _send(owner, study)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with Sandbox.start(state) as again, closing(Client(again.url, "owner")) as owner:
        again.rebuild()
        assert _scans(owner) == {"2", "11", "12", "13"}


def test_a_state_folder_from_before_direct_archiving_is_opened(tmp_path: Path, study: bytes) -> None:
    state = tmp_path / "old"
    with Sandbox.start(state) as first, closing(Client(first.url, "owner")) as owner:
        waiting = owner.waiting(study)
    with closing(sqlite3.connect(state / "sandbox.sqlite3")) as db:
        db.execute("ALTER TABLE prearchive DROP COLUMN direct")
    with Sandbox.start(state) as second, closing(Client(second.url, "owner")) as owner:
        assert owner.archive(waiting).status_code == 200
