"""What every rule refuses: one broken command for each."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.commands.judging import SCHEMA, Shape, by_lints, by_schema, problems, rules
from xnat_gate.sandbox.commands import lengths, shaping

GONE = object()
GOOD: Shape = {
    "name": "sort", "label": "Sort", "description": "Sorts.", "version": "1", "image": "some/where:1",
    "type": "docker", "command-line": "sort #which# #kind# #kinds# #quick#",
    "environment-variables": {"OWN": "#who#"}, "ulimits": {"nofile": "10:20"},
    "mounts": [{"name": "in", "path": "/input"}, {"name": "out", "path": "/output", "writable": True}],
    "inputs": [
        {"name": "which", "label": "Which", "description": "Which.", "type": "string", "required": True},
        {"name": "kind", "label": "Kind", "description": "Kind.", "type": "select-one", "select-values": ["a", "b"],
         "default-value": "a", "multiple-delimiter": "comma"},
        {"name": "kinds", "label": "Kinds", "description": "Kinds.", "type": "select-many",
         "select-values": ["a", "b"], "default-value": "[\"a\"]"},
        {"name": "quick", "label": "Quick", "description": "Quick.", "type": "boolean", "default-value": "true"},
    ],
    "outputs": [{"name": "sorted", "required": True, "mount": "out"}],
    "secrets": [{"source": {"type": "system-property", "identifier": "a.b"},
                 "destination": {"type": "environment-variable", "identifier": "MY_TOKEN"}}],
    "xnat": [{
        "name": "sort a session", "label": "Sort", "description": "Sorts it.", "contexts": ["xnat:imageSessionData"],
        "external-inputs": [{"name": "session", "type": "Session", "provides-files-for-command-mount": "in"}],
        "derived-inputs": [
            {"name": "scan", "type": "Scan", "derived-from-wrapper-input": "session"},
            {"name": "which-scan", "type": "string", "derived-from-wrapper-input": "scan", "multiple": True,
             "derived-from-xnat-object-property": "id", "provides-value-for-command-input": "which"},
            {"name": "who", "type": "string", "derived-from-wrapper-input": "session",
             "derived-from-xnat-object-property": "label"},
        ],
        "output-handlers": [{"name": "keep", "accepts-command-output": "sorted", "as-a-child-of": "session",
                             "type": "Resource", "label": "SORTED"}],
    }],
}  # fmt: skip


def changed(path: str, value: object) -> Shape:
    """The good command with one thing changed: `a/0/b`, an index behind the end appends, GONE takes away."""
    command = copy.deepcopy(GOOD)
    *way, last = path.split("/")
    place: Any = command
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    if value is GONE:
        del place[last]
    elif isinstance(place, list) and int(last) >= len(place):
        place.append(value)
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return command


def test_the_schema_is_one_and_the_good_command_keeps_it() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert problems(GOOD) == []


X = "xnat/0"
SELECT = {"name": "kind", "label": "K", "description": "K.", "type": "select-one"}
BY_THE_SERVER = [
    ("name", " ", "Command name cannot be blank."),
    ("image", "", "image name cannot be blank."),
    ("image", "host:5000/img", "image name must include version tag. e.g. image_name:tag"),
    ("image", "img:a tag", "image name must include version tag"),
    ("type", "Docker", 'Cannot validate command of type "Docker". Known types: docker, docker-setup'),
    ("visibility", "secret", 'unknown visibility "secret"'),
    ("ulimits/nofile", "1:2:3", "incorrect ulimit format: 1:2:3."),
    ("ulimits/nofile", "", "incorrect ulimit format: ."),
    ("secrets/0/destination/identifier", "XNAT_PASS", 'secret destination "XNAT_PASS" is reserved.'),
    ("secrets/0/destination/identifier", "OWN", 'secret destination "OWN" is an environment variable as well.'),
    ("mounts/0/name", "", "Mount name cannot be blank."),
    ("mounts/0/path", " ", 'Mount "in" path cannot be blank.'),
    ("mounts/1/name", "in", 'mount name "in" is not unique.'),
    ("inputs/0/name", "", "Command input name cannot be blank"),
    ("inputs/0/name", "wh ich", 'Command input "wh ich" name should contain only alphanumeric, _ and - characters.'),
    ("inputs/1/name", "which", 'input name "which" is not unique.'),
    ("inputs/1/multiple-delimiter", "tab", 'Invalid multiple-delimiter "tab", choose from: quoted-space, space'),
    ("inputs/1/select-values", [], 'is designated as type "select-one" but doesn\'t list select-values.'),
    ("inputs/0/select-values", ["a"], 'Command input "which" has select-values set, but is not a select type.'),
    ("inputs/1/default-value", "c", 'Command input "kind" default value "c" is not one of the select-values "a, b"'),
    ("inputs/2/default-value", '["a", "c"]', 'one or more default values in "["a", "c"]" is not in the list'),
    ("inputs/2/default-value", "c", 'Command input "kinds" default value "c" is not one of the select-values'),
    ("outputs/0/name", "", "Output name cannot be blank."),
    ("outputs/0/name", "a.b", 'Command output "a.b" name should contain only alphanumeric, _ and - characters.'),
    ("outputs/1", {"name": "sorted", "required": True, "mount": "out"}, 'output name "sorted" is not unique.'),
    ("outputs/0/mount", "", 'Output "sorted" - mount cannot be blank.'),
    ("outputs/0/mount", "away", 'output "sorted" references unknown mount "away". Known mounts: in, out'),
    ("outputs/1", {"name": "log", "required": True, "mount": "out"},
     'wrapper "sort a session" - command output "log" is not handled by any output handler.'),
    (f"{X}/output-handlers", [], 'command output "sorted" is not handled by any output handler.'),
    (f"{X}/name", "", "Command wrapper name cannot be blank."),
    ("xnat/1", GOOD["xnat"][0], 'wrapper name "sort a session" is not unique.'),
    (f"{X}/external-inputs/0/name", "", "Command wrapper input name cannot be blank."),
    (f"{X}/external-inputs/0/name", "ses sion", 'Command wrapper input "ses sion" name should contain only'),
    (f"{X}/derived-inputs/0/name", "session", 'derived input name "session" is not unique.'),
    (f"{X}/external-inputs/1", {"name": "session", "type": "Session"}, 'external input name "session" is not unique.'),
    (f"{X}/external-inputs/0/type", "session", 'Command wrapper input "session" - Unknown type "session".'),
    (f"{X}/derived-inputs/2/via-setup-command", "a:1", 'You cannot set "via-setup-command" on an input that does not'),
    (f"{X}/derived-inputs/2/provides-value-for-command-input", "kind",
     'derived input "who" provides values for command input "kind", which is a select type.'),
    (f"{X}/external-inputs/0/provides-value-for-command-input", "kinds",
     'external input "session" provides values for command input "kinds", which is a select type.'),
    (f"{X}/derived-inputs/0/derived-from-wrapper-input", "", 'property "derived-from-wrapper-input" cannot be blank.'),
    (f"{X}/derived-inputs/0/derived-from-wrapper-input", "scan", 'derived input "scan" is derived from itself.'),
    (f"{X}/derived-inputs/0/derived-from-wrapper-input", "who",
     'derived input "scan" is derived from an unknown XNAT input "who". Known inputs: session, scan'),
    (f"{X}/derived-inputs/1/provides-files-for-command-mount", "in", "cannot provide files for command mounts"),
    (f"{X}/derived-inputs/1/provides-value-for-command-input", GONE, "must directly provide values for some command"),
    (f"{X}/output-handlers/0/name", "", "Command wrapper output - name cannot be blank."),
    (f"{X}/output-handlers/0/name", "ke ep", 'Command wrapper output "ke ep" name should contain only alphanumeric'),
    (f"{X}/output-handlers/1", GOOD["xnat"][0]["output-handlers"][0], 'output handler name "keep" is not unique.'),
    (f"{X}/output-handlers/0/accepts-command-output", "log",
     'output handler refers to unknown command output "log". Known outputs: sorted.'),
    (f"{X}/output-handlers/0/accepts-command-output", GONE, 'property "accepts-command-output" cannot be blank.'),
    (f"{X}/output-handlers/0/as-a-child-of", GONE, 'property "as-a-child-of" cannot be blank.'),
    (f"{X}/output-handlers/0/as-a-child-of", "keep",
     'output handler does not refer to a known wrapper input or output. "as-a-child-of": "keep".'),
    (f"{X}/output-handlers/0/as-a-child-of", "which-scan", "but that input is set to allow multiple values."),
    (f"{X}/output-handlers/0/as-a-child-of", "who", "but that input's value is set to \"label\", which will cause"),
    (f"{X}/output-handlers/0/type", "resource", 'Command wrapper output "keep" - Unknown type "resource".'),
    (f"{X}/output-handlers/0/label", " ", "when type = Resource, label cannot be blank."),
    ("type", "docker-setup", "Setup commands cannot declare any mounts."),
    ("type", "docker-setup", "Setup commands cannot declare any inputs."),
    ("type", "docker-setup", "Setup commands cannot declare any outputs."),
    ("type", "docker-wrapup", "Wrapup commands cannot declare any wrappers."),
    ("type", "docker-wrapup", "Wrapup commands cannot declare any environment variables."),
    ("type", "docker-wrapup", "Wrapup commands cannot declare any secrets."),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "expected"), BY_THE_SERVER)
def test_the_server_refuses_a_broken_command_and_says_why(path: str, value: object, expected: str) -> None:
    found = rules.problems(changed(path, value))
    assert [line for line in found if expected in line], found


BY_THE_SCHEMA = [
    ("colour", "red", " additionalProperties: "),
    ("gpus", "all", " additionalProperties: "),
    ("inputs/0/user-settable", False, "inputs/0 additionalProperties: "),
    ("inputs/0/matcher", "@.a", "inputs/0 additionalProperties: "),
    ("mounts/0/required", True, "mounts/0 additionalProperties: "),
    ("outputs/0/glob", "*.dcm", "outputs/0 additionalProperties: "),
    (f"{X}/derived-inputs/0/provides-value-to-command-input", "which", f"{X}/derived-inputs/0 additionalProperties: "),
    (f"{X}/output-handlers/0/resource", "A", f"{X}/output-handlers/0 additionalProperties: "),
    ("environment-variables/XNAT_HOST", "x", "environment-variables not: "),
    ("environment-variables/XNAT_USER", "x", "environment-variables not: "),
    ("environment-variables/XNAT_PASS", "x", "environment-variables not: "),
    ("environment-variables/XNAT_WORKFLOW_ID", "x", "environment-variables not: "),
    ("environment-variables/XNAT_EVENT_ID", "x", "environment-variables not: "),
    ("secrets/0/destination/identifier", "XNAT_EVENT_ID", "secrets/0/destination/identifier not: "),
    (f"{X}/contexts", [], f"{X}/contexts minItems: "),
    (f"{X}/contexts", GONE, f"{X} required: 'contexts'"),
    (f"{X}/description", GONE, f"{X} required: 'description'"),
    ("description", GONE, " required: 'description'"),
    ("version", GONE, " required: 'version'"),
    ("label", "Sort (quickly)", "label pattern: "),
    (f"{X}/label", "Sort; then stop", f"{X}/label pattern: "),
    (f"{X}/description", "Sort `it`", f"{X}/description pattern: "),
    ("inputs/0/description", "this || that", "inputs/0/description pattern: "),
    ("inputs/0/default-value", "this && that", "inputs/0/default-value pattern: "),
    ("inputs/1/select-values/2", "c(1)", "inputs/1/select-values/2 pattern: "),
    (f"{X}/external-inputs/0/default-value", "a;b", f"{X}/external-inputs/0/default-value pattern: "),
    ("label", "x" * 256, "label maxLength: "),
    ("environment-variables/OWN", "x" * 256, "environment-variables/OWN maxLength: "),
    (f"{X}/derived-inputs/0/matcher", "x" * 256, f"{X}/derived-inputs/0/matcher maxLength: "),
    ("mounts/0/path", "/" + "x" * 255, "mounts/0/path maxLength: "),
    ("mounts/0/path", "input", "mounts/0/path pattern: "),
    ("mounts/0/name", "In_put", "mounts/0/name pattern: "),
    ("inputs/0/type", "text", "inputs/0/type enum: "),
    (f"{X}/derived-inputs/0/type", "number", f"{X}/derived-inputs/0/type enum: "),
    (f"{X}/external-inputs/0/type", "Config", f"{X}/external-inputs/0/type enum: "),
    ("outputs/0/required", GONE, "outputs/0 required: 'required'"),
    ("container-name", "sorter", "container-name pattern: "),
    ("ipc-mode", "host", " dependentRequired: 'ipcMode'"),
    ("auto-remove", True, "auto-remove const: "),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "expected"), BY_THE_SCHEMA)
def test_the_schema_refuses_what_would_be_lost_or_fail_later(path: str, value: object, expected: str) -> None:
    command = changed(path, value)
    assert [line for line in by_schema(command) if line.startswith(expected)], by_schema(command)


@pytest.mark.parametrize(("path", "value"), [each[:2] for each in BY_THE_SCHEMA])
def test_the_server_would_have_taken_it_without_a_word(path: str, value: object) -> None:
    assert rules.problems(changed(path, value)) == []


BY_THE_LINTS = [
    (f"{X}/derived-inputs/2/provides-value-for-command-input", "whom",
     "sort a session: who provides for whom, which is not among the inputs"),
    (f"{X}/external-inputs/0/provides-files-for-command-mount", "input",
     "sort a session: session provides for input, which is not among the mounts"),
    ("command-line", "sort #which# #kind# #kinds# #quick# #session#",
     "#session# stays as it is in the command line: no command input has it"),
    ("environment-variables/OWN", "#nobody#", "#nobody# stays as it is: no input has it"),
    ("command-line", "sort #which# #kind# #kinds#", "#quick# is used nowhere"),
    ("inputs/4", {"name": "must", "label": "M", "description": "M.", "type": "string", "required": True},
     "sort a session: nothing fills the required input must"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "expected"), BY_THE_LINTS)
def test_what_neither_sees_is_found_as_well(path: str, value: object, expected: str) -> None:
    command = changed(path, value)
    assert (by_schema(command), rules.problems(command)) == ([], [])
    assert expected in by_lints(command)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("inputs/2/default-value", GONE),
        ("outputs/0/name", GONE),
        (f"{X}/output-handlers/0/name", GONE),
    ],
)
def test_the_schema_refuses_what_makes_the_server_fall_over(path: str, value: object) -> None:
    command = changed(path, value)
    with pytest.raises(rules.ServerBreaks):
        rules.problems(command)
    assert by_schema(command)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("inputs/0/name", GONE),
        (f"{X}/external-inputs/0/name", GONE),
        ("limit-memory", "much"),
        ("override-entrypoint", "perhaps"),
        ("environment-variables/OWN", None),
        ("mounts", {}),
        ("secrets/0/source", GONE),
        ("label", ["a"]),
    ],
)
def test_the_schema_refuses_what_the_server_cannot_read(path: str, value: object) -> None:
    command = changed(path, value)
    with pytest.raises(shaping.Unreadable):
        rules.problems(command)
    assert by_schema(command)


def test_every_text_of_255_is_found_and_the_long_ones_are_left_alone() -> None:
    long = "x" * 256
    command = changed("description", long)
    command["command-line"] = command["inputs"][0]["default-value"] = long
    command[X.partition("/")[0]][0]["description"] = long
    assert lengths.too_long(shaping.of(command)) == []
    handler = command["xnat"][0]["output-handlers"][0]
    handler["description"] = handler["label"] = command["environment-variables"][long] = long
    assert sorted(lengths.too_long(shaping.of(command))) == [
        f"environment-variables.{long}", f"environment-variables.{long}",
        "xnat.output-handlers.description", "xnat.output-handlers.label",
    ]  # fmt: skip
