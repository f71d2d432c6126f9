"""What a container sees of the archive, and which objects a wrapper can get at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.client import Client
from tests.sandbox.launches import (
    Runner,
    Shape,
    as_list,
    command,
    experiment_id,
    fed,
    registered,
    row,
    writing,
)
from xnat_gate.sandbox.server import Sandbox

LIST = "cd /input && find . -type f | sort"


@pytest.fixture
def run(sandbox: Sandbox, admin: Client, member: Client, study: bytes) -> Runner:
    member.archived(study)
    return Runner(sandbox, admin, member)


def derived(kind: str, parent: str, **more: Any) -> Shape:
    told = {name.replace("_", "-"): value for name, value in more.items()}
    return {"name": kind.lower(), "type": kind, "derived-from-wrapper-input": parent, **told}


def mounting(
    line: str, *inputs: Shape, external: Shape | None = None, writable: bool = False, **more: Any
) -> Shape:
    """A command in a shell with a mount /input; `inputs` are derived."""
    wrapper = {"derived-inputs": list(inputs)} | ({"external-inputs": [external]} if external else {})
    mounts = [{"name": "in", "path": "/input", "writable": writable}]
    return command(line, shell=True, mounts=mounts, wrapper=wrapper, **more)


def archive(sandbox: Sandbox) -> Path:
    return sandbox.world.folders.session("HOSPITAL", "E1")


def test_a_read_only_mount_is_the_archive_itself(run: Runner, sandbox: Sandbox) -> None:
    found = run(mounting(LIST, external=fed("Session")))
    assert [line for line in found["log"].splitlines() if line.endswith(".dcm")] == sorted(
        f"./{path.relative_to(archive(sandbox))}" for path in archive(sandbox).rglob("*.dcm")
    )
    mount = found["row"]["mounts"][0]
    assert (mount["xnat-host-path"], mount["writable"]) == (str(archive(sandbox)), False)


def test_a_writable_mount_is_a_copy_and_nothing_comes_back(run: Runner, sandbox: Sandbox) -> None:
    before = {path: path.stat().st_mtime_ns for path in archive(sandbox).rglob("*")}
    found = run(
        mounting(
            f"touch /input/new && rm -r /input/SCANS/2 && {LIST}", external=fed("Session"), writable=True
        )
    )
    assert "./new" in found["log"].splitlines()
    assert {path: path.stat().st_mtime_ns for path in archive(sandbox).rglob("*")} == before


def test_an_output_of_a_mount_with_files_in_it_uploads_the_inputs_too(run: Runner) -> None:
    handler = {"name": "keep", "accepts-command-output": "out", "as-a-child-of": "session", "label": "COPY"}
    body = mounting("touch /input/new", external=fed("Session"), writable=True)
    body["outputs"] = [{"name": "out", "mount": "in", "path": "SCANS/2/DICOM"}]
    body["xnat"][0]["output-handlers"] = [handler]
    assert run(body)["status"] == "Complete"
    assert len([name for name in run.files("COPY") if name.endswith(".dcm")]) == 3


def test_a_mount_that_no_input_fills_is_a_new_directory_of_mode_755_that_stays(run: Runner) -> None:
    found = run(writing("stat -c %a /output; ls -A /output; echo x > /output/x"))
    assert found["log"] == "755\n"
    host = Path(found["row"]["mounts"][0]["xnat-host-path"])
    assert (host / "x").read_text() == "x\n"


def test_a_scan_and_a_resource_are_their_own_directories(run: Runner, sandbox: Sandbox) -> None:
    scan = fed("Scan") | derived("Scan", "session", matcher="@.modality == 'RTDOSE' || @.id == '13'")
    found = run(mounting(LIST, scan))
    assert Path(found["row"]["mounts"][0]["xnat-host-path"]) == archive(sandbox) / "SCANS" / "13"
    scan = derived("Scan", "session", default_value="13")
    resource = fed("Resource") | derived("Resource", "scan", matcher="@.label == 'DICOM'")
    found = run(mounting(LIST, scan, resource, version="2"))
    assert Path(found["row"]["mounts"][0]["xnat-host-path"]) == archive(sandbox) / "SCANS" / "13" / "DICOM"


def test_a_session_is_reached_from_a_project_by_its_subject(run: Runner, sandbox: Sandbox) -> None:
    chain = [derived("Subject", "project"), fed("Session") | derived("Session", "subject")]
    wrapper = registered(
        run.admin, mounting("echo ok", *chain, external={"name": "project", "type": "Project"})
    )
    found = run.run(wrapper, "project", project="HOSPITAL")
    assert (found["status"], found["id"], found["data_type"]) == ("Complete", "HOSPITAL", "xnat:projectData")
    direct = mounting("echo ok", derived("Session", "project"), external={"name": "project", "type": "Project"},
                      version="2")  # fmt: skip
    refused = run.run(registered(run.admin, direct), "project", project="HOSPITAL")
    assert refused["details"].startswith('Input "session" could not be resolved for this item.')


def test_without_its_children_nothing_is_derived_from_a_project(run: Runner) -> None:
    outside = {"name": "project", "type": "Project", "load-children": False}
    body = command(
        "echo ok", wrapper={"external-inputs": [outside], "derived-inputs": [derived("Subject", "project")]}
    )
    found = run.run(registered(run.admin, body), "project", project="HOSPITAL")
    assert found["details"] == (
        'Input "subject" could not be resolved for this item. You might check the JSONPath matchers in command.json and'
        " confirm that this item has Subject data."
    )


def test_the_way_up_gives_subject_project_and_their_properties(run: Runner) -> None:
    chain = [
        derived("Subject", "session"), derived("Project", "session"),
        derived("string", "subject", name="label", derived_from_xnat_object_property="label"),
        derived("Project", "subject", name="title", derived_from_xnat_object_property="title"),
        derived("string", "session", name="parsed", derived_from_xnat_object_property="label", parser="E[0-9]+"),
        derived("string", "session", name="cut", derived_from_xnat_object_property="label", parser="[0-9]+",
                required=False),
    ]  # fmt: skip
    body = command("echo", wrapper={"derived-inputs": chain},
                   environment_variables={"GATE": "#label# #project# #title# #parsed# #cut#"})  # fmt: skip
    assert run(body)["row"]["env"]["GATE"] == "S1 /archive/projects/HOSPITAL Hospital E1 #cut#"


def test_more_than_one_match_fails_unless_the_input_is_optional_or_multiple(run: Runner) -> None:
    found = run(command("echo", wrapper={"derived-inputs": [derived("Scan", "session")]}))
    assert found["details"] == (
        'Input "scan"  does not have a unique, resolved value and multiple = true is not set in command.json.'
    )
    inputs = [{"name": "scans", "multiple-delimiter": "comma", "command-line-flag": "-s"}]
    feeding = {"provides_value_for_command_input": "scans", "derived_from_xnat_object_property": "id"}
    optional = derived("Scan", "session", required=False, **feeding)
    line = "echo #scans#|"
    found = run(command(line, inputs=inputs, wrapper={"derived-inputs": [optional]}, version="2"))
    assert found["row"]["command-line"] == "echo |"
    several = derived("Scan", "session", multiple=True, **feeding)
    told = {"GATE": "#scans# #scan#"}
    wrapper = {"derived-inputs": [several]}
    found = run(command(line, inputs=inputs, wrapper=wrapper, version="3", environment_variables=told))
    assert found["row"]["command-line"] == "echo -s 2,11,12,13|"
    assert found["row"]["env"]["GATE"] == "[2, 11, 12, 13] [2, 11, 12, 13]"
    found = run(
        command(line, inputs=inputs, wrapper=wrapper, version="4", environment_variables=told),
        scan=as_list("11"),
    )
    assert found["row"]["command-line"] == "echo -s 11|"
    assert found["row"]["env"]["GATE"] == "11 11"


def test_a_matcher_may_use_what_was_resolved_before_it_but_not_the_external_inputs_to_come(
    run: Runner,
) -> None:
    wanted = {"name": "wanted", "type": "string"}
    scan = derived("Scan", "session", matcher="@.id == '#wanted#'")
    session = {"name": "session", "type": "Session"}
    body = command("echo", wrapper={"external-inputs": [wanted, session], "derived-inputs": [scan]},
                   environment_variables={"GATE": "#scan#"})  # fmt: skip
    key = experiment_id(run.user)
    assert run(body, wanted="12")["row"]["env"]["GATE"] == f"/archive/experiments/{key}/scans/12"
    late = command(
        "echo", wrapper={"external-inputs": [session, wanted], "derived-inputs": [scan]}, version="2"
    )
    assert run(late, wanted="12")["status"] == "Failed (Command resolution)"


def test_a_launch_on_a_scan_is_recorded_on_its_session(run: Runner) -> None:
    wrapper = registered(run.admin, mounting(LIST, external=fed("Scan")))
    found = run.run(wrapper, "scan", scan=f"{run.session}/scans/11")
    assert (found["status"], found["id"], found["scan_id"]) == ("Complete", experiment_id(run.user), "11")
    by_id = run.run(wrapper, "scan", scan="11")
    assert by_id["details"] == "Missing values for required input: scan."


def test_a_subject_cannot_be_mounted_nor_a_project_that_holds_shared_sessions(run: Runner) -> None:
    body = mounting(LIST, fed("Subject") | derived("Subject", "session"))
    assert run(body)["details"] == "A Subject cannot be mounted."
    wrapper = registered(run.admin, mounting(LIST, external=fed("Project"), version="2"))
    assert run.run(wrapper, "project", project="HOSPITAL")["status"] == "Complete"
    run.admin.put("/data/projects/HOSPITAL/experiments/E1/projects/QUARANTINE")
    run.user = run.admin
    refused = run.run(wrapper, "project", project="QUARANTINE")
    assert refused["details"].startswith("The sandbox does not play mounts of projects")


def test_a_session_without_files_is_an_empty_directory(run: Runner) -> None:
    made = run.user.put(
        "/data/projects/HOSPITAL/subjects/S1/experiments/BARE", params={"xsiType": "xnat:ctSessionData"}
    )
    assert made.status_code == 201
    wrapper = registered(run.admin, mounting("ls -A /input; echo end", external=fed("Session")))
    found = run.run(wrapper, session=f"/archive/experiments/{made.text}")
    assert found["log"] == "end\n"


def test_an_object_given_as_json_is_trusted_but_its_outputs_are_not(
    run: Runner, collaborator: Client, tmp_path: Path
) -> None:
    (tmp_path / "loot").write_text("x")
    given = json.dumps({"id": "X", "uri": run.session, "directory": str(tmp_path)})
    wrapper = registered(run.admin, mounting("ls /input", external=fed("Session")))
    reader = Runner(run.sandbox, run.admin, collaborator)
    assert "loot" in reader.run(wrapper, session=given)["log"].split()
    keeping = registered(run.admin, writing("echo", version="2"))
    assert reader.run(keeping, session=given)["details"] == f"User collaborator may not edit {run.session}."


def test_paths_are_replaced_whole_in_a_process(run: Runner) -> None:
    body = mounting('echo "$GATE"; echo /inputs a/input', external=fed("Session"),
                    environment_variables={"GATE": "/input/SCANS:/input"})  # fmt: skip
    found = run(body)
    host = found["row"]["mounts"][0]["xnat-host-path"]
    assert found["log"] == f"{host}/SCANS:{host}\n/inputs a/input\n"
    assert row(run.user, str(found["wrk_workflowData_id"]))["backend"] == "process"
