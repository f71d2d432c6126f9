"""What stands on an allow or deny list, and how a value meets it.

Law: a list compares as a rule does: texts letter by letter, numbers as numbers, days as days, names without their empty
parts; no value and an empty value meet nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from xnat_gate.core.protocol.comparisons import OneOf, plain
from xnat_gate.core.protocol.matching import NoList
from xnat_gate.core.protocol.vocabulary import Holds


@dataclass(frozen=True, slots=True)
class Patterns:
    """The values of one list, as written; `holds`: what the element holds."""

    words: tuple[str, ...]
    holds: Holds = Holds.TEXT

    def match(self, value: str) -> str | None:
        """The first pattern that the value meets; None when it meets none or is blank."""
        return _match(self, value)

    def matches(self, value: str) -> bool:
        return self.match(value) is not None

    def __str__(self) -> str:
        return ", ".join(self.words)


Listed = Patterns | NoList


@lru_cache(maxsize=4096)
def _match(listed: Patterns, value: str) -> str | None:
    """The objects of a study say the same again and again."""
    text = plain(value, listed.holds)
    if not text.strip():
        return None
    return next((word for word in listed.words if OneOf((word,), listed.holds).meets(text)), None)
