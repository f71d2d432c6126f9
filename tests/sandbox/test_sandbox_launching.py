"""Launches over REST with processes for containers: what is queued, what runs, as whom, and how it ends."""

from __future__ import annotations

import io
import json
import os
import select
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.sandbox.client import Client
from tests.sandbox.launches import (
    Runner,
    await_running,
    command,
    experiment_id,
    launched,
    log,
    registered,
    row,
    told,
    workflow,
    writing,
)
from xnat_gate.sandbox.containers import uploading
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.containers.outputs import Output
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings
from xnat_gate.sandbox.world import World

TELL = "import os, json; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith(('XNAT', 'GATE'))}))"
WAIT = "python -c 'import time; time.sleep(600)'"


@pytest.fixture
def run(sandbox: Sandbox, admin: Client, member: Client, study: bytes) -> Runner:
    """Launches on an archived session as member."""
    member.archived(study)
    return Runner(sandbox, admin, member)


def test_a_launch_answers_before_anything_is_made_out(sandbox: Sandbox, run: Runner) -> None:
    wrapper = registered(run.admin, command("echo hello"))
    with sandbox.hold("containers"):
        number = launched(run.user, wrapper, session=run.session)
        waiting = workflow(run.user, number)
    assert waiting["status"] == "_Queued"
    sandbox.settle()
    found = workflow(run.user, number)
    key = experiment_id(run.user)
    assert (found["status"], found["pipeline_name"], found["justification"]) == (
        "Complete", "try", "Container launch",
    )  # fmt: skip
    assert (found["id"], found["ExternalID"], found["data_type"]) == (key, "HOSPITAL", "xnat:ctSessionData")
    assert found["comments"] == row(run.user, number)["container-id"]
    assert log(run.user, number) == "hello\n"


def test_a_container_gets_five_variables_and_a_token_that_dies_with_it(sandbox: Sandbox, run: Runner) -> None:
    line = (
        'python -c "import os, urllib.request as u, base64; e = os.environ; r = u.Request('
        "e['XNAT_HOST'] + '/xapi/users/username', headers={'Authorization': 'Basic ' + "
        "base64.b64encode((e['XNAT_USER'] + ':' + e['XNAT_PASS']).encode()).decode()}); "
        "print(u.urlopen(r).read().decode()); print(e['XNAT_USER']); print(e['XNAT_PASS']); "
        "print(e['XNAT_HOST'], e['XNAT_WORKFLOW_ID'], e['XNAT_EVENT_ID'])\""
    )
    found = run(command(line))
    who, alias, secret, rest = found["log"].splitlines()
    number = str(found["wrk_workflowData_id"])
    assert (who, rest) == ("member", f"{sandbox.url} {number} {number}")
    assert found["row"]["env"]["XNAT_PASS"] == "*****"
    assert found["row"]["env"]["XNAT_USER"] == alias
    with closing(Client(sandbox.url)) as stranger:
        stranger.auth = (alias, secret)
        assert stranger.get("/xapi/users/username").status_code == 401


def test_a_command_that_sets_one_of_the_five_registers_and_never_runs(run: Runner) -> None:
    found = run(command("echo hello", environment_variables={"XNAT_HOST": "http://elsewhere"}))
    assert (found["status"], found["details"]) == (
        "Failed (Staging)", "Multiple entries with same key: XNAT_HOST",
    )  # fmt: skip
    assert run.user.get("/xapi/containers").json() == []


def test_the_shell_reads_the_line_only_when_the_entrypoint_is_overridden(run: Runner) -> None:
    line = "echo 'a b' '' $HOME && echo c"
    assert run(command(line))["log"] == "a b $HOME && echo c\n"
    shell = run(
        command("echo one && echo $GATE", shell=True, version="2", environment_variables={"GATE": "two"})
    )
    assert shell["log"] == "one\ntwo\n"


