"""What the site or a project overrides in a wrapper: the body that is stored, and what is shown of it.

Laws: of a command input that a wrapper input feeds nothing is shown; all that is not set is shown as null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xnat_gate.sandbox.commands.scalars import Unreadable, boolean, text
from xnat_gate.sandbox.commands.shaping import Form, Shape

UNREADABLE = Unreadable
ONE_INPUT = Form({"default-value": text, "matcher": text, "user-settable": boolean, "advanced": boolean})
ONE_OUTPUT = Form({"label": text})


def stored(body: object) -> Shape:
    """The body as it is kept: known keys alone. Raises Unreadable."""
    if not isinstance(body, dict):
        raise Unreadable("not an object")
    return {
        part: {name: form(value) for name, value in _object(body.get(part)).items() if value is not None}
        for part, form in (("inputs", ONE_INPUT), ("outputs", ONE_OUTPUT))
    }


def configured(command: Shape, wrapper: Shape, told: Mapping[str, Any]) -> Shape:
    """What can be configured with the values that hold; `told` as models.enablement.merged gives it."""
    inputs: Shape = {}
    fed = set()
    for each in (*wrapper["external-inputs"], *wrapper["derived-inputs"]):
        fed.add(each.get("provides-value-for-command-input"))
        inputs[each["name"]] = _input(each, told, user_settable=each.get("user-settable"), required=None)
    for each in command["inputs"]:
        if each["name"] not in fed:
            # whoever configures a command input says whether people may set it; unsaid is null
            settable = None if each["name"] in told["inputs"] else True
            inputs[each["name"]] = _input(each, told, user_settable=settable, required=each["required"])
    outputs = {
        each["name"]: {
            "type": each["type"],
            "label": each.get("label"),
            **told["outputs"].get(each["name"], {}),
        }
        for each in wrapper["output-handlers"]
    }
    return {"inputs": inputs, "outputs": outputs}


def _input(
    each: Shape, told: Mapping[str, Any], *, user_settable: bool | None, required: bool | None
) -> Shape:
    name = each["name"]
    own = {
        "description": each.get("description"), "type": each["type"], "default-value": each.get("default-value"),
        "matcher": each.get("matcher"), "user-settable": user_settable,
        "advanced": None if name in told["inputs"] else False, "required": required,
    }  # fmt: skip
    return {**own, **told["inputs"].get(name, {})}


def _object(value: object) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable("not an object")
    return value
