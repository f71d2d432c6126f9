"""Finds the values of a launch's inputs: external, derived, and those of the command, tree by tree.

Laws: what a wrapper input provides wins over the launch parameter of a command input, unless it is null; a value that
holds one of ILLEGAL kills the launch, also one that XNAT itself looked up; a derived string is the parent's property, a
parameter cannot change it; a matcher sees what was resolved before it, and not the trees to come; `required` is true by
default for wrapper inputs, false for command inputs, and an empty text is a value.
Not played: derived files and directories, XPath parsers (unplayed.py refuses them); that XNAT takes the last of several
values where an optional input should have had one: it has none here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from xnat_gate.sandbox import jsonpath
from xnat_gate.sandbox.containers import finding, kinship, templates, trees
from xnat_gate.sandbox.containers.failures import ResolutionFailed
from xnat_gate.sandbox.containers.objects import Model
from xnat_gate.sandbox.containers.trees import Kind, Node
from xnat_gate.sandbox.containers.values import Inputs, Resolved, Value
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

ILLEGAL = (";", "&&", "||", "`", "(")
SIMPLE = frozenset({"string", "boolean", "number"})
SELECTORS = ("uri", "id", "label", "directory")
NO_SELECTOR = {"Scan": "label", "Resource": "directory"}
"""By which of them a child of this type cannot be chosen."""


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
        self._done = Inputs()

    def inputs(self) -> Inputs:
        """Raises ResolutionFailed."""
        for root in trees.roots(self._command, self._wrapper):
            before = len(self._done.all)
            self._visit(root, None)
            for each in self._done.all[before:]:
                _demand_found(each)
        _demand_required(self._done)
        return self._done

    def _visit(self, node: Node, parent: Resolved | None) -> None:
        match node.kind:
            case Kind.EXTERNAL:
                resolved = Resolved(node, (self._external(node.input),))
            case Kind.DERIVED:
                resolved = self._derived(node, parent.values if parent else ())
            case Kind.COMMAND:
                resolved = self._of_command(node, parent)
        for value in resolved.values:
            _demand_harmless(node.input["name"], value.text)
        self._done.all.append(resolved)
        for child in node.children:
            self._visit(child, resolved)

    def _given(self, input_: Shape) -> str | None:
        """Default, then parameter."""
        value: str | None = self._params.get(input_["name"], input_.get("default-value"))
        return value

    def _given_text(self, input_: Shape) -> str | None:
        """The same with its JSONPath replaced."""
        value = self._given(input_)
        return None if value is None else templates.with_path(value, self._command, self._wrapper)

    def _external(self, input_: Shape) -> Value:
        given, kind = self._given_text(input_), input_.get("type", "string")
        if given is None or not given.strip() or kind in SIMPLE:
            return Value(given)
        children = kind != "Project" or input_.get("load-children") is not False
        found = finding.named(self._world, self._user, kind, given, children=children)
        return Value(found.get("uri", given), found) if found and self._fits(input_, found) else Value(None)

    def _derived(self, node: Node, parents: Sequence[Value]) -> Resolved:
        input_ = node.input
        kind, several = input_.get("type", "string"), bool(input_.get("multiple"))
        if not parents:
            return Resolved(node, (), several, reached=False)
        models = [value.model for value in parents if value.model is not None]
        found: list[Value] = []
        if kind == "string":
            texts = [_pulled(model, input_) for model in models]
            found = [Value(text) for text in texts if text is not None]
        elif kind not in SIMPLE:
            related = [each for model in models for each in kinship.related(self._world, model, kind)]
            found = [_as_value(each, input_) for each in self._chosen(input_, related)]
        if len(found) > 1 and not several and not input_.get("required", True):
            found = []
        return Resolved(node, tuple(found), several)

    def _chosen(self, input_: Shape, related: Sequence[Model]) -> list[Model]:
        """By what was given (URI, else ID, else label, else directory), and by the matcher."""
        kept = [each for each in related if self._fits(input_, each)]
        given = self._given(input_)
        if not given or not given.strip():
            return kept
        wanted = _listed(given) if input_.get("multiple") else [given]
        for selector in SELECTORS:
            if selector == NO_SELECTOR.get(input_["type"]):
                continue
            if chosen := [each for each in kept if each.get(selector) in wanted]:
                return chosen
        return []

    def _fits(self, input_: Shape, model: Model) -> bool:
        matcher = input_.get("matcher")
        if not matcher:
            return True
        text = templates.filled(matcher, self._done.raw, self._command, self._wrapper)
        try:
            return jsonpath.matches(text, model)
        except jsonpath.PathError as error:
            raise ResolutionFailed(f"Matcher of input {input_['name']}: {error}") from error

    def _of_command(self, node: Node, feeder: Resolved | None) -> Resolved:
        if feeder is None:
            return Resolved(node, (self._value(node.input, None),))
        if not feeder.values:
            return Resolved(node, (), reached=False)
        values = tuple(self._value(node.input, value.text) for value in feeder.values)
        return Resolved(node, values, feeder.several)

    def _value(self, input_: Shape, provided: str | None) -> Value:
        value = self._given(input_) if provided is None else provided
        if value is not None:
            value = templates.with_path(value, self._command, self._wrapper)
        return Value(_as_boolean(input_, value) if input_.get("type") == "boolean" else value)


def _as_value(model: Model, input_: Shape) -> Value:
    if (input_.get("derived-from-xnat-object-property") or "").strip():
        return Value(_pulled(model, input_), model)
    return Value(str(model.get("uri", "")), model)


def _pulled(model: Model, input_: Shape) -> str | None:
    """The text of the named property; the parser keeps it when it fits all of it, and cuts nothing out of it."""
    try:
        found = jsonpath.find(f"$.{input_.get('derived-from-xnat-object-property')}", model)
    except jsonpath.PathError:
        return None
    if len(found) != 1 or found[0] is None or isinstance(found[0], dict | list):
        return None
    text, parser = _text(found[0]), input_.get("parser") or ""
    return text if not text.strip() or not parser.strip() or _fits_whole(parser, text) else None


def _fits_whole(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return False


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


def _demand_harmless(name: str, value: str | None) -> None:
    for illegal in ILLEGAL:
        if illegal in (value or ""):
            raise ResolutionFailed(f'Input "{name}" has a value containing illegal string "{illegal}".')


def _demand_found(each: Resolved) -> None:
    """A required derived input has one value, or several where it may. In XNAT's words."""
    if each.node.kind is not Kind.DERIVED or not each.reached or each.several or len(each.values) == 1:
        return
    if each.input.get("required", True):
        name, kind = each.input["name"], each.input.get("type", "string")
        raise ResolutionFailed(
            f'Input "{name}"  does not have a unique, resolved value and multiple = true is not set in command.json.'
            if each.values
            else f'Input "{name}" could not be resolved for this item. You might check the JSONPath matchers in'
            f" command.json and confirm that this item has {kind} data."
        )


def _demand_required(inputs: Inputs) -> None:
    missing = [
        each.input["name"]
        for each in inputs.all
        if each.reached and each.is_missing and each.input.get("required", each.node.kind is not Kind.COMMAND)
    ]
    if missing:
        s = "" if len(missing) == 1 else "s"
        raise ResolutionFailed(f"Missing values for required input{s}: {', '.join(missing)}.")