def test_texts_are_filled_from_all_inputs_and_the_line_from_the_commands_alone(run: Runner) -> None:
    inputs = [
        {"name": "who", "command-line-flag": "--who", "command-line-separator": "="},
        {"name": "on", "type": "boolean", "true-value": "--on", "false-value": "--off"},
        {"name": "none", "command-line-flag": "--none"},
        {"name": "picked", "type": "select-many", "select-values": ["a", "b"], "default-value": '["a","b"]',
         "command-line-flag": "-p", "multiple-delimiter": "flag"},
        {"name": "key", "replacement-key": "[KEY]", "default-value": "k"},
    ]  # fmt: skip
    derived = [{
        "name": "label", "type": "string", "derived-from-wrapper-input": "session",
        "derived-from-xnat-object-property": "label", "provides-value-for-command-input": "who",
    }]  # fmt: skip
    body = command(
        "echo #who# #on# #none#| #picked# [KEY] #label# ^$.image^", inputs=inputs, wrapper={"derived-inputs": derived},
        environment_variables={"GATE_#label#": "#who# #on# #session# #unknown#"},
    )  # fmt: skip
    found = run(body, who="ignored", on="TRUE")["row"]
    assert found["command-line"] == "echo --who=E1 --on | -p a -p b k #label# local/try:1"
    assert found["env"]["GATE_E1"] == f"E1 --on {run.session} #unknown#"
    values = {(each["type"], each["name"]): each["value"] for each in found["inputs"]}
    assert values["wrapper-derived", "label"] == "E1"
    assert values["raw", "who"] == "ignored"


@pytest.mark.parametrize("text", ["a; b", "a && b", "a || b", "a`b`", "a (b)"])
def test_a_value_with_an_illegal_string_kills_the_launch(run: Runner, text: str) -> None:
    found = run(command("echo #text#", inputs=[{"name": "text"}]), text=text)
    assert found["status"] == "Failed (Command resolution)"
    assert 'Input "text" has a value containing illegal string' in found["details"]


def test_so_does_one_that_xnat_looked_up_itself(run: Runner) -> None:
    run.user.put("/data/projects/HOSPITAL/experiments/E1", params={"label": "E(1)"})
    label = {
        "name": "label", "type": "string", "derived-from-wrapper-input": "session",
        "derived-from-xnat-object-property": "label",
    }  # fmt: skip
    key = run.admin.rows("/data/projects/HOSPITAL/experiments")[0]["ID"]
    wrapper = registered(run.admin, command("echo", wrapper={"derived-inputs": [label]}))
    number = launched(run.user, wrapper, session=f"/archive/experiments/{key}")
    run.sandbox.settle()
    assert workflow(run.user, number)["details"] == (
        'Input "label" has a value containing illegal string "(".'
    )


@pytest.mark.parametrize("line", ["exit 3", "kill -9 $$"])
def test_an_exit_code_that_is_not_zero_means_no_output_at_all(run: Runner, line: str) -> None:
    found = run(writing(f"echo kept > {'/output'}/a.txt; {line}"))
    assert (found["status"], found["details"]) == (
        "Failed", "Non-zero exit code and/or failure status from container",
    )  # fmt: skip
    code = next(each["exitCode"] for each in found["row"]["history"] if "exitCode" in each)
    assert code == ("3" if line == "exit 3" else "137")
    assert run.files() == {}


def test_what_lies_in_the_output_becomes_a_resource_and_a_second_run_replaces_its_names(run: Runner) -> None:
    line = "mkdir -p /output/sub && echo #word# > /output/sub/a.txt && touch /output/#word#"
    wrapper = registered(run.admin, writing(line, inputs=[{"name": "word"}]))
    assert run.run(wrapper, word="one")["status"] == "Complete"
    assert run.files() == {"sub/a.txt": b"one\n", "one": b""}
    run.run(wrapper, word="two")
    assert run.files() == {"sub/a.txt": b"two\n", "one": b"", "two": b""}
    rows = run.admin.rows("/data/projects/HOSPITAL/experiments/E1/resources")
    assert [(each["label"], each["format"]) for each in rows] == [("TRY", "TXT")]


def test_an_output_may_be_one_file_below_the_mount(run: Runner) -> None:
    run(writing("echo a > /output/a.txt && echo b > /output/b.txt", path="#which#.txt", inputs=[{"name": "which"}]),
        which="b")  # fmt: skip
    assert run.files() == {"b.txt": b"b\n"}


