"""The JSON schema of the protocol language, made from the table of keys.

Law: the schema refuses nothing that the parser accepts; the parser is the stricter of the two.
"""

from __future__ import annotations

from xnat_gate.core.protocol.document import plain
from xnat_gate.core.protocol.keys import GROUPS, KEYS, Key
from xnat_gate.core.protocol.kinds import Schema


def schema() -> Schema:
    """JSON schema, draft 2020-12."""
    top: Schema = {}
    for key in KEYS:
        name = key.group or key.name
        top.setdefault(name, _group(key.group) if key.group else _property(key))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "xnat-gate protocol",
        **_object(top, _required("")),
    }


def _group(group: str) -> Schema:
    members: Schema = {key.name: _property(key) for key in KEYS if key.group == group}
    return {"description": GROUPS[group], **_object(members, _required(group))}


def _object(properties: Schema, required: list[str]) -> Schema:
    closed: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**closed, "required": required} if required else closed


def _property(key: Key[object]) -> Schema:
    default: Schema = {} if key.default is None else {"default": plain(key.default)}
    return {"description": key.does, **key.kind.schema(), **default}


def _required(group: str) -> list[str]:
    own = [key.name for key in KEYS if key.group == group and key.default is None]
    groups = {key.group for key in KEYS if key.group and key.default is None}
    return own if group else own + sorted(groups)
