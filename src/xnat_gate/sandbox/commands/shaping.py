"""What the server keeps of a command's JSON: the keys it knows, its defaults, scalars in their types.

Laws: an unknown key is dropped without a word; null is as if it were not there; text is made a number or a boolean and
the other way round, as Jackson does; registering reads `ipcMode` and `as-a-child-of-wrapper-input` where an update
reads `ipc-mode` alone. Shaping what is shaped changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xnat_gate.sandbox.commands.scalars import Unreadable, boolean, fraction, text, whole

__all__ = ["Shape", "Unreadable", "kept", "of", "wrapper"]

Shape = dict[str, Any]
Kind = Callable[[object], Any]
INPUT_TYPES = ("string", "boolean", "number", "select-one", "select-many", "file", "File")
DOCKER_ONLY = ("auto-remove", "shm-size", "network", "container-labels", "ports", "index", "hash")


@dataclass(frozen=True, slots=True)
class Form:
    """The keys of an object with what each holds; `needed` are those without which it cannot be read."""

    keys: Mapping[str, Kind]
    defaults: Mapping[str, object] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()

    def __call__(self, value: object) -> Shape:
        if not isinstance(value, dict):
            raise Unreadable(f"not an object: {value!r}")
        read = {name: kind(value[name]) for name, kind in self.keys.items() if value.get(name) is not None}
        if missing := self.needed - read.keys():
            raise Unreadable(f"Missing required properties: {', '.join(sorted(missing))}")
        return {**{name: _fresh(default) for name, default in self.defaults.items()}, **read}


def anything(value: object) -> object:
    return value


def texts(value: object) -> list[str]:
    return [text(each) for each in _list(value)]


def distinct(value: object) -> list[str]:
    return list(dict.fromkeys(texts(value)))


def words(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or None in value.values():
        raise Unreadable(f"not an object of texts: {value!r}")
    return {name: text(each) for name, each in value.items()}


def each_of(form: Form) -> Kind:
    return lambda value: [form(each) for each in _list(value)]


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Unreadable(f"not a list: {value!r}")
    return value


def _fresh(default: object) -> object:
    return type(default)() if isinstance(default, (list, dict)) else default


def _texts_of(names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), text)


MOUNT = Form({"name": text, "path": text, "writable": boolean}, {"name": "", "writable": False})
INPUT = Form(
    {
        **_texts_of(
            "name label description type default-value replacement-key command-line-flag command-line-separator"
            " true-value false-value multiple-delimiter matcher"
        ),
        "required": boolean,
        "sensitive": boolean,
        "select-values": texts,
    },
    {"type": "string", "required": False, "select-values": [], "command-line-flag": ""},
    frozenset({"name"}),
)
OUTPUT = Form({**_texts_of("name description mount path glob"), "required": boolean}, {"required": False})
WRAPPER_INPUT = {
    **_texts_of(
        "name label description type matcher default-value replacement-key provides-value-for-command-input"
        " provides-files-for-command-mount via-setup-command"
    ),
    **dict.fromkeys(("required", "user-settable", "load-children", "sensitive"), boolean),
}
WRAPPER_DEFAULTS = {"type": "string", "required": True, "load-children": True}
EXTERNAL = Form(WRAPPER_INPUT, WRAPPER_DEFAULTS, frozenset({"name"}))
DERIVED = Form(
    {
        **WRAPPER_INPUT,
        **_texts_of("derived-from-wrapper-input derived-from-xnat-object-property parser"),
        "multiple": boolean,
    },
    {**WRAPPER_DEFAULTS, "multiple": False},
    frozenset({"name"}),
)
HANDLER = Form(
    {
        **_texts_of(
            "name accepts-command-output as-a-child-of type label format description content xsi-type"
            " via-wrapup-command"
        ),
        "tags": texts,
    },
    {"type": "Resource", "tags": []},
)
WRAPPER = Form(
    {
        **_texts_of("name label description"),
        "contexts": distinct,
        "external-inputs": each_of(EXTERNAL),
        "derived-inputs": each_of(DERIVED),
        "output-handlers": each_of(HANDLER),
    },
    {"name": "", "contexts": [], "external-inputs": [], "derived-inputs": [], "output-handlers": []},
)
END = Form({"type": text, "identifier": text}, needed=frozenset({"type", "identifier"}))
SECRET = Form({"source": END, "destination": END}, needed=frozenset({"source", "destination"}))
COMMAND = Form(
    {
        **_texts_of(
            "name label description version schema-version info-url image container-name type index hash"
            " working-directory command-line runtime ipc-mode network gpus visibility"
        ),
        "override-entrypoint": boolean,
        "auto-remove": boolean,
        "reserve-memory": whole,
        "limit-memory": whole,
        "shm-size": whole,
        "limit-cpu": fraction,
        "command-metadata": anything,
        **dict.fromkeys(
            ("environment-variables", "ports", "container-labels", "generic-resources", "ulimits"), words
        ),
        "mounts": each_of(MOUNT),
        "inputs": each_of(INPUT),
        "outputs": each_of(OUTPUT),
        "xnat": each_of(WRAPPER),
        "secrets": each_of(SECRET),
    },
    {
        "type": "docker", "override-entrypoint": False, "auto-remove": False, "visibility": "public",
        "environment-variables": {}, "ports": {}, "mounts": [], "inputs": [], "outputs": [], "xnat": [], "secrets": [],
    },
)  # fmt: skip


def of(body: object, *, creating: bool = False) -> Shape:
    """A command as it is read from a body; `creating` also from a label. Raises Unreadable."""
    if creating and isinstance(body, dict):
        body = {key: value for key, value in body.items() if key != "ipc-mode"}
        body["ipc-mode"] = body.pop("ipcMode", None)
        if isinstance(body.get("xnat"), list):
            body["xnat"] = [_with_old_key(each) for each in body["xnat"]]
    return COMMAND(body)


def wrapper(body: object, *, creating: bool = False) -> Shape:
    """A single wrapper as it is read from a body. Raises Unreadable."""
    return WRAPPER(_with_old_key(body) if creating else body)


def kept(command: Shape) -> Shape:
    """A valid command as it is stored: an unknown input type is `string`, setup and wrapup lose what is Docker's."""
    inputs = [
        each if each["type"] in INPUT_TYPES else {**each, "type": "string"} for each in command["inputs"]
    ]
    dropped = () if command["type"] == "docker" else DOCKER_ONLY
    rest = {name: value for name, value in command.items() if name not in dropped}
    return {**rest, "inputs": inputs, "visibility": command["visibility"].lower()}


def _with_old_key(body: object) -> object:
    """A wrapper whose handlers name their parent by the old key, where they do not by the new one."""
    if not isinstance(body, dict) or not isinstance(body.get("output-handlers"), list):
        return body
    old = "as-a-child-of-wrapper-input"
    handlers = [
        {"as-a-child-of": each[old], **each} if isinstance(each, dict) and old in each else each
        for each in body["output-handlers"]
    ]
    return {**body, "output-handlers": handlers}
