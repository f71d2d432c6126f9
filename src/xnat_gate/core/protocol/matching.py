"""How a value meets a list: whole value, case-insensitive, `*` the only wildcard, surrounding blanks ignored.

Laws: no value and an empty value match nothing, not even `*`; matching takes no longer than reading (no regular
expressions made from what a person typed).
"""

from __future__ import annotations

import unicodedata
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


def unpadded(name: str) -> str:
    """A person's name without the empty parts at the end of each of its groups (PS3.5 6.2.1)."""
    return "=".join(group.strip().rstrip("^ ") for group in name.split("=")).rstrip("=")


@lru_cache(maxsize=4096)
def written(word: str) -> str:
    """`normal` of what stands in a protocol."""
    return normal(word)


def normal(text: str) -> str:
    """One spelling for all that count as the same."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return composed.strip().casefold()


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
