"""The names of models on a line: parted by commas and the like, by quotes, or by nothing that says where one ends.

Law: lists compare letter by letter, as DASHER did, so the blanks within a name stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 64
"""Characters of a model (VR LO), * not counted."""
QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u201e": "\u201c"}
_QUOTED = re.compile(r'\s*"[^"]+"(?:[\s,;]*"[^"]+")*\s*')


@dataclass(frozen=True, slots=True)
class Names:
    """The models without the quotes around them; `parted`: by something else than blanks; `quoted`: by quotes."""

    names: tuple[str, ...]
    parted: bool
    quoted: bool


def named(values: str) -> Names:
    """The names on a line that was not switched off."""
    if _QUOTED.fullmatch(values):
        parts = re.findall(r'"([^"]+)"', values)
        return Names(tuple(part.strip() for part in parts if part.strip()), parted=True, quoted=True)
    parts = re.split(r"[,;\t]", values)
    names = tuple(_bare(part.strip()) for part in parts if part.strip())
    return Names(names, parted=len(parts) > 1, quoted=False)


def runs(text: str, most: int) -> list[str]:
    """All names that these words can make in their order, those of the most words first; none when they are more than
    `most`. What is longer than any model is none of them."""
    words = [(word.start(), word.end()) for word in re.finditer(r"\S+", text)]
    if len(words) > most:
        return []
    found: list[tuple[int, str]] = []
    for at, (start, _) in enumerate(words):
        for length, (_, end) in enumerate(words[at:], 1):
            name = text[start:end]
            if len(name.replace("*", "")) > LONGEST:
                break
            found.append((length, name))
    made = dict.fromkeys(name for _, name in sorted(found, key=lambda one: -one[0]))
    return [] if len(made) > most else list(made)


def _bare(name: str) -> str:
    paired = len(name) > 2 and QUOTES.get(name[0]) == name[-1]
    return name[1:-1].strip() if paired else name
