"""Whether a registered command is the wished one, whatever XNAT adds to it and leaves out of it.

Laws: XNAT drops keys that it does not know without a word, so what it shows is compared and not what was sent; a value
that is XNAT's default counts as absent on both sides (Container Service, Command and its parts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xnat_gate.core.platform import Body, Registered

KEYS = frozenset({
    # a command
    "name", "label", "description", "version", "schema-version", "info-url", "image", "type", "container-name",
    "working-directory", "command-line", "override-entrypoint", "mounts", "inputs", "outputs", "xnat",
    "environment-variables", "ports", "reserve-memory", "limit-memory", "limit-cpu", "shm-size", "runtime",
    "ipc-mode", "network", "auto-remove", "container-labels", "gpus", "generic-resources", "ulimits", "secrets",
    "visibility", "command-metadata",
    # its mounts, inputs, outputs and secrets
    "path", "writable", "required", "default-value", "replacement-key", "command-line-flag",
    "command-line-separator", "true-value", "false-value", "select-values", "multiple-delimiter", "sensitive",
    "matcher", "mount", "glob", "source", "destination", "identifier",
    # its wrappers, their inputs and handlers
    "contexts", "external-inputs", "derived-inputs", "output-handlers", "provides-value-for-command-input",
    "provides-files-for-command-mount", "via-setup-command", "user-settable", "load-children",
    "derived-from-wrapper-input", "derived-from-xnat-object-property", "multiple", "parser",
    "accepts-command-output", "as-a-child-of", "format", "content", "tags", "xsi-type", "via-wrapup-command",
})  # fmt: skip
"""What a command and its parts can have. What else XNAT shows is its own: `id`, and what later versions add."""

_ALWAYS: dict[str, Any] = {
    "override-entrypoint": False, "auto-remove": False, "visibility": "public", "writable": False, "multiple": False,
    "load-children": True, "user-settable": True, "sensitive": False,
    "multiple-delimiter": "space", "command-line-separator": " ",
}  # fmt: skip
_TYPES = {
    "": "docker",
    "inputs": "string",
    "external-inputs": "string",
    "derived-inputs": "string",
    "output-handlers": "Resource",
}
_REQUIRED = {"inputs": False, "outputs": False, "external-inputs": True, "derived-inputs": True}


def is_ours(command: Registered, wish: Body) -> bool:
    """Whether it runs the same program: a foreign command of our name does not."""
    return _program(command.body) == _program(wish)


def _program(body: Body) -> str:
    return next(iter(str(body.get("command-line") or "").split()), "")


def differing(wish: Body, registered: Body) -> tuple[str, ...]:
    """The keys in which the registered command is not the wished one, sorted."""
    wanted = _plain(wish, "")
    shown = _plain(_known(registered), "")
    return tuple(sorted(key for key in wanted.keys() | shown.keys() if wanted.get(key) != shown.get(key)))


def _known(part: Mapping[str, Any]) -> dict[str, Any]:
    """Without XNAT's own keys, here and in the parts of the parts."""
    return {
        key: [_known(each) for each in value] if _is_list_of_parts(value) else value
        for key, value in part.items()
        if key in KEYS
    }


def _is_list_of_parts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _plain(part: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Without what says nothing. `place` is the key of the list that the part stands in; "" is the command itself."""
    return dict(_telling(part, place))


def _telling(part: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    for key, value in part.items():
        if _is_list_of_parts(value):
            # which order XNAT reads its rows back in is its own affair
            parts = [_plain(each, key) for each in value]
            yield key, sorted(parts, key=lambda each: str(each.get("name", "")))
        elif not _says_nothing(key, value, part, place):
            yield key, sorted(value) if key == "contexts" else value


def _says_nothing(key: str, value: Any, part: Mapping[str, Any], place: str) -> bool:
    """Null, empty, or XNAT's default at this place."""
    if value is None or value in ("", [], {}):
        return True
    default = {
        **_ALWAYS,
        "type": _TYPES.get(place),
        "required": _REQUIRED.get(place),
        "replacement-key": f"#{part.get('name')}#",
    }.get(key)
    return default is not None and bool(value == default)
