"""The JSON schema of the protocol language, made from the table of keys.

Law: the schema refuses nothing that the parser accepts; the parser is the stricter of the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from xnat_gate.core.finding import Effect
from xnat_gate.core.protocol.document import plain
from xnat_gate.core.protocol.keys import CHECKS, GROUPS, KEYS, Key
from xnat_gate.core.protocol.kinds import ADDRESS, Choice, Schema, described
from xnat_gate.core.protocol.offered import OFTEN_ASKED, naming
from xnat_gate.core.protocol.phrases import JOINING
from xnat_gate.core.protocol.questions import PAGES, RuleType
from xnat_gate.core.protocol.route_lines import SETTABLE


def schema(checks: Mapping[str, tuple[str, tuple[Effect, ...]]] | None = None) -> Schema:
    """JSON schema, draft 2020-12, with the keywords beside it that editors know. `checks`: id to title and effects, to
    be offered."""
    top: Schema = {}
    for key in KEYS:
        name = key.group or key.name
        top.setdefault(name, _group(key.group) if key.group else _property(key, checks or {}))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "xnat-gate protocol",
        **_object(top, _required("")),
        "$defs": {"condition": _condition(), "value": _value(), "test": _test()},
    }


def _group(group: str) -> Schema:
    members: Schema = {key.name: _property(key, {}) for key in KEYS if key.group == group}
    return {**described(GROUPS[group]), **_object(members, _required(group))}


def _object(properties: Schema, required: list[str]) -> Schema:
    closed: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**closed, "required": required} if required else closed


def _property(key: Key[object], checks: Mapping[str, tuple[str, tuple[Effect, ...]]]) -> Schema:
    default: Schema = {} if key.default is None else {"default": plain(key.default)}
    offered = _offered(checks) if key is CHECKS else {}
    return {**described(key.does), **key.kind.schema(), **offered, **default}


def _offered(checks: Mapping[str, tuple[str, tuple[Effect, ...]]]) -> Schema:
    known = {id: {**described(title), **Choice(effects).schema()} for id, (title, effects) in checks.items()}
    return naming(known, "The id of a check.", SETTABLE.schema(), "^RT[0-9]{3}$") if known else {}


def _required(group: str) -> list[str]:
    own = [key.name for key in KEYS if key.group == group and key.default is None]
    groups = {key.group for key in KEYS if key.group and key.default is None}
    return own if group else own + sorted(groups)


def _condition() -> Schema:
    conditions: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/condition"}}
    joining: dict[str, Schema] = {"all": conditions, "any": conditions, "not": {"$ref": "#/$defs/condition"}}
    value: Schema = {"$ref": "#/$defs/value"}
    known = {
        **{word: {**described(JOINING[word]), **of} for word, of in joining.items()},
        **{word: {**described(does), **value} for word, does in OFTEN_ASKED.items()},
    }
    what = "The keyword of a DICOM element; or all, any, not."
    return {
        **naming(known, what, value, f"{ADDRESS.removesuffix('$')}(\\[[1-9][0-9]*\\])?$"),
        "minProperties": 1,
    }


def _value() -> Schema:
    """What stands behind an element."""
    plain_value, values = PAGES[RuleType.EQUALS], PAGES[RuleType.ONE_OF]
    return {
        "anyOf": [
            {"$ref": "#/$defs/test"},
            {"title": plain_value.values, **plain_value.schema},
            {"title": values.values, **values.schema},
        ]
    }


def _test() -> Schema:
    types = {str(word): {**described(page.does), **page.schema} for word, page in PAGES.items()}
    return {**naming(types, "What is asked of the element.", {}), "minProperties": 1, "title": "rule types"}
