"""The rules a command must keep to be registered, each with the line the server answers.

Laws: all that is wrong is told at once; what the server does not check is not checked here (unknown targets of
`provides-...`, contexts, matchers); `ServerBreaks` where the server's own check falls over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from xnat_gate.sandbox.commands import shaping, wrapper_rules
from xnat_gate.sandbox.commands.shaping import Shape
from xnat_gate.sandbox.commands.wrapper_rules import ServerBreaks, blank, repeated

__all__ = ["ServerBreaks", "problems", "tagged"]

TAGGED = re.compile(r".+:[a-zA-Z0-9_.-]+")
TYPES = ("docker", "docker-setup", "docker-wrapup")
VISIBILITIES = ("public", "private", "protected")
DELIMITERS = ("quoted-space", "space", "comma", "flag")
SELECTS = ("select-one", "select-many")
RESERVED = ("XNAT_USER", "XNAT_PASS", "XNAT_HOST")
NOT_IN_SETUP = {
    "mounts": "mounts", "inputs": "inputs", "outputs": "outputs", "xnat": "wrappers",
    "environment-variables": "environment variables", "ports": "ports", "secrets": "secrets",
}  # fmt: skip


def tagged(image: str) -> str:
    """The image as a new command gets it: with `:latest` when it has no tag."""
    return image if not image or TAGGED.fullmatch(image) else f"{image}:latest"


def problems(command: dict[str, Any]) -> list[str]:
    """What keeps this command from being registered. Raises shaping.Unreadable, ServerBreaks."""
    shape = shaping.of(command)
    start = f'Command "{shape.get("name", "")}" - '
    found = ["Command name cannot be blank."] if blank(shape.get("name")) else []
    image = shape.get("image", "")
    if blank(image):
        found.append(f"{start}image name cannot be blank.")
    if image and not TAGGED.fullmatch(image):
        found.append(f"{start}image name must include version tag. e.g. image_name:tag")
    if shape["visibility"].lower() not in VISIBILITIES:
        found.append(f'{start}unknown visibility "{shape["visibility"]}". Known: {", ".join(VISIBILITIES)}')
    match shape["type"]:
        case "docker":
            return found + [f"{start}{line}" for line in _docker(shape)]
        case "docker-setup" | "docker-wrapup" as kind:
            return found + [f"{start}{line}" for line in _setup(shape, kind.removeprefix("docker-"))]
    known = ", ".join(TYPES)
    return [*found, f'{start}Cannot validate command of type "{shape["type"]}". Known types: {known}']


def _docker(command: Shape) -> Iterator[str]:
    for value in command.get("ulimits", {}).values():
        if not value or len(value.rstrip(":").split(":")) > 2:
            yield (
                f' incorrect ulimit format: {value}. Should be "name" : "softlimit:hardlimit" or "name" : "limit"'
            )
    yield from _secrets(command)
    yield from _mounts(command["mounts"])
    yield from _inputs(command["inputs"])
    yield from _outputs(command)
    yield from (f'wrapper name "{name}" is not unique.' for name in repeated(command["xnat"]))
    for each in command["xnat"]:
        yield from wrapper_rules.problems(command, each)


def _setup(command: Shape, kind: str) -> Iterator[str]:
    for key, word in NOT_IN_SETUP.items():
        if command[key]:
            yield f" {kind.capitalize()} commands cannot declare any {word}."


def _secrets(command: Shape) -> Iterator[str]:
    for secret in command["secrets"]:
        name = secret["destination"]["identifier"]
        if name in RESERVED:
            yield f'secret destination "{name}" is reserved.'
        if name in command["environment-variables"]:
            yield f'secret destination "{name}" is an environment variable as well.'


def _mounts(mounts: list[Shape]) -> Iterator[str]:
    yield from (f'mount name "{name}" is not unique.' for name in repeated(mounts))
    for mount in mounts:
        if blank(mount["name"]):
            yield "Mount name cannot be blank."
        if blank(mount.get("path")):
            yield f'Mount "{mount["name"]}" path cannot be blank.'


def _inputs(inputs: list[Shape]) -> Iterator[str]:
    yield from (f'input name "{name}" is not unique.' for name in repeated(inputs))
    for each in inputs:
        yield from wrapper_rules.name(
            each["name"], "Command input name cannot be blank", f'Command input "{each["name"]}"'
        )
        delimiter = each.get("multiple-delimiter")
        if delimiter is not None and delimiter not in DELIMITERS:
            yield f'Invalid multiple-delimiter "{delimiter}", choose from: {", ".join(DELIMITERS)}'
        yield from _choices(each)


def _choices(each: Shape) -> Iterator[str]:
    start, values, default = (
        f'Command input "{each["name"]}"',
        each["select-values"],
        each.get("default-value"),
    )
    if each["type"] in SELECTS and not values:
        yield f'{start} is designated as type "{each["type"]}" but doesn\'t list select-values.'
    elif each["type"] not in SELECTS and values:
        yield f"{start} has select-values set, but is not a select type."
    if each["type"] == "select-many":
        if default is None:
            raise ServerBreaks(f"{start}: select-many without a default-value")
        if (chosen := _listed(default)) is not None:
            if values and not set(chosen) <= set(values):
                yield f'{start} one or more default values in "{default}" is not in the list of select-values'
            return
    if default is not None and values and default not in values:
        yield f'{start} default value "{default}" is not one of the select-values "{", ".join(values)}"'


def _listed(default: str) -> Iterable[str] | None:
    """A default that is a JSON list."""
    try:
        value = json.loads(default)
    except ValueError:
        return None
    return [str(each) for each in value] if isinstance(value, list) else None


def _outputs(command: Shape) -> Iterator[str]:
    mounts = [mount["name"] for mount in command["mounts"]]
    if any("name" not in output for output in command["outputs"]):
        raise ServerBreaks("an output without a name")
    yield from (f'output name "{name}" is not unique.' for name in repeated(command["outputs"]))
    for output in command["outputs"]:
        start = f'output "{output["name"]}"'
        if output.get("mount") not in mounts:
            known = ", ".join(mounts)
            yield f'{start} references unknown mount "{output.get("mount")}". Known mounts: {known}'
        if blank(output.get("mount")):
            yield f'Output "{output["name"]}" - mount cannot be blank.'
        yield from wrapper_rules.name(
            output["name"], "Output name cannot be blank.", f'Command output "{output["name"]}"'
        )
