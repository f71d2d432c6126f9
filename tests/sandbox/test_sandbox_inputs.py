"""What the inputs of a launch come to: trees of inputs, nulls and lists, and the order in which keys are replaced."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.client import Client
from tests.sandbox.launches import Runner, Shape, command, experiment_id
from xnat_gate.sandbox.containers import hash_order
from xnat_gate.sandbox.server import Sandbox

UNSET = {"name": "unset", "type": "string", "required": False}
"""An external input that nobody gives."""


@pytest.fixture
def run(sandbox: Sandbox, admin: Client, member: Client, study: bytes) -> Runner:
    member.archived(study)
    return Runner(sandbox, admin, member)


def text(name: str, **more: Any) -> Shape:
    """A derived text of the session."""
    told = {key.replace("_", "-"): value for key, value in more.items()}
    return {"name": name, "type": "string", "derived-from-wrapper-input": "session", **told}


def wrapper(*derived: Shape, external: tuple[Shape, ...] = ()) -> Shape:
    session = {"name": "session", "type": "Session", "required": True}
    return {"external-inputs": [session, *external], "derived-inputs": list(derived)}


def gate(run: Runner, body: Shape, value: str, **params: str) -> str:
    """What the environment got for this template, or why there was no container."""
    found = run({**body, "environment-variables": {"GATE": value}}, **params)
    return str(found["row"]["env"]["GATE"] if "row" in found else found["details"])


def test_an_unset_external_input_becomes_nothing_and_a_derived_one_that_finds_nothing_stays(
    run: Runner,
) -> None:
    missing = text("missing", derived_from_xnat_object_property="visit-id", required=False)
    body = command("echo", wrapper=wrapper(missing, external=(UNSET,)))
    assert gate(run, body, "<#unset#> <#missing#>") == "<> <#missing#>"


def test_below_a_derived_input_without_value_a_key_goes_from_the_line_alone(run: Runner) -> None:
    """Neither the default, nor what was given, nor `required` counts for what XNAT never looks at."""
    missing = text("missing", derived_from_xnat_object_property="visit-id", required=False,
                   provides_value_for_command_input="visit")  # fmt: skip
    below = {"name": "subject", "type": "Subject", "derived-from-wrapper-input": "scan", "required": True}
    scan = {"name": "scan", "type": "Scan", "derived-from-wrapper-input": "session", "required": False,
            "matcher": "@.id == 'none'"}  # fmt: skip
    inputs = [{"name": "visit", "default-value": "own", "required": True}]
    body = command("echo <#visit#>", inputs=inputs, wrapper=wrapper(missing, scan, below))
    found = run({**body, "environment-variables": {"GATE": "<#visit#> <#subject#>"}}, visit="given")["row"]
    assert found["command-line"] == "echo <>"
    assert found["env"]["GATE"] == "<#visit#> <#subject#>"
    assert [each["name"] for each in found["inputs"] if each["type"] == "command"] == []


def test_below_an_external_input_that_is_null_the_parameter_and_the_default_count(run: Runner) -> None:
    feeding = {**UNSET, "provides-value-for-command-input": "word"}
    inputs = [{"name": "word", "default-value": "own"}]
    body = command("echo", inputs=inputs, wrapper=wrapper(external=(feeding,)))
    assert gate(run, {**body, "version": "1"}, "#word#") == "own"
    assert gate(run, {**body, "version": "2"}, "#word#", word="given") == "given"
    assert gate(run, {**body, "version": "3"}, "#word#", word="given", unset="provided") == "provided"


def test_an_empty_text_satisfies_what_is_required_and_null_does_not(run: Runner) -> None:
    body = command("echo", inputs=[{"name": "reason", "required": True}, {"name": "other", "required": True}])
    assert gate(run, {**body, "version": "1"}, "<#reason#>", reason="", other="") == "<>"
    refused = gate(run, {**body, "version": "2"}, "<#reason#>")
    assert refused == "Missing values for required inputs: reason, other."


def test_a_property_of_an_object_that_is_not_there_is_null(run: Runner) -> None:
    subject = {
        "name": "subject", "type": "Subject", "derived-from-wrapper-input": "session",
        "derived-from-xnat-object-property": "group",
    }  # fmt: skip
    body = command("echo", wrapper=wrapper({**subject, "required": False}))
    assert gate(run, body, "<#subject#>") == "<>"
    refused = command("echo", wrapper=wrapper(subject), version="2")
    assert gate(run, refused, "") == "Missing values for required input: subject."


@pytest.mark.parametrize(
    ("property_", "value"),
    [
        ("scans[0].id", "2"),
        ("label", "E1"),
        ("scans", "#x#"),
        ("scans[*].id", "#x#"),
        ("scans[0].note", "#x#"),
    ],
)
def test_a_derived_text_is_one_scalar_at_a_path_below_the_parent(
    run: Runner, property_: str, value: str
) -> None:
    body = command(
        "echo", wrapper=wrapper(text("x", derived_from_xnat_object_property=property_, required=False))
    )
    assert gate(run, body, "#x#") == value


def test_an_input_that_may_have_several_values_and_has_none_is_an_empty_list(run: Runner) -> None:
    scans = {"name": "scans", "type": "Scan", "derived-from-wrapper-input": "session", "required": False,
             "multiple": True, "matcher": "@.id == 'none'", "provides-value-for-command-input": "ids"}  # fmt: skip
    body = command("echo <#ids#>", inputs=[{"name": "ids"}], wrapper=wrapper(scans))
    found = run({**body, "environment-variables": {"GATE": "#scans# #ids#"}})["row"]
    assert (found["command-line"], found["env"]["GATE"]) == ("echo <>", "[] #ids#")


@pytest.mark.parametrize(
    ("delimiter", "line"), [("comma", "a,b"), ("space", "a b"), ("quoted-space", "'a b'"), ("flag", "a b")]
)
def test_a_list_without_a_flag_stands_in_the_line_without_a_blank_before_it(
    run: Runner, delimiter: str, line: str
) -> None:
    picked = {"name": "picked", "type": "select-many", "select-values": ["a", "b"], "default-value": "[]",
              "multiple-delimiter": delimiter}  # fmt: skip
    found = run(command("echo --x=#picked#", inputs=[picked]), picked=json.dumps(["a", "b"]))
    assert found["row"]["command-line"] == f"echo --x={line}"


def test_a_child_is_chosen_by_one_text_unless_it_may_be_several_and_a_scan_not_by_its_label(
    run: Runner,
) -> None:
    scan = {"name": "scan", "type": "Scan", "derived-from-wrapper-input": "session"}
    body = command("echo", wrapper=wrapper(scan))
    uri = f"/archive/experiments/{experiment_id(run.user)}/scans/11"
    assert gate(run, {**body, "version": "1"}, "#scan#", scan="11") == uri
    for version, given in (("2", '["11"]'), ("3", "11 - RTSTRUCT")):
        refused = gate(run, {**body, "version": version}, "#scan#", scan=given)
        assert refused.startswith('Input "scan" could not be resolved for this item.'), given


def test_of_several_inputs_that_feed_one_the_last_one_does(run: Runner) -> None:
    feeding = {"provides_value_for_command_input": "word", "derived_from_xnat_object_property": "label"}
    first, last = (
        text("first", **feeding),
        text("last", **{**feeding, "derived_from_xnat_object_property": "id"}),
    )
    body = command("echo", inputs=[{"name": "word"}], wrapper=wrapper(first, last))
    assert gate(run, body, "#word#") == experiment_id(run.user)


def test_only_a_project_can_be_taken_without_its_children(run: Runner) -> None:
    session = {"name": "session", "type": "Session", "load-children": False}
    scan = {"name": "scan", "type": "Scan", "derived-from-wrapper-input": "session", "default-value": "11"}
    body = command("echo", wrapper={"external-inputs": [session], "derived-inputs": [scan]})
    assert gate(run, body, "#scan#").endswith("/scans/11")


def test_keys_within_keys_are_replaced_in_the_order_of_a_hash_map_not_in_that_of_the_command(
    run: Runner,
) -> None:
    """KEY2 comes before KEY there; b and b8 come the other way round."""
    good = [{"name": "a", "replacement-key": "KEY"}, {"name": "b", "replacement-key": "KEY2"}]
    bad = [{"name": "b", "replacement-key": "b8"}, {"name": "a", "replacement-key": "b"}]
    assert gate(run, command("echo", inputs=good, version="1"), "KEY2 KEY", a="one", b="two") == "two one"
    assert gate(run, command("echo", inputs=bad, version="2"), "b8 b", a="one", b="two") == "one8 one"


def test_a_value_that_holds_another_key_is_filled_in_turn_where_that_key_comes_later(run: Runner) -> None:
    inputs = [{"name": "b"}, {"name": "a"}]
    keys = hash_order.ordered(["#a#", "#b#"])
    first, last = (key.strip("#") for key in keys)
    body = command("echo", inputs=inputs)
    given = {first: f"#{last}#", last: "done"}
    assert gate(run, {**body, "version": "1"}, f"#{first}#", **given) == "done"
    given = {last: f"#{first}#", first: "done"}
    assert gate(run, {**body, "version": "2"}, f"#{last}#", **given) == f"#{first}#"


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        (["b", "a"], ["a", "b"]),
        (["BB", "Aa"], ["BB", "Aa"]),
        (["Aa", "BB"], ["Aa", "BB"]),
        (["q", "a"], ["q", "a"]),
        ([*"qabcdefghijkl"], [*"abcdefghijklq"]),
        (["a", "b", "a"], ["a", "b"]),
    ],
)
def test_the_order_of_a_hash_map(keys: list[str], order: list[str]) -> None:
    """`Aa` and `BB` have one hash code; `q` and `a` share a bucket of 16 but not of 32, which 13 keys need."""
    assert hash_order.ordered(keys) == order
