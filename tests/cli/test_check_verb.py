"""`xnat-gate check`, as a script and as a person use it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.phantoms import ct_series, junk, orphan_structure_set, rt_study, rtstruct, ultrasound


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", *arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_linked_study_passes_with_exit_code_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rt_study(tmp_path)
    junk(tmp_path)
    code, told = checked(capsys, str(tmp_path))
    assert code == Exit.PASSED
    (study,) = told["studies"]
    assert study["outcome"] == "archive"
    assert study["files"] == 8
    assert {one["linkage"] for one in study["rt"]} == {"LINKED"}
    assert len(told["not_dicom"]) == 1


def test_an_orphan_is_told_with_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orphan_structure_set(tmp_path)
    code, told = checked(capsys, str(tmp_path))
    assert code == Exit.STOPPED
    (study,) = told["studies"]
    assert study["outcome"] == "reject"
    assert study["rejected"] == [study["rt"][0]["file"]]


def test_an_orphan_among_images_is_told_with_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ct_series(tmp_path)
    rtstruct(tmp_path, ct_series(None, series=9), series=14)
    code, told = checked(capsys, str(tmp_path))
    assert code == Exit.STOPPED
    (study,) = told["studies"]
    assert study["outcome"] == "archive"
    assert len(study["rejected"]) == 1


def test_a_single_file_may_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ultrasound(tmp_path)
    (path,) = tmp_path.iterdir()
    code, told = checked(capsys, str(path))
    assert code == Exit.STOPPED
    assert told["studies"][0]["labels"]["project"] == "QUARANTINE"


def test_a_folder_without_any_study_is_no_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junk(tmp_path)
    code, told = checked(capsys, str(tmp_path))
    assert code == Exit.STOPPED
    assert told["studies"] == []


def test_a_damaged_file_is_named_with_its_cause(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rt_study(tmp_path)
    victim = min(tmp_path.glob("CT*.dcm"))
    victim.write_bytes(victim.read_bytes()[:-50])
    code, told = checked(capsys, str(tmp_path))
    assert code == Exit.STOPPED
    assert [one["file"] for one in told["unreadable"]] == [victim.name]
    assert told["unreadable"][0]["why"]
    assert told["studies"][0]["outcome"] == "hold"


def test_a_path_that_is_not_there_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "nowhere")]) == Exit.WRONG
    assert "nowhere" in capsys.readouterr().err


def test_a_broken_protocol_is_refused_with_line_key_and_suggestion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol = tmp_path / "mine.yaml"
    protocol.write_text(
        "protocol: 1\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\nallow: {Modalty: [CT]}\n"
    )
    assert main(["check", str(tmp_path), "--protocol", str(protocol)]) == Exit.WRONG
    told = capsys.readouterr()
    assert told.out == ""
    assert "mine.yaml: line 3, column 9: allow.Modalty" in told.err
    assert "did you mean Modality?" in told.err


def test_text_and_json_tell_the_same_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rt_study(tmp_path)
    assert main(["check", str(tmp_path)]) == Exit.PASSED
    told = capsys.readouterr().out
    assert told.startswith("ARCHIVE: study ")
    assert "LINKED 5/5" in told


def test_file_names_that_are_no_text_do_not_break_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rt_study(tmp_path)
    victim = min(tmp_path.glob("*.dcm"))
    victim.rename(victim.with_name(os.fsdecode(b"\xff\xfe[bold].dcm")))
    code, _ = checked(capsys, str(tmp_path))
    assert code == Exit.PASSED
    assert main(["check", str(tmp_path)]) == Exit.PASSED
