"""The kinds of value a key may hold: how each is read, described to people, and written as JSON schema.

Laws: what a kind refuses it notes in the ledger with a remedy, and answers None; nothing is guessed or converted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar
from typing import Protocol as Port

from xnat_gate.core.protocol.document import Node
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.meanings import meanings_of

T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=StrEnum)
Schema = dict[str, object]

ADDRESS = r"^([A-Za-z][A-Za-z0-9]*|\([0-9A-Fa-f]{4},.{1,72}\))(\..+)?$"
"""What JSON schema can say of the name of an element; the parser knows the names themselves."""


class Kind(Port[T_co]):
    """One kind of value."""

    @property
    def values(self) -> str:
        """What may be written, in Markdown for the README."""

    def read(self, tree: Node, key: str, ledger: Ledger) -> T_co | None:
        """The value, or None with the faults noted."""

    def schema(self) -> Schema:
        """What JSON schema can say of it; `read` is stricter."""


def described(text: str) -> Schema:
    """The text for editors, some of which render Markdown."""
    plain = re.sub(r"[`*]", "", text)
    return {"description": plain} if plain == text else {"description": plain, "markdownDescription": text}


def text_of(tree: Node, key: str, ledger: Ledger, example: str) -> str | None:
    """A scalar that is text without blanks around it; anything else, and what YAML took for no text, is a fault."""
    if isinstance(tree.value, str) and tree.value.strip():
        return tree.value.strip()
    if isinstance(tree.value, bool | int | float):
        remedy = f'put it in quotes: "{tree.written}"'
        ledger.fault(tree, key, f"YAML reads {tree.written} as {tree.kind}, and text is needed", remedy)
    elif tree.value is None or isinstance(tree.value, str):
        ledger.fault(tree, key, "has no value", f"write one, such as {example}, or take the key out")
    else:
        ledger.fault(tree, key, f"text is needed, not {tree.kind}", f"write for example {example}")
    return None


@dataclass(frozen=True, slots=True)
class Version:
    """The version of the language: the one number in it."""

    number: int

    @property
    def values(self) -> str:
        return f"`{self.number}`"

    def read(self, tree: Node, key: str, ledger: Ledger) -> int | None:
        if type(tree.value) is int and tree.value == self.number:  # True == 1, and is not meant here
            return self.number
        ledger.fault(
            tree,
            key,
            f"this program reads version {self.number} of the language",
            f"write {key}: {self.number}",
        )
        return None

    def schema(self) -> Schema:
        return {"type": "integer", "const": self.number}


@dataclass(frozen=True, slots=True)
class Text:
    """Free text on one line."""

    longest: int = 100

    @property
    def values(self) -> str:
        return f"text, at most {self.longest} characters"

    def read(self, tree: Node, key: str, ledger: Ledger) -> str | None:
        text = text_of(tree, key, ledger, '"hospital import"')
        if text is not None and (len(text) > self.longest or not text.isprintable()):
            ledger.fault(
                tree, key, "is too long or holds line breaks", f"keep to {self.longest} plain characters"
            )
            return None
        return text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"\S"}


@dataclass(frozen=True, slots=True)
class ProjectId:
    """The id of an XNAT project (not its title)."""

    @property
    def values(self) -> str:
        return "an XNAT project ID: letters, digits, `_` and `-`"

    def read(self, tree: Node, key: str, ledger: Ledger) -> str | None:
        text = text_of(tree, key, ledger, "HOSPITAL")
        if text is not None and not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            remedy = "write the Project ID, not the title: letters, digits, _ and -"
            ledger.fault(tree, key, f'"{text}" is no XNAT project ID', remedy)
            return None
        return text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^\s*[A-Za-z0-9_-]+\s*$"}


@dataclass(frozen=True, slots=True)
class Choice(Generic[E]):
    """One word of a closed set."""

    words: tuple[E, ...]

    @property
    def values(self) -> str:
        return ", ".join(f"`{word}`" for word in self.words)

    def read(self, tree: Node, key: str, ledger: Ledger) -> E | None:
        text = text_of(tree, key, ledger, self.words[0])
        found = next((word for word in self.words if word == text), None)
        if text is not None and found is None:
            meant = ledger.meant(text, self.words)
            one_of = (
                f"write {self.words[0]}" if len(self.words) == 1 else f"write one of {', '.join(self.words)}"
            )
            ledger.fault(
                tree, key, f'"{text}" is not possible here', f"did you mean {meant}?" if meant else one_of
            )
        return found

    def schema(self) -> Schema:
        return {"enum": [str(word) for word in self.words], "enumDescriptions": meanings_of(self.words)}


_UID_PREFIX = r"(2\.25\.[0-9]+|[0-9]+(\.[0-9]+){6,})\.?"
_PHANTOM = "1.2.246.352.71.2.320687012.16023.20240117091530"


@dataclass(frozen=True, slots=True)
class UIDPrefixes:
    """Beginnings of UIDs, whole components of them. Shorter ones are those of a maker, and all his images begin so."""

    @property
    def values(self) -> str:
        return "a list of beginnings of UIDs: digits and dots, at least seven components (or `2.25.` and its number)"

    def read(self, tree: Node, key: str, ledger: Ledger) -> tuple[str, ...] | None:
        if not isinstance(tree.value, tuple):
            ledger.fault(tree, key, f"a list is needed, not {tree.kind}", f"write for example [{_PHANTOM}]")
            return None
        texts = [text_of(one, key, ledger, _PHANTOM) for one in tree.value]
        for one, text in zip(tree.value, texts, strict=True):
            if text is not None and not re.fullmatch(_UID_PREFIX, text):
                remedy = (
                    f"write digits and dots, seven components or more, best all of it, for example {_PHANTOM}"
                )
                ledger.fault(one, key, f'"{text}" is no beginning of a UID', remedy)
                return None
        whole = tuple(text.rstrip(".") for text in texts if text is not None)
        return whole if len(whole) == len(texts) else None

    def schema(self) -> Schema:
        return {"type": "array", "items": {"type": "string", "pattern": rf"^\s*{_UID_PREFIX}\s*$"}}
