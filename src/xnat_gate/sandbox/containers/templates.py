"""Fills `#name#` and `^jsonpath^` into the texts of a command.

Laws: nothing is replaced when there are no values at all; at most one JSONPath is replaced, from the first caret to the
last, against the command or (`^wrapper:...^`) the wrapper; keys are replaced literally, one after the other, in the
order of a HashMap: keys that are part of one another, or of a value, are a hazard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from xnat_gate.sandbox import jsonpath
from xnat_gate.sandbox.containers import hash_order
from xnat_gate.sandbox.containers.failures import ResolutionFailed

CARETS = re.compile(r"\^(?P<wrapper>wrapper:)?(?P<path>.+)\^", re.DOTALL)


def filled(
    text: str, values: Mapping[str, str], command: Mapping[str, Any], wrapper: Mapping[str, Any]
) -> str:
    """`values` by replacement key, in the order in which they came to be. Raises ResolutionFailed."""
    if not text.strip() or not values:
        return text
    text = with_path(text, command, wrapper)
    for key in hash_order.ordered(values):
        text = text.replace(key, values[key])
    return text


def with_path(text: str, command: Mapping[str, Any], wrapper: Mapping[str, Any]) -> str:
    """The text with its JSONPath replaced. Raises ResolutionFailed."""
    carets = CARETS.search(text)
    if carets is None:
        return text
    try:
        found = jsonpath.find(carets["path"], wrapper if carets["wrapper"] else command)
    except jsonpath.PathError as error:
        raise ResolutionFailed(str(error)) from error
    if len(found) > 1:
        raise ResolutionFailed(f"The JSONPath {carets['path']} leads to {len(found)} values.")
    return text.replace(carets[0], str(found[0])) if found else text
