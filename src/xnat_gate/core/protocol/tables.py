"""The tables of protocol/README.md, made from the table of keys.

Law: what a person reads and what the parser does come from one place.
"""

from __future__ import annotations

from collections.abc import Iterable

from xnat_gate.core.protocol.document import Node, plain
from xnat_gate.core.protocol.keys import GROUPS, KEYS, MEANINGS, Key


def tables() -> dict[str, str]:
    """Name of a table to its Markdown: `keys` and `words`."""
    return {"keys": keys_table(), "words": words_tables()}


def keys_table() -> str:
    """One table for every group of keys, the top level first."""
    top = _titled("The top level", (key for key in KEYS if not key.group))
    groups = (_titled(f"`{group}`: {does}", _members(group)) for group, does in GROUPS.items())
    return "\n\n".join((top, *groups))


def words_tables() -> str:
    """What the words of each closed set mean."""
    return "\n\n".join(
        f"**{title}**\n\n"
        + _table(("Word", "What it means"), ((f"`{word}`", says) for word, says in words.items()))
        for title, words in MEANINGS.items()
    )


def _members(group: str) -> Iterable[Key[object]]:
    return (key for key in KEYS if key.group == group)


def _titled(title: str, keys: Iterable[Key[object]]) -> str:
    rows = ((f"`{key.name}`", key.kind.values, _default(key.default), key.does) for key in keys)
    return f"**{title}**\n\n" + _table(("Key", "Values", "When not written", "What it does"), rows)


def _default(default: Node | None) -> str:
    if default is None:
        return "**required**"
    value = plain(default)
    return "nothing" if value == {} else f"`{value}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
