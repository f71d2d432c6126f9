"""The JSON schema of the protocol language, as editors get it: it refuses no good protocol, and offers what helps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.core.vectors import completed, vectors
from tests.fences import fences
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.protocol import plain
from xnat_gate.core.protocol.keys import KEYS
from xnat_gate.core.protocol.offered import OFTEN_ASKED
from xnat_gate.core.protocol.questions import RuleType
from xnat_gate.edge.protocol_file.tree import tree_of

FOLDER = Path(__file__).resolve().parents[2] / "protocol"
SCHEMA: dict[str, Any] = json.loads((FOLDER / "protocol.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def accepted() -> Iterator[str]:
    """All good protocols that there are."""
    good = [vector.protocol for vector in vectors() if "refused" not in vector.expect]
    yield from {*good[::4], *(text for text in good if "checks:" in text)}  # loading one asks the schema, too
    for path in (FOLDER / "default.yaml", *(FOLDER / "examples").iterdir()):
        yield path.read_text(encoding="utf-8")
    for path in (FOLDER / "pages").iterdir():
        shown = fences(path.read_text(encoding="utf-8"))
        yield from (completed(fence.text) for fence in shown if fence.about == "protocol")


def refused(lines: str) -> list[str]:
    document, _ = tree_of(completed(lines))
    assert document is not None
    return [error.json_path for error in VALIDATOR.iter_errors(plain(document))]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_refuses_no_good_protocol() -> None:
    for text in accepted():
        document, _ = tree_of(text)
        assert document is not None
        assert [error.message for error in VALIDATOR.iter_errors(plain(document))] == [], text


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("rt: {orphan: rejct}", "$.rt.orphan"),
        ("alow: {Modality: ALL}", "$"),
        ("deny: {Manufacturer: Acme}", "$.deny.Manufacturer"),
        ("deny: {Maker and model: [Acme]}", "$.deny"),
        ("checks: {RT002: note}", "$.checks.RT002"),
        ("rules: [{id: A, title: T, when: {KVP: 1}, otherwise: reject}]", "$.rules[0].otherwise"),
        ("rules: [{id: A, when: {KVP: 1}, otherwise: hold}]", "$.rules[0]"),
        ("rules: [{id: A, title: T, otherwise: hold}]", "$.rules[0]"),
        ("rules: [{id: A, title: T, when: {}, otherwise: hold}]", "$.rules[0].when"),
        ("rules: [{id: A, title: T, when: {KVP: {equal: 1}}, otherwise: hold}]", "$.rules[0].when.KVP"),
        (
            "rules: [{id: A, title: T, when: {RadionuclideCodeSequence: {presen: true}}, otherwise: hold}]",
            None,
        ),
        ("route: [{project: A}]", "$.route[0]"),
    ],
)
def test_an_editor_tells_what_needs_no_dictionary(lines: str, place: str | None) -> None:
    places = refused(lines)
    assert places
    assert place is None or places == [place]


def test_an_editor_is_offered_the_elements_that_are_asked_most_and_the_joining_words() -> None:
    condition = SCHEMA["$defs"]["condition"]
    offered = condition["propertyNames"]["anyOf"][0]["enum"]
    assert offered == ["all", "any", "not", *OFTEN_ASKED]
    assert [VOCABULARY.element(name).name for name in OFTEN_ASKED] == [*OFTEN_ASKED]
    for key in ("allow", "deny"):
        assert SCHEMA["properties"][key]["propertyNames"]["anyOf"][0]["enum"] == [*OFTEN_ASKED]
    assert SCHEMA["$defs"]["test"]["propertyNames"]["enum"] == [*RuleType]
    assert SCHEMA["properties"]["checks"]["propertyNames"]["anyOf"][0]["enum"] == sorted(VOCABULARY.checks)


def test_an_editor_has_something_to_say_about_every_key_and_every_word() -> None:
    for part in parts(SCHEMA):
        for known in (part.get("properties", {}), part.get("patternProperties", {})):
            silent = [name for name, of in known.items() if "description" not in of]
            assert silent in ([], ["from", "to"])
            choices = [of for of in known.values() if "enum" in of]
            assert all(len(of["enumDescriptions"]) == len(of["enum"]) for of in choices)
    for key in KEYS:
        at = SCHEMA["properties"]
        for name in key.path.split("."):
            found = at[name]
            at = found.get("properties", {})
        assert "description" in found


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and all schemas in it."""
    if isinstance(schema, dict):
        yield schema
    for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(value)
