"""What is wrong with a command: by the schema beside it, by the server's rules, and by what neither of them sees."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from xnat_gate.edge import command_files
from xnat_gate.sandbox.commands import rules

FOLDER = Path(__file__).resolve().parents[2] / "commands"
SCHEMA = json.loads((FOLDER / "command.schema.json").read_text(encoding="utf-8"))
FILES = sorted(path for path in FOLDER.glob("*.json") if path.name != "command.schema.json")
KEY = re.compile(r"#[A-Za-z0-9_-]+#")
PATIENT = frozenset(
    {("move-session", "destination"), ("move-session", "reason"), ("resolve-conflict", "row")}
)
"""Inputs without which a command cannot run, and which only a person can tell."""

Shape = dict[str, Any]


def completed(path: Path) -> Shape:
    """The command of a file as the package gives it to XNAT."""
    return dict(command_files.completed(json.loads(path.read_text(encoding="utf-8")), path).definition)


def by_schema(command: Shape) -> list[str]:
    """One line for each error: where, and which word of the schema is not kept."""
    errors = Draft202012Validator(SCHEMA).iter_errors(command)
    return [
        f"{'/'.join(str(part) for part in error.absolute_path)} {error.validator}: {error.message}"
        for error in errors
    ]


def by_lints(command: Shape) -> list[str]:
    """What the server takes without a word and what then does not work."""
    return [*_targets(command), *_keys(command), *_values(command)]


def problems(command: Shape) -> list[str]:
    return [*by_schema(command), *rules.problems(command), *by_lints(command)]


def _targets(command: Shape) -> Iterator[str]:
    """Wrapper inputs that provide for what there is not."""
    places = {"value-for-command-input": "inputs", "files-for-command-mount": "mounts"}
    for wrapper in command["xnat"]:
        for each in _wrapper_inputs(wrapper):
            for end, part in places.items():
                target = each.get(f"provides-{end}")
                if target is not None and target not in _names(command, part):
                    yield f"{wrapper['name']}: {each['name']} provides for {target}, which is not among the {part}"


def _keys(command: Shape) -> Iterator[str]:
    """Replacement keys that nothing replaces, and command inputs that go nowhere."""
    own = {_key(each) for each in command["inputs"]}
    everybody = own | {_key(each) for wrapper in command["xnat"] for each in _wrapper_inputs(wrapper)}
    line = set(KEY.findall(command["command-line"]))
    texts = [
        *command.get("environment-variables", {}).values(),
        *(mount["path"] for mount in command["mounts"]),
        *(output.get("path", "") for output in command["outputs"]),
    ]
    used = {key for text in texts for key in KEY.findall(text)}
    for key in sorted(line - own):
        yield f"{key} stays as it is in the command line: no command input has it"
    for key in sorted(used - everybody):
        yield f"{key} stays as it is: no input has it"
    for key in sorted(own - line - used):
        yield f"{key} is used nowhere"


def _values(command: Shape) -> Iterator[str]:
    """Required command inputs that neither the wrapper nor a default fills, and that nobody is asked for."""
    for wrapper in command["xnat"]:
        fed = {each.get("provides-value-for-command-input") for each in _wrapper_inputs(wrapper)}
        for each in command["inputs"]:
            filled = each["name"] in fed or "default-value" in each or not each.get("required", False)
            if not filled and (command["name"], each["name"]) not in PATIENT:
                yield f"{wrapper['name']}: nothing fills the required input {each['name']}"


def _wrapper_inputs(wrapper: Mapping[str, Any]) -> list[Shape]:
    return [*wrapper.get("external-inputs", []), *wrapper.get("derived-inputs", [])]


def _names(command: Shape, part: str) -> set[str]:
    return {each["name"] for each in command[part]}


def _key(each: Shape) -> str:
    return str(each.get("replacement-key") or f"#{each['name']}#")
