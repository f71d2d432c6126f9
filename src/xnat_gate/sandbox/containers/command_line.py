"""The command line: what each input adds, and how the text becomes words.

Laws: only command inputs count here, a wrapper input's key stays as it is; the key of a command input that an optional
wrapper input feeds goes, even when there is no value; without the shell the text is cut as a small
splitter does: quotes and backslash understood, empty words lost, nothing expanded.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from xnat_gate.sandbox.containers import templates
from xnat_gate.sandbox.containers.failures import LaunchFailed
from xnat_gate.sandbox.containers.values import Inputs, Resolved

SHELL = ("/bin/sh", "-c")


def line(inputs: Inputs, command: Mapping[str, Any], wrapper: Mapping[str, Any]) -> str:
    """Raises ResolutionFailed."""
    values = {each.key: "" for each in inputs.command.values() if each.node.optional}
    values |= {each.key: shown(each) for each in inputs.command.values() if each.reached}
    return templates.filled(command.get("command-line") or "", values, command, wrapper)


def shown(resolved: Resolved) -> str:
    """What an input adds: flag, separator and value; nothing at all when it is blank."""
    raw, own = resolved.raw or "", resolved.input
    if not raw.strip():
        return ""
    flag, separator = _unless_blank(own.get("command-line-flag")), own.get("command-line-separator")
    several = _several(resolved, raw)
    if several is not None:
        prefix = (flag or " ") + (_unless_blank(separator) or " ")
        return _joined(several, own.get("multiple-delimiter") or "space", _unless_blank(prefix))
    return f"{flag}{' ' if separator is None else separator}{raw}" if flag else raw


def words(text: str, *, shell: bool) -> tuple[str, ...]:
    """The arguments of the container. Raises LaunchFailed."""
    if shell:
        return (*SHELL, text)
    try:
        return tuple(word for word in shlex.split(text) if word)
    except ValueError as error:
        raise LaunchFailed(f"Could not split the command line: {error}") from error


def _several(resolved: Resolved, raw: str) -> list[str] | None:
    if resolved.is_list:
        return resolved.texts
    if resolved.input.get("type") != "select-many":
        return None
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return [str(each) for each in found] if isinstance(found, list) else None


def _unless_blank(text: str | None) -> str:
    return text if text and text.strip() else ""


def _joined(values: list[str], delimiter: str, prefix: str) -> str:
    if not values:
        return ""
    match delimiter:
        case "comma":
            return prefix + ",".join(values)
        case "quoted-space":
            return f"{prefix}'{' '.join(values)}'"
        case "flag":
            return " ".join(prefix + value for value in values)
        case _:
            return prefix + " ".join(values)
