"""The structure of a protocol against its JSON schema: the only door to jsonschema.

Law: a second opinion. It adds what the parser has overlooked and repeats nothing that has been said already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator

from xnat_gate.core.protocol import Document, Fault, Node, Table, plain
from xnat_gate.core.protocol.document import Plain
from xnat_gate.core.protocol.schema import schema

if TYPE_CHECKING:
    from jsonschema import ValidationError

_VALIDATOR = Draft202012Validator(schema())


MOST_SPOKEN = 100
"""After so many faults a second opinion helps nobody, and would take long."""


def structure_faults(document: Document, told: Iterable[Fault] = ()) -> Iterator[Fault]:
    """What the schema refuses about keys of which nobody has spoken yet."""
    spoken = {fault.key for fault in told}
    if len(spoken) > MOST_SPOKEN:
        return
    for error in islice(_VALIDATOR.iter_errors(_without_blanks(plain(document))), MOST_SPOKEN):
        path = [part for part in error.absolute_path if isinstance(part, str | int)]
        key = _key(path)
        if not any(_of_one_line(key, told) for told in spoken):
            place = _node_at(document, path)
            yield Fault(place.line, place.column, key, _short(error), "see protocol/README.md")


def _without_blanks(value: Plain) -> Plain:
    """As the parser reads texts."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [_without_blanks(item) for item in value]
    return {key: _without_blanks(item) for key, item in value.items()} if isinstance(value, dict) else value


def _key(path: list[str | int]) -> str:
    """`rules[2].when.Modality`, counted from 1."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _of_one_line(path: str, key: str) -> bool:
    """Whether one of the two keys is, or stands above, the other."""
    return path in {"", key} or key == "" or _above(path, key) or _above(key, path)


def _above(key: str, other: str) -> bool:
    return other.startswith((f"{key}.", f"{key}["))


def _short(error: ValidationError) -> str:
    return f"does not fit the schema ({error.validator})"


def _node_at(document: Document, path: list[str | int]) -> Node:
    found = document
    for part in path:
        if isinstance(part, int):
            found = found.value[part] if isinstance(found.value, tuple) else found
        else:
            entries = found.value.entries if isinstance(found.value, Table) else ()
            found = next((value for key, value in reversed(entries) if key.written == part), found)
    return found
