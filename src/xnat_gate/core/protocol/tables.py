"""The tables of protocol/README.md, made from the table of keys.

Law: what a person reads and what the parser does come from one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xnat_gate.core.protocol import route_lines, rule_lines
from xnat_gate.core.protocol.document import Node, plain
from xnat_gate.core.protocol.keys import GROUPS, KEYS, Key
from xnat_gate.core.protocol.meanings import MEANINGS
from xnat_gate.core.protocol.phrases import JOINING
from xnat_gate.core.protocol.questions import PAGES


def tables() -> dict[str, str]:
    """Name of a table to its Markdown."""
    return {
        "keys": keys_table(),
        "words": words_tables(),
        "rule": members_table(rule_lines.MEMBERS),
        "types": types_table(),
        "joining": table(("Word", "What stands behind it, and when it is met"), _coded(JOINING)),
        "route": members_table(route_lines.MEMBERS),
    }


def keys_table() -> str:
    """One table for every group of keys, the top level first."""
    top = _titled("The top level", (key for key in KEYS if not key.group))
    groups = (_titled(f"`{group}`: {does}", _members(group)) for group, does in GROUPS.items())
    return "\n\n".join((top, *groups))


def words_tables() -> str:
    """What the words of each closed set mean."""
    return "\n\n".join(
        f"**{title}**\n\n"
        + table(("Word", "What it means"), _coded({str(word): says for word, says in words.items()}))
        for title, words in MEANINGS.items()
    )


def members_table(members: Mapping[str, str]) -> str:
    """The keys of a rule or of a route."""
    return table(("Key", "What it is"), _coded(members))


def types_table() -> str:
    """Every rule type, with the page that tells more."""
    rows = ((f"[`{name}`](pages/{name}.md)", page.values, page.does) for name, page in PAGES.items())
    return table(("Rule type", "Behind it", "When it is met"), rows)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _coded(words: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((f"`{word}`", says) for word, says in words.items())


def _members(group: str) -> Iterable[Key[object]]:
    return (key for key in KEYS if key.group == group)


def _titled(title: str, keys: Iterable[Key[object]]) -> str:
    rows = ((f"`{key.name}`", key.kind.values, _default(key.default), key.does) for key in keys)
    return f"**{title}**\n\n" + table(("Key", "Values", "When not written", "What it does"), rows)


def _default(default: Node | None) -> str:
    if default is None:
        return "**required**"
    value = plain(default)
    return "nothing" if value in ({}, []) else f"`{value}`"
