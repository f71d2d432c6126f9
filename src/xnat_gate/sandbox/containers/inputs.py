"""The values of a launch's inputs: external, derived, and those of the command.

Laws: what a wrapper input provides wins over the launch parameter of a command input; a value that holds one of ILLEGAL
kills the launch, also one that XNAT itself looked up; a derived string is the parent's property, a parameter cannot
change it; `required` is true by default for wrapper inputs, false for command inputs.
Not played: derived files and directories, XPath parsers (unplayed.py refuses them).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xnat_gate.sandbox import jsonpath
from xnat_gate.sandbox.containers import finding, kinship, templates
from xnat_gate.sandbox.containers.failures import ResolutionFailed
from xnat_gate.sandbox.containers.objects import Model
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

ILLEGAL = (";", "&&", "||", "`", "(")
SIMPLE = frozenset({"string", "boolean", "number"})
SELECTORS = ("uri", "id", "label", "directory")


@dataclass(frozen=True, slots=True)
class Value:
    """`text` is what templates get; `model` the object behind it."""

    text: str
    model: Model | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """An input of the command or of the wrapper; no values: it is not set."""

    input: Shape
    values: tuple[Value, ...]

    @property
    def is_list(self) -> bool:
        return bool(self.input.get("multiple"))

    @property
    def raw(self) -> str | None:
        """The value as templates and REST see it; several are a JSON list."""
        if self.is_list and self.values:
            return json.dumps([value.text for value in self.values])
        return self.values[0].text if self.values else None

    @property
    def key(self) -> str:
        return str(self.input.get("replacement-key") or f"#{self.input['name']}#")


@dataclass(frozen=True, slots=True)
class Inputs:
    """By name, in the order of the command; `external` counts the first of `wrapper`."""

    wrapper: Mapping[str, Resolved] = field(default_factory=dict)
    command: Mapping[str, Resolved] = field(default_factory=dict)

    @property
    def raw(self) -> dict[str, str]:
        """Every set value by replacement key; an unset command input is ''."""
        set_ = {each.key: each.raw for each in self.wrapper.values() if each.raw is not None}
        return set_ | {each.key: each.raw or "" for each in self.command.values()}

    def provider(self, field_: str, name: str) -> Resolved | None:
        """The wrapper input that provides a value or files for this."""
        return next((each for each in self.wrapper.values() if each.input.get(field_) == name), None)


class Resolution:
    """Resolves the inputs of one launch."""

    def __init__(
        self, world: World, user: User, command: Shape, wrapper: Shape, params: Mapping[str, str]
    ) -> None:
        self._world = world
        self._user = user
        self._command = command
        self._wrapper = wrapper
        self._params = params
        self._done: dict[str, Resolved] = {}

    def inputs(self) -> Inputs:
        """Raises ResolutionFailed."""
        for each in self._wrapper.get("external-inputs", []):
            self._keep(each, self._external(each))
        for each in self._wrapper.get("derived-inputs", []):
            self._keep(each, self._derived(each))
        inputs = Inputs(self._done)
        own = {each["name"]: self._of_command(each, inputs) for each in self._command.get("inputs", [])}
        _demand_required(self._done, own)
        return Inputs(self._done, own)

    def _keep(self, input_: Shape, values: Sequence[Value]) -> None:
        for value in values:
            _demand_harmless(input_["name"], value.text)
        self._done[input_["name"]] = Resolved(input_, tuple(values))

    def _given(self, input_: Shape) -> str | None:
        """Default, then parameter, with its JSONPath replaced."""
        value = self._params.get(input_["name"], input_.get("default-value"))
        return None if value is None else templates.with_path(value, self._command, self._wrapper)

    def _external(self, input_: Shape) -> list[Value]:
        given = self._given(input_)
        if given is None:
            return []
        kind = input_.get("type", "string")
        if kind in SIMPLE:
            return [Value(given)]
        children = input_.get("load-children") is not False
        found = finding.named(self._world, self._user, kind, given, children=children) if given else None
        return [Value(found.get("uri", ""), found)] if found and self._fits(input_, found) else []

    def _derived(self, input_: Shape) -> list[Value]:
        kind, parent = input_.get("type", "string"), self._done[input_["derived-from-wrapper-input"]]
        if kind in {"boolean", "number"}:
            return []
        models = [value.model for value in parent.values if value.model is not None]
        if kind == "string":
            found = _property(models, input_)
        else:
            related = [each for model in models for each in kinship.related(self._world, model, kind)]
            found = [_as_value(each, input_) for each in self._chosen(input_, related)]
        if len(found) == 1 or (input_.get("multiple") and found) or not models:
            return found
        if input_.get("required", True):
            raise ResolutionFailed(f"Input {input_['name']} resolved to {len(found)} values instead of one.")
        return []

    def _chosen(self, input_: Shape, related: Sequence[Model]) -> list[Model]:
        """By what was given (URI, else ID, else label), and by the matcher."""
        kept = [each for each in related if self._fits(input_, each)]
        given = self._given(input_)
        if not given:
            return kept
        wanted = _listed(given)
        for selector in SELECTORS:
            if chosen := [each for each in kept if each.get(selector) in wanted]:
                return chosen
        return []

    def _fits(self, input_: Shape, model: Model) -> bool:
        matcher = input_.get("matcher")
        if not matcher:
            return True
        text = templates.filled(matcher, Inputs(self._done).raw, self._command, self._wrapper)
        try:
            return jsonpath.matches(text, model)
        except jsonpath.PathError as error:
            raise ResolutionFailed(f"Matcher of input {input_['name']}: {error}") from error

    def _of_command(self, input_: Shape, inputs: Inputs) -> Resolved:
        provider = inputs.provider("provides-value-for-command-input", input_["name"])
        value = provider.raw if provider is not None else self._given(input_)
        if input_.get("type") == "boolean":
            value = _as_boolean(input_, value)
        if value is not None:
            _demand_harmless(input_["name"], value)
        many = {"multiple": True} if provider is not None and provider.is_list else {}
        values = (
            provider.values if many and provider is not None else (Value(value),) if value is not None else ()
        )
        return Resolved({**input_, **many}, values)


def _property(models: Sequence[Model], input_: Shape) -> list[Value]:
    """The texts of the named property, cut by the parser."""
    name = input_.get("derived-from-xnat-object-property") or ""
    found = [_text(model[name]) for model in models if model.get(name) is not None]
    parser = input_.get("parser")
    if not parser:
        return [Value(text) for text in found]
    hits = [re.search(parser, text) for text in found]
    return [Value(hit[0]) for hit in hits if hit]


def _as_value(model: Model, input_: Shape) -> Value:
    name = input_.get("derived-from-xnat-object-property") or "uri"
    return Value(_text(model.get(name, "")), model)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listed(given: str) -> list[str]:
    """The members of a JSON list, else the text itself."""
    try:
        found = json.loads(given)
    except ValueError:
        return [given]
    return [str(each) for each in found] if isinstance(found, list) else [given]


def _as_boolean(input_: Shape, value: str | None) -> str | None:
    """Java's Boolean.parseBoolean picks one of the two texts; a text that is not set leaves the value."""
    chosen = input_.get("true-value" if (value or "").lower() == "true" else "false-value")
    return value if chosen is None else str(chosen)


def _demand_harmless(name: str, value: str) -> None:
    for illegal in ILLEGAL:
        if illegal in value:
            raise ResolutionFailed(f'Input "{name}" has a value containing illegal string "{illegal}".')


def _demand_required(*parts: Mapping[str, Resolved]) -> None:
    external, own = parts
    missing = [
        each.input["name"]
        for each in external.values()
        if each.input.get("required", True) and not each.values
    ]
    missing += [each.input["name"] for each in own.values() if each.input.get("required") and not each.values]
    if missing:
        raise ResolutionFailed(f"Missing values for required inputs: {', '.join(missing)}.")
