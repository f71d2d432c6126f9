"""The commands as they are given to the Container Service: completed, labelled, or refused with the file's name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from xnat_gate import __version__
from xnat_gate.edge import command_files
from xnat_gate.edge.command_files import CommandFileInvalid

COMMANDS = Path(__file__).parents[2] / "commands"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the commands of the checkout."""
    return shutil.copytree(COMMANDS, tmp_path / "commands")


def test_every_command_of_the_checkout_is_completed_with_image_and_version() -> None:
    commands = command_files.load()
    names = [path.stem for path in sorted(COMMANDS.glob("*.json")) if "schema" not in path.name]
    assert [command.name for command in commands] == names
    for command in commands:
        written = json.loads((COMMANDS / f"{command.name}.json").read_text(encoding="utf-8"))
        filled = {"image": f"xnat-gate/gate:{__version__}", "version": __version__}
        assert command.definition == {**written, **filled}
        assert (command.image, command.version) == (filled["image"], filled["version"])
        assert command.wrappers == tuple(wrapper["name"] for wrapper in written["xnat"])


def test_an_image_built_under_another_name_stands_in_every_command() -> None:
    commands = command_files.load(image="registry.example.org/gate:7")
    assert {command.definition["image"] for command in commands} == {"registry.example.org/gate:7"}


def test_the_label_is_one_plain_line_that_reads_back_as_the_commands(folder: Path) -> None:
    path = folder / "move-session.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    written["description"] = "quotes ' \" $x ${x} \\ ` and Größe\n#name#"
    path.write_text(json.dumps(written), encoding="utf-8")
    commands = command_files.load(folder)
    label = command_files.label(commands)
    assert label.isascii()
    assert "\n" not in label
    assert json.loads(label) == [command.definition for command in commands]


def test_the_schema_beside_the_commands_is_no_command(folder: Path) -> None:
    (folder / "command.schema.json").write_text("{}", encoding="utf-8")
    assert len(command_files.load(folder)) == len(command_files.load())


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{", "is no JSON"),
        ("[]", "is no JSON object"),
        ("{}", "a command is named like its file"),
        ('{"name": "other"}', "a command is named like its file"),
        ('{"name": "new", "image": "a:b"}', "holds image: take it out"),
        ('{"name": "new", "version": "1", "image": "a:b"}', "holds image and version"),
        ('{"name": "new", "xnat": {}}', "no list of wrappers"),
        ('{"name": "new", "xnat": [{"name": "a"}, {"name": "a"}]}', "two have the same"),
        ('{"name": "new", "xnat": [{"label": "a"}]}', "a wrapper has no name"),
    ],
)
def test_a_file_that_is_no_command_is_refused_by_name(folder: Path, text: str, wrong: str) -> None:
    (folder / "new.json").write_text(text, encoding="utf-8")
    with pytest.raises(CommandFileInvalid, match=wrong) as refused:
        command_files.load(folder)
    assert str(folder / "new.json") in str(refused.value)


def test_a_file_that_is_not_utf_8_is_refused_by_name(folder: Path) -> None:
    (folder / "new.json").write_bytes(b'{"name": "\xff"}')
    with pytest.raises(CommandFileInvalid, match=r"new\.json: is no JSON"):
        command_files.load(folder)


def test_a_file_that_cannot_be_read_is_refused_by_name(folder: Path) -> None:
    (folder / "new.json").symlink_to(folder / "gone")
    with pytest.raises(CommandFileInvalid, match="cannot be read"):
        command_files.load(folder)


def test_a_folder_without_commands_is_a_damaged_installation(tmp_path: Path) -> None:
    with pytest.raises(CommandFileInvalid, match="holds no command"):
        command_files.load(tmp_path)