@pytest.mark.parametrize(("required", "status"), [(True, "Failed (Upload)"), (False, "Complete")])
def test_a_missing_output_fails_the_run_only_when_it_is_required(
    run: Runner, required: bool, status: str
) -> None:
    found = run(writing("true", required=required, path="nothing-here"))
    assert found["status"] == status
    assert found["row"]["status"] == status
    assert found.get("details", "").startswith("Failed to upload required outputs.\n") is required


def test_the_workflow_is_finalizing_while_outputs_go_up(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, upload = [], uploading.upload

    def watched(world: World, user: User, output: Output, mount: Path, number: int | None) -> None:
        seen.append(workflow(run.user, str(number))["status"])
        upload(world, user, output, mount, number)

    monkeypatch.setattr(uploading, "upload", watched)
    assert run(writing("echo a > /output/a"))["status"] == "Complete"
    assert seen == ["Finalizing"]


def test_outputs_want_the_right_to_edit_and_a_run_without_them_only_to_read(
    run: Runner, collaborator: Client
) -> None:
    reader = Runner(run.sandbox, run.admin, collaborator)
    refused = reader(writing("echo a > /output/a"))
    assert refused["status"] == "Failed (Command resolution)"
    assert refused["details"] == f"User collaborator may not edit {run.session}."
    assert reader(command("echo read", version="2"))["log"] == "read\n"


def test_nobody_is_kept_from_launching_what_is_not_enabled_but_the_object_must_be_readable(
    run: Runner, member: Client
) -> None:
    wrapper = registered(run.admin, command("echo hello"))
    run.admin.put("/data/projects/HOSPITAL/experiments/E1/projects/QUARANTINE", params={"primary": "true"})
    key = experiment_id(run.admin, project="QUARANTINE")
    number = launched(member, wrapper, session=f"/archive/experiments/{key}")
    run.sandbox.settle()
    assert workflow(member, number)["details"] == f"User member may not read {key}."
    refused = member.post(f"/xapi/projects/QUARANTINE/wrappers/{wrapper}/root/session/launch", json={})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "value",
    [
        "/prearchive/projects/HOSPITAL/20200101_000000000/E1",
        "/data/experiments/X",
        "nothing",
        "/experiments/nothing",
    ],
)
def test_what_is_not_in_the_archive_cannot_be_launched_on_and_is_recorded_all_the_same(
    run: Runner, value: str
) -> None:
    wrapper = registered(run.admin, command("echo hello"))
    number = launched(run.user, wrapper, session=value)
    run.sandbox.settle()
    found = workflow(run.user, number)
    assert (found["status"], found["id"]) == ("Failed (Command resolution)", value)


@pytest.mark.parametrize("prefix", ["/archive/experiments/", "/experiments/", ""])
def test_a_session_is_named_by_uri_or_id(run: Runner, prefix: str) -> None:
    wrapper = registered(run.admin, command("echo hello"))
    assert run.run(wrapper, session=prefix + experiment_id(run.user))["status"] == "Complete"


def test_an_unknown_wrapper_fails_at_once_and_what_is_not_played_is_501(run: Runner) -> None:
    unknown = run.user.post("/xapi/wrappers/99/root/session/launch", json={"session": run.session})
    assert (unknown.status_code, unknown.json()["status"]) == (500, "failure")
    secret = {
        "source": {"type": "system-property", "identifier": "a"},
        "destination": {"type": "environment-variable", "identifier": "B"},
    }
    wrapper = registered(run.admin, command("echo", secrets=[secret]))
    answer = run.user.post(f"/xapi/wrappers/{wrapper}/root/session/launch", json={"session": run.session})
    assert (answer.status_code, answer.text) == (501, "The sandbox does not launch commands with secrets")


