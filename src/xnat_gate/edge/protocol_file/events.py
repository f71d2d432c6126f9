"""YAML text as a stream of events, and what is wrong with a text that is no YAML.

Law: whatever the text, the reader ends with events or with a YAMLError that has a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol as Port

import yaml

from xnat_gate.core.protocol import Fault


class _Mark(Port):
    """A place of PyYAML's, counted from 0."""

    line: int
    column: int


def events_of(text: str) -> Iterator[yaml.Event]:
    """The events of the text; what PyYAML leaves as a ValueError (an escape of no character) is a scanner's error."""
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]
    except (ValueError, OverflowError):
        raise yaml.scanner.ScannerError(
            None, None, "a number or an escape that means nothing", loader.get_mark()
        ) from None


def spot(mark: _Mark | None) -> tuple[int, int]:
    """Line and column from 1."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def syntax_fault(error: yaml.YAMLError, text: str) -> Fault:
    """The error in words, with a hint where the usual cause is known."""
    if isinstance(error, yaml.MarkedYAMLError):
        line, column = spot(error.problem_mark or error.context_mark)
        message = f"not YAML: {error.problem or error.context}"
        return Fault(line, column, "", message, "; ".join(_hints(error.problem or "", text, line)))
    position = getattr(error, "position", 0)
    before = text[:position].split("\n")
    message = "holds a character that no text file should hold"
    return Fault(len(before), len(before[-1]) + 1, "", message, "type the line anew in a plain text editor")


def _hints(problem: str, text: str, line: int) -> Iterator[str]:
    lines = text.splitlines()
    if "\t" in (lines[line - 1] if line <= len(lines) else "") or "\\t" in problem:
        yield "indent with blanks, not with tabs"
    elif "mapping values are not allowed" in problem:
        yield "look at the indentation, and put text that holds a colon in quotes"
    else:
        yield "look at this line and the one before it: indentation, brackets, quotes, the colon after a key"
