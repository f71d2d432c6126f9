"""Questions to the person at the terminal.

Law: where nobody sits nothing is taken for an answer; anything but a clear yes is a no.
"""

from __future__ import annotations

import sys

from xnat_gate.cli.exits import Usage


def somebody_sits_there() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def answer(question: str, instead: str) -> str:
    """What was typed, without blanks around it; empty when the input ends or cannot be read. Raises Usage where there
    is no terminal: `instead` says how to go without the question."""
    if not somebody_sits_there():
        raise Usage(f"nobody can be asked here, for there is no terminal: {instead}")
    print(f"{question} ", end="", file=sys.stderr, flush=True)
    try:
        typed = sys.stdin.readline()
    except (UnicodeDecodeError, OSError):  # the terminal has another encoding than it says, or has gone
        print("what was typed cannot be read, and counts as no answer", file=sys.stderr)
        return ""
    if not typed.endswith("\n"):
        print(file=sys.stderr)
    return typed.strip()


def agreed(question: str, instead: str) -> bool:
    """Whether the answer was yes."""
    return answer(f"{question} [y/N]", instead).casefold() in {"y", "yes"}
