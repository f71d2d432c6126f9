"""The fenced examples of a page in Markdown, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^( *)```([a-z]*) ?([^\n]*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """`about`: the words behind the language, which say what the example is."""

    language: str
    about: str
    text: str


def fences(page: str) -> tuple[Fence, ...]:
    return tuple(
        Fence(language, about, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE))
        for indent, language, about, text in _FENCE.findall(page)
    )
