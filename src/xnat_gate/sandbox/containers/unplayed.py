"""What the sandbox refuses to launch because it does not play it."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.sandbox.exceptions import NotPlayed
from xnat_gate.sandbox.models.commands import Shape

EXTERNAL = frozenset({"string", "boolean", "number", "Project", "Subject", "Session", "Scan", "Resource"})


def refuse(command: Shape, wrapper: Shape) -> None:
    """Raises NotPlayed, naming all of it."""
    found = [*_of_command(command), *_of_wrapper(wrapper)]
    if found:
        raise NotPlayed(f"The sandbox does not launch commands with {', '.join(found)}")


def _of_command(command: Shape) -> Iterator[str]:
    for key in ("secrets", "ports", "generic-resources"):
        if command.get(key):
            yield key
    for each in command.get("inputs", []):
        if str(each.get("type", "")).lower() == "file":
            yield f"the file input {each['name']}"


def _of_wrapper(wrapper: Shape) -> Iterator[str]:
    for each in [*wrapper.get("external-inputs", []), *wrapper.get("derived-inputs", [])]:
        if each.get("type", "string") not in EXTERNAL:
            yield f"the {each['type']} input {each['name']}"
        if each.get("via-setup-command"):
            yield f"the setup command of {each['name']}"
        derived_text = each.get("type", "string") == "string" and "derived-from-wrapper-input" in each
        if derived_text and each.get("matcher"):
            yield f"a matcher on the text {each['name']}"
        if str(each.get("parser") or "").startswith("/"):
            yield f"the XPath parser of {each['name']}"
    inputs = {
        each["name"] for each in [*wrapper.get("external-inputs", []), *wrapper.get("derived-inputs", [])]
    }
    for each in wrapper.get("output-handlers", []):
        if each.get("type", "Resource") != "Resource" or each.get("as-a-child-of") not in inputs:
            yield f"the output handler {each['name']}"
        if each.get("via-wrapup-command"):
            yield f"the wrapup command of {each['name']}"