def test_a_launch_may_come_as_a_query_by_name_or_without_a_root(run: Runner) -> None:
    wrapper = registered(run.admin, command("echo hello"))
    number = run.admin.get("/xapi/commands").json()[0]["id"]
    query = {"session": run.session}
    for path in (
        f"/xapi/projects/HOSPITAL/wrapper/{wrapper}/root/session/launch",
        f"/xapi/commands/{number}/wrappers/try/root/session/launch",
    ):
        answer = told(run.user.post(path, params=query))
        run.sandbox.settle()
        assert workflow(run.user, answer["workflow-id"])["status"] == "Complete"
    bare = told(run.user.post(f"/xapi/wrappers/{wrapper}/launch", json=query))
    run.sandbox.settle()
    assert bare["workflow-id"] == "To be assigned"
    rows = run.user.get("/xapi/containers").json()
    assert [each["status"] for each in rows] == ["Complete"] * 3
    found = workflow(run.user, rows[2]["workflow-id"])
    assert (found["status"], found["id"]) == ("Complete", experiment_id(run.user))


def test_a_bulk_launch_is_one_container_for_each_member_of_the_list(run: Runner, other_study: bytes) -> None:
    run.user.archived(other_study, subject="S2", session="E2")
    wrapper = registered(run.admin, command("echo #session-id#", inputs=[{"name": "session-id"}]))
    uris = [f"/archive/experiments/{experiment_id(run.user, label)}" for label in ("E1", "E2")]
    path = f"/xapi/projects/HOSPITAL/wrappers/{wrapper}/root/session/bulklaunch"
    answer = told(run.user.post(path, json={"session": json.dumps(uris)}))
    run.sandbox.settle()
    assert (answer["pipeline-name"], answer["failures"]) == ("try", [])
    assert [each["workflow-id"] for each in answer["successes"]] == ["To be assigned"] * 2
    rows = run.user.get("/xapi/containers").json()
    assert [workflow(run.user, each["workflow-id"])["status"] for each in rows] == ["Complete", "Complete"]
    assert run.user.post(path, json={"session": "no list"}).status_code == 400


def test_a_configuration_of_the_project_counts_when_it_is_launched_there(run: Runner) -> None:
    body = command("echo #word#", inputs=[{"name": "word", "default-value": "own"}])
    wrapper = registered(run.admin, body)
    config = {"inputs": {"word": {"default-value": "configured"}}, "outputs": {}}
    assert (
        run.admin.post(f"/xapi/projects/HOSPITAL/wrappers/{wrapper}/config", json=config).status_code == 201
    )
    assert run.run(wrapper)["log"] == "own\n"
    path = f"/xapi/projects/HOSPITAL/wrappers/{wrapper}/root/session/launch"
    answer = told(run.user.post(path, json={"session": run.session}))
    run.sandbox.settle()
    assert log(run.user, answer["workflow-id"]) == "configured\n"


def test_a_running_container_is_killed_by_its_launcher_not_by_a_stranger(
    run: Runner, collaborator: Client, owner: Client
) -> None:
    wrapper = registered(run.admin, command(WAIT))
    number = launched(run.user, wrapper, session=run.session)
    container = await_running(run.user, number)
    refused = collaborator.post(f"/xapi/containers/{container}/kill")
    assert refused.status_code == 401
    assert run.user.post(f"/xapi/containers/{container}/kill").status_code == 200
    run.sandbox.settle()
    assert workflow(run.user, number)["status"] == "Failed (Killed)"
    assert row(run.user, number)["status"] == "Failed (Killed)"


def test_strangers_see_neither_rows_nor_logs_and_a_single_row_only_in_part(
    run: Runner, collaborator: Client, sandbox: Sandbox
) -> None:
    number = str(run(command("echo hello"))["wrk_workflowData_id"])
    found = row(run.user, number)
    path = f"/xapi/containers/{found['id']}"
    assert collaborator.get("/xapi/containers").json() == []
    part = collaborator.get(path).json()
    assert (part["status"], part["user-id"], "env" in part) == ("Complete", "member", False)
    for log_path in ("logs", "logs/stdout", "logSince/stdout"):
        assert collaborator.get(f"{path}/{log_path}").status_code == 403
    with zipfile.ZipFile(io.BytesIO(run.user.get(f"{path}/logs").content)) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == [("stdout.log", b"hello\n")]
    assert run.user.get(f"{path}/logs/stderr").status_code == 204
    since = run.user.get(f"{path}/logSince/stdout").json()
    assert (since["content"], since["timestamp"]) == ("hello\n", "-1")
    assert run.user.get("/xapi/containers", params={"nonfinalized": "true"}).json() == []
    assert run.user.delete(path).status_code == 204
    assert run.user.get(path).status_code == 404


