"""The structure of a protocol against its JSON schema: the only door to jsonschema.

Law: a second opinion. It adds what the parser has overlooked and repeats nothing that has been said already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator

from xnat_gate.core.protocol import Document, Fault, Node, Table, plain
from xnat_gate.core.protocol.schema import schema

if TYPE_CHECKING:
    from jsonschema import ValidationError

_VALIDATOR = Draft202012Validator(schema())


def structure_faults(document: Document, told: Iterable[Fault] = ()) -> Iterator[Fault]:
    """What the schema refuses about keys of which nobody has spoken yet."""
    spoken = [fault.key for fault in told]
    for error in _VALIDATOR.iter_errors(plain(document)):
        path = [str(part) for part in error.absolute_path if isinstance(part, str)]
        if not any(_of_one_line(".".join(path), key) for key in spoken):
            place = _node_at(document, path)
            yield Fault(place.line, place.column, ".".join(path), _short(error), "see protocol/README.md")


def _of_one_line(path: str, key: str) -> bool:
    """Whether one of the two keys is, or stands above, the other."""
    return path in {"", key} or key == "" or path.startswith(f"{key}.") or key.startswith(f"{path}.")


def _short(error: ValidationError) -> str:
    return f"does not fit the schema ({error.validator})"


def _node_at(document: Document, path: list[str]) -> Node:
    found = document
    for name in path:
        entries = found.value.entries if isinstance(found.value, Table) else ()
        found = next((value for key, value in reversed(entries) if key.written == name), found)
    return found
