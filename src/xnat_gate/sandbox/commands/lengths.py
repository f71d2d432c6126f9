"""How long the texts of a command may be in the database's columns.

Laws: 255 characters, but descriptions, default values and the command line, which have no limit; metadata and secrets
are JSON. The server finds out only when it saves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

LONGEST = 255
UNLIMITED = frozenset({"description", "default-value", "command-line", "command-metadata", "secrets"})
HANDLERS = "output-handlers"


def too_long(command: Mapping[str, object]) -> list[str]:
    """The keys of the texts that do not fit."""
    return [path for path, value in _texts("", command, UNLIMITED) if len(value) > LONGEST]


def _texts(path: str, value: object, unlimited: frozenset[str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(path, each, unlimited)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if key not in unlimited:
                # a handler's description is a template of 255, unlike the others
                inside = frozenset[str]() if key == HANDLERS else unlimited
                yield from _texts(f"{path}.{key}".lstrip("."), each, inside)
            if path.endswith(("environment-variables", "ports")):
                yield f"{path}.{key}", key
