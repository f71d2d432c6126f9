"""What is wrong with a protocol, where, and what to write instead.

Laws: nobody stops at the first fault; the same fault is not told twice; a suggestion is offered only when it is near.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from xnat_gate.core.protocol.document import Node, Table
from xnat_gate.core.protocol.vocabulary import Vocabulary

_MOST_SUGGESTIONS = (
    50  # searching thousands of DICOM keywords for every line of a file gone wrong would take minutes
)
_LONGEST_SUGGESTIBLE = 64


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake. `line` and `column` count from 1, 0 is unknown; `key` is the dotted path, empty for the whole."""

    line: int
    column: int
    key: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}" if self.line else ""
        what = "; ".join(part for part in (self.message, self.remedy) if part)
        return ": ".join(part for part in (place, self.key, what) if part)


class ProtocolInvalid(Exception):
    """The protocol cannot be used; `faults` are all of them in the order of the file, `source` names it to people."""

    def __init__(self, faults: Iterable[Fault], source: str = "") -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line, fault.column)))
        self.source = source
        super().__init__(self.faults, source)

    def __str__(self) -> str:
        return "\n".join(f"{self.source}: {fault}" if self.source else str(fault) for fault in self.faults)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was most likely meant, compared without case and punctuation; empty when none is near."""
    by_shape = {_shape(candidate): candidate for candidate in sorted(known)}
    close = (
        get_close_matches(_shape(word), by_shape, n=1, cutoff=0.7)
        if len(word) <= _LONGEST_SUGGESTIBLE
        else []
    )
    return by_shape[close[0]] if close else ""


def _shape(word: str) -> str:
    return re.sub(r"[\W_]", "", word).casefold()


@dataclass
class Ledger:
    """Collects the faults of one reading; `vocabulary`: what a protocol may speak of."""

    vocabulary: Vocabulary
    faults: list[Fault] = field(default_factory=list)
    suggested: set[str] = field(default_factory=set)
    _suggestions: int = 0

    def fault(self, place: Node, key: str, message: str, remedy: str = "") -> None:
        """Note a fault at the place of this node."""
        self.faults.append(Fault(place.line, place.column, key, message, remedy))

    def unknown(self, place: Node, key: str, what: str, known: Iterable[str], otherwise: str) -> None:
        """Note that the last part of `key` is no known word, with the one that is near, or `otherwise`."""
        group, _, word = key.rpartition(".")
        meant = self.meant(word, known)
        self.suggested.add(f"{group}.{meant}".lstrip("."))
        self.fault(place, key, f"unknown {what}", f"did you mean {meant}?" if meant else otherwise)

    def meant(self, word: str, known: Iterable[str]) -> str:
        """The word that was likely meant, as long as searching is worth while."""
        self._suggestions += 1
        return nearest(word, known) if self._suggestions <= _MOST_SUGGESTIONS else ""

    def table(self, tree: Node, key: str, remedy: str) -> Table | None:
        """The node as a mapping; anything else is noted as a fault."""
        if isinstance(tree.value, Table):
            return tree.value
        self.fault(tree, key, f"a group of keys is needed, not {tree.kind}", remedy)
        return None

    def pairs(self, table: Table, group: str) -> dict[str, tuple[Node, Node]]:
        """Name to its key and value; keys that are no text or stand twice are noted, and the first one counts."""
        found: dict[str, tuple[Node, Node]] = {}
        for key, value in table.entries:
            path = f"{group}.{key.written}".lstrip(".")
            if not isinstance(key.value, str):
                self.fault(
                    key, path, f"a key must be text, not {key.kind}", f'put it in quotes: "{key.written}"'
                )
            elif key.value in found:
                first = found[key.value][0].line
                self.fault(
                    key, path, f"given twice, on line {first} and on line {key.line}", "keep one of them"
                )
            else:
                found[key.value] = (key, value)
        return found
