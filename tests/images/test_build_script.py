"""What scripts/build_images.py says when it cannot build, or when something else came out than was asked for."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from scripts import build_images
from scripts.build_images import BuildFailed, Image

from xnat_gate.edge import command_files

LABEL = '[{"name":"a"}]'
GATE = Image(
    tag="xnat-gate/gate:1",
    size=1,
    layers=("sha256:a", "sha256:b"),
    user="",
    entrypoint=(),
    labels={command_files.LABEL: LABEL},
)
INTAKE = dataclasses.replace(GATE, tag="xnat-gate/intake:1", user="10001:10001", entrypoint=("x",), labels={})


def test_without_docker_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build_images.main([]) == 1
    assert "there is no docker command: install Docker" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker command")
def test_without_a_daemon_it_says_what_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    assert build_images.main([]) == 1
    said = capsys.readouterr().err
    assert "no Docker daemon answers: start it, or name it in DOCKER_HOST" in said
    assert str(tmp_path) in said


def test_a_wheelhouse_without_wheels_is_told_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match="holds no wheels"), build_images.build_context(tmp_path):
        pass


def test_the_context_holds_what_it_is_given_and_no_wheels_of_former_builds(tmp_path: Path) -> None:
    (tmp_path / "a-1-py3-none-any.whl").touch()
    with build_images.build_context(tmp_path) as context:
        assert [path.name for path in (context / "containers" / "wheelhouse").iterdir()] == [
            "a-1-py3-none-any.whl"
        ]
        assert (context / ".dockerignore").is_file()
        assert (context / "src" / "xnat_gate" / "__init__.py").is_file()
    assert not context.exists()
    with build_images.build_context(None) as context:
        assert not (context / "containers" / "wheelhouse").exists()


def test_the_label_is_printed_for_those_who_build_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    assert build_images.main(["--print-label", "--tag-prefix", "registry.example.org/"]) == 0
    commands = json.loads(capsys.readouterr().out)
    assert {command["image"] for command in commands} == {f"registry.example.org/{command_files.IMAGE}"}
    assert len(commands) == len(command_files.load())


def test_a_command_that_is_written_wrongly_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "a.json").write_text('{"name": "b"}', encoding="utf-8")
    with pytest.raises(BuildFailed, match=r"a\.json: its name is 'b'"):
        build_images.commands_label("gate:1", tmp_path)


def test_commands_too_long_for_one_argument_stop_the_build(tmp_path: Path) -> None:
    (tmp_path / "commands").mkdir()
    long = {"name": "a", "description": "x" * build_images.LARGEST_LABEL}
    (tmp_path / "commands" / "a.json").write_text(json.dumps(long), encoding="utf-8")
    with pytest.raises(BuildFailed, match="too many for a label"):
        build_images.commands_label("gate:1", tmp_path)


def test_images_that_are_as_they_should_be_pass() -> None:
    assert build_images.verified(GATE, INTAKE, LABEL) == (GATE, INTAKE)


@pytest.mark.parametrize(
    ("gate", "intake", "wrong"),
    [
        ({"labels": {command_files.LABEL: "[]"}}, {}, "is not what was given"),
        ({"labels": {}}, {}, "is not what was given"),
        ({"user": "10001"}, {}, "has a USER"),
        ({"entrypoint": ("sh",)}, {}, "has an ENTRYPOINT"),
        ({}, {"user": ""}, "does not run as 10001:10001"),
        ({}, {"labels": {command_files.LABEL: LABEL}}, "carries commands"),
        ({}, {"layers": ("sha256:a", "sha256:c")}, "shares not all layers"),
    ],
)
def test_an_image_that_came_out_otherwise_is_a_failure(
    gate: dict[str, object], intake: dict[str, object], wrong: str
) -> None:
    with pytest.raises(BuildFailed, match=wrong):
        build_images.verified(dataclasses.replace(GATE, **gate), dataclasses.replace(INTAKE, **intake), LABEL)
