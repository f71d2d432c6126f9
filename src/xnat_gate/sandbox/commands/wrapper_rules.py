"""The rules for one wrapper of a command: its inputs, what they are derived from, who takes the outputs.

Laws: an input is derived from one that was declared before it, a handler's parent likewise; every output of the command
has a handler in every wrapper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from xnat_gate.sandbox.commands.shaping import Shape

BAD_NAME = re.compile(r"[^A-Za-z0-9_-]")
INPUT_TYPES = (
    "string", "boolean", "number", "Directory", "File[]", "File", "file", "Project", "ProjectAsset", "Subject",
    "SubjectAssessor", "Session", "Scan", "Assessor", "Resource", "Config",
)  # fmt: skip
HANDLER_TYPES = ("Resource", "Assessor", "Scan")


class ServerBreaks(Exception):
    """The server's own check falls over: 500 instead of a list of errors."""


def blank(value: str | None) -> bool:
    return not (value or "").strip()


def repeated(parts: Sequence[Shape]) -> list[str]:
    """The names that were there before, once for each time."""
    names = [part["name"] for part in parts]
    return [name for index, name in enumerate(names) if name in names[:index]]


def name(value: str, when_blank: str, start: str) -> Iterator[str]:
    """The rules for a name of an input, an output or a handler."""
    if blank(value):
        yield when_blank
    if BAD_NAME.search(value):
        yield f"{start} name should contain only alphanumeric, _ and - characters."


def problems(command: Shape, wrapper: Shape) -> Iterator[str]:
    if blank(wrapper["name"]):
        yield "Command wrapper name cannot be blank."
    if any("name" not in handler for handler in wrapper["output-handlers"]):
        raise ServerBreaks("an output handler without a name")
    for line in (*_inputs(command, wrapper), *_handlers(command, wrapper)):
        yield f'wrapper "{wrapper["name"]}" - {line}'


def _inputs(command: Shape, wrapper: Shape) -> Iterator[str]:
    selects = {each["name"] for each in command["inputs"] if each["type"].startswith("select-")}
    selects |= {each["name"] for each in command["inputs"] if each["select-values"]}
    known: list[str] = []
    for kind in ("external", "derived"):
        for each in wrapper[f"{kind}-inputs"]:
            start = f'{kind} input "{each["name"]}"'
            if each["name"] in known:
                yield f'{kind} input name "{each["name"]}" is not unique.'
            known.append(each["name"])
            if kind == "derived":
                yield from _parent(each, known)
                yield from _multiple(each)
            fed = each.get("provides-value-for-command-input")
            if fed in selects:
                yield f'{start} provides values for command input "{fed}", which is a select type.'
            yield from _input(each)


def _input(each: Shape) -> Iterator[str]:
    start = f'Command wrapper input "{each["name"]}"'
    yield from name(each["name"], "Command wrapper input name cannot be blank.", start)
    if each["type"] not in INPUT_TYPES:
        yield f'{start} - Unknown type "{each["type"]}". Known types: {", ".join(INPUT_TYPES)}'
    if not blank(each.get("via-setup-command")) and blank(each.get("provides-files-for-command-mount")):
        yield (
            f'{start} - "via-setup-command": "{each["via-setup-command"]}" - You cannot set "via-setup-command" on an'
            " input that does not provide files for a command mount."
        )


def _parent(each: Shape, known: Sequence[str]) -> Iterator[str]:
    parent, start = each.get("derived-from-wrapper-input"), f'derived input "{each["name"]}"'
    if parent == each["name"]:
        yield f"{start} is derived from itself."
    if parent not in known:
        yield f'{start} is derived from an unknown XNAT input "{parent}". Known inputs: {", ".join(known)}'
    if blank(parent):
        yield (
            f'Command wrapper input "{each["name"]}" - property "derived-from-wrapper-input" cannot be blank.'
        )


def _multiple(each: Shape) -> Iterator[str]:
    if not each["multiple"]:
        return
    start = f'derived input "{each["name"]}" is designated as a "multiple" input, which means it'
    if not blank(each.get("provides-files-for-command-mount")):
        yield f"{start} cannot provide files for command mounts (consider mounting the parent element)."
    if blank(each.get("provides-value-for-command-input")):
        yield f"{start} must directly provide values for some command input."


def _handlers(command: Shape, wrapper: Shape) -> Iterator[str]:
    outputs = [output["name"] for output in command["outputs"]]
    inputs = {each["name"]: each for each in (*wrapper["external-inputs"], *wrapper["derived-inputs"])}
    before: list[str] = []
    for handler in wrapper["output-handlers"]:
        taken, parent = handler.get("accepts-command-output"), handler.get("as-a-child-of")
        if taken not in outputs:
            known = ", ".join(outputs)
            yield f'output handler refers to unknown command output "{taken}". Known outputs: {known}.'
        if parent not in inputs and parent not in before:
            yield (
                f'output handler does not refer to a known wrapper input or output. "as-a-child-of": "{parent}".'
                f"\nKnown inputs: {', '.join(inputs)}.\nKnown outputs (so far): {', '.join(before)}."
            )
        yield from _handled(handler, inputs.get(parent or "", {}))
        if handler["name"] in before:
            yield f'output handler name "{handler["name"]}" is not unique.'
        before.append(handler["name"])
        yield from _handler(handler)
    handled = {handler.get("accepts-command-output") for handler in wrapper["output-handlers"]}
    for output in dict.fromkeys(outputs):
        if output not in handled:
            yield f'command output "{output}" is not handled by any output handler.'


def _handled(handler: Shape, parent: Shape) -> Iterator[str]:
    start = f'output handler "{handler["name"]}" has "as-a-child-of": "{handler.get("as-a-child-of")}", but that input'
    if parent.get("multiple"):
        yield f"{start} is set to allow multiple values."
    if (prop := parent.get("derived-from-xnat-object-property", "uri")) != "uri":
        yield (
            f'{start}\'s value is set to "{prop}", which will cause the upload to'
            ' fail (a "uri" is required for upload).'
        )


def _handler(handler: Shape) -> Iterator[str]:
    start = f'Command wrapper output "{handler["name"]}"'
    for key in ("accepts-command-output", "as-a-child-of"):
        if blank(handler.get(key)):
            yield f'{start} - property "{key}" cannot be blank.'
    if handler["type"] not in HANDLER_TYPES:
        yield f'{start} - Unknown type "{handler["type"]}". Known types: {", ".join(HANDLER_TYPES)}'
    if handler["type"] == "Resource" and blank(handler.get("label")):
        yield f"{start} - when type = Resource, label cannot be blank."
    yield from name(handler["name"], "Command wrapper output - name cannot be blank.", start)
