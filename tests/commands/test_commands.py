"""The commands that the package brings along keep the schema, the server's rules and what neither of them sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.judging import FILES, PATIENT, completed, problems
from xnat_gate.sandbox.commands import shaping


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_wrong_with_a_command_that_comes_along(path: Path) -> None:
    assert problems(completed(path)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_leaves_image_and_version_to_the_package_and_is_named_like_its_command(path: Path) -> None:
    command = json.loads(path.read_text(encoding="utf-8"))
    assert not {"image", "version"} & command.keys()
    assert (command["name"], [wrapper["name"] for wrapper in command["xnat"]]) == (path.stem, [path.stem])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_server_keeps_every_word_of_a_command(path: Path) -> None:
    command = completed(path)
    kept = shaping.kept(shaping.of(command, creating=True))
    assert lost(command, kept) == []


def lost(wanted: object, kept: object, path: str = "") -> list[str]:
    """Where something that was written is not in what is kept."""
    if isinstance(wanted, dict) and isinstance(kept, dict):
        return [line for key in wanted for line in lost(wanted[key], kept.get(key, None), f"{path}/{key}")]
    if isinstance(wanted, list) and isinstance(kept, list) and len(wanted) == len(kept):
        pairs = enumerate(zip(wanted, kept, strict=True))
        return [line for index, (a, b) in pairs for line in lost(a, b, f"{path}/{index}")]
    return [] if wanted == kept else [path]


def test_there_are_four_commands_and_only_persons_fill_what_only_they_can() -> None:
    assert [path.stem for path in FILES] == [
        "check-prearchive", "check-session", "move-session", "resolve-conflict",
    ]  # fmt: skip
    inputs = {(path.stem, each["name"]) for path in FILES for each in completed(path)["inputs"]}
    assert inputs >= PATIENT