def test_a_program_that_is_not_there_fails_the_launch(run: Runner) -> None:
    found = run(command("no-such-program --at-all"))
    assert found["status"] == "Failed (Container launch)"
    assert "could not start" in found["details"]


def test_the_account_of_a_launch_must_be_enabled(run: Runner) -> None:
    wrapper = registered(run.admin, command("echo hello"))
    with run.sandbox.hold("containers"):
        number = launched(run.user, wrapper, session=run.session)
        run.sandbox.world.db.run("UPDATE users SET enabled = 0 WHERE login = 'member'")
    run.sandbox.settle()
    assert workflow(run.admin, number)["details"] == "The account member is disabled."


def test_settling_waits_for_what_a_container_sets_off(run: Runner, sandbox: Sandbox) -> None:
    inner = registered(run.admin, command("echo inner"))
    script = (
        "import os, json, base64, urllib.request as u; e = os.environ; "
        f"r = u.Request(e['XNAT_HOST'] + '/xapi/wrappers/{inner}/root/session/launch', "
        "json.dumps({'session': e['GATE']}).encode(), {'Content-Type': 'application/json', 'Authorization': 'Basic ' "
        "+ base64.b64encode((e['XNAT_USER'] + ':' + e['XNAT_PASS']).encode()).decode()}); "
        "print(json.loads(u.urlopen(r).read())['workflow-id'])"
    )
    body = command(f'python -c "{script}"', version="2", environment_variables={"GATE": "#session#"})
    outer = run(body)
    assert workflow(run.user, outer["log"].strip())["status"] == "Complete"


def test_stopping_the_sandbox_kills_what_runs(tmp_path: Path, study: bytes) -> None:
    state, settings = tmp_path / "state", Settings(containers=Kind.PROCESS)
    with (
        Sandbox.start(state, settings=settings) as first,
        closing(Client(first.url, "admin")) as admin,
    ):
        admin.archived(study)
        wrapper = registered(admin, command(WAIT))
        uri = f"/archive/experiments/{experiment_id(admin)}"
        number = launched(admin, wrapper, session=uri)
        await_running(admin, number)
        first.stop()
    with Sandbox.start(state, settings=settings) as second, closing(Client(second.url, "admin")) as admin:
        assert workflow(admin, number)["status"] == "Failed"
        assert row(admin, number)["status"] == "Failed"


SERVE = """
import sys
from pathlib import Path
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.server import Sandbox
from xnat_gate.sandbox.settings import Settings
sandbox = Sandbox.start(Path(sys.argv[1]), settings=Settings(containers=Kind.PROCESS))
print(sandbox.url, flush=True)
sandbox.wait()
"""


def test_what_ran_when_the_sandbox_was_killed_is_failed_and_ended(tmp_path: Path, study: bytes) -> None:
    state = tmp_path / "killed"
    words = [sys.executable, "-c", SERVE, str(state)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with closing(Client(process.stdout.readline().strip(), "admin")) as admin:
                admin.archived(study)
                wrapper = registered(admin, command(WAIT))
                uri = f"/archive/experiments/{experiment_id(admin)}"
                number = launched(admin, wrapper, session=uri)
                key = await_running(admin, number)
        finally:
            process.kill()
    pid = int((state / "processes" / key / "pid").read_text())
    assert _alive(pid)
    settings = Settings(containers=Kind.PROCESS)
    with Sandbox.start(state, settings=settings) as again, closing(Client(again.url, "admin")) as admin:
        assert workflow(admin, number)["status"] == "Failed"
        assert row(admin, number)["status"] == "Failed"
        assert again.world.db.rows("SELECT * FROM tokens") == []
        assert _ends(pid)


def _ends(pid: int) -> bool:
    """Within five seconds: who was killed takes a moment to be gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 5.0)[0])
    finally:
        os.close(handle)


def _alive(pid: int) -> bool:
    """A zombie is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
