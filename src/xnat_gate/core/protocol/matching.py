"""How a value meets a list: whole value, case-insensitive, `*` the only wildcard, surrounding blanks ignored.

Laws: no value and an empty value match nothing, not even `*`; matching takes no longer than reading (no regular
expressions made from what a person typed).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class ListName(StrEnum):
    """The two lists of a protocol."""

    ALLOW = "allow"
    DENY = "deny"


class NoList(StrEnum):
    """The words that stand in the place of a list: `ALL` values are allowed, `NONE` is denied."""

    ALL = "ALL"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Patterns:
    """The values of one list, as written."""

    words: tuple[str, ...]

    def match(self, value: str) -> str | None:
        """The first pattern that the value meets; None when it meets none or is blank."""
        return next((word for word in self.words if matches(word, value)), None)

    def matches(self, value: str) -> bool:
        return self.match(value) is not None

    def __str__(self) -> str:
        return ", ".join(self.words)


Listed = Patterns | NoList


def matches(pattern: str, value: str) -> bool:
    """Whether the whole value fits the pattern."""
    text, pieces = normal(value), _pieces(pattern)
    if not text:
        return False
    head, tail = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return text == head
    if not (text.startswith(head) and text.endswith(tail) and len(text) >= len(head) + len(tail)):
        return False
    return _in_order(pieces[1:-1], text[len(head) : len(text) - len(tail)])


def normal(text: str) -> str:
    """One spelling for all that count as the same."""
    return unicodedata.normalize("NFC", text).strip().casefold()


@lru_cache(maxsize=4096)
def _pieces(pattern: str) -> tuple[str, ...]:
    return tuple(normal(pattern).split("*"))


def _in_order(pieces: tuple[str, ...], text: str) -> bool:
    start = 0
    for piece in pieces:
        found = text.find(piece, start)
        if found < 0:
            return False
        start = found + len(piece)
    return True
