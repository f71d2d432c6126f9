"""The allow and deny lists: DICOM keyword to the values that are allowed, or kept out.

Laws: a list that could not do what its writer meant (empty, always true, never true) is a fault, because a list
that silently lets data through is the one thing a gate must not have.
"""

from __future__ import annotations

from dataclasses import dataclass

from xnat_gate.core.protocol.document import Node, Table
from xnat_gate.core.protocol.elements import element_of
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.kinds import ADDRESS, Schema, text_of
from xnat_gate.core.protocol.listed import Listed, Patterns
from xnat_gate.core.protocol.matching import ListName, NoList, matches, normal
from xnat_gate.core.protocol.offered import OFTEN_ASKED, naming
from xnat_gate.core.protocol.vocabulary import Element, Holds
from xnat_gate.core.protocol.wording import MOST_VALUES, complaint, spelled


@dataclass(frozen=True, slots=True)
class Lists:
    """The value of `allow` or of `deny`; `instead` is the word that may stand in the place of a list."""

    name: ListName
    instead: NoList

    @property
    def values(self) -> str:
        return f"DICOM keywords, each with a list of values, or `{self.instead}`"

    def read(self, tree: Node, key: str, ledger: Ledger) -> dict[str, Listed] | None:
        """All lists; a list with a fault is left out, and the faults say why."""
        table = ledger.table(tree, key, f"write for example {key}: {{Modality: {self._example}}}")
        if table is None:
            return None
        if self.name is ListName.ALLOW and not table.entries:
            ledger.fault(
                tree,
                key,
                "names no keyword, so it would let everything through",
                "write {Modality: ALL} to mean that",
            )
        found: dict[str, Listed] = {}
        for written, (place, value) in ledger.pairs(table, key).items():
            path = f"{key}.{written}"
            element = self._element(place, written, path, ledger)
            listed = self._entry(value, element, path, ledger)
            if element is not None and element.name in found:
                ledger.fault(
                    place, path, f"is {element.name}, which has a list already", "join the two lists"
                )
            elif element is not None and listed is not None:
                found[element.name] = listed
        return found

    def _element(self, place: Node, written: str, key: str, ledger: Ledger) -> Element | None:
        element = element_of(place, written, key, ledger)
        if element is not None and element.number is not None:
            ledger.fault(place, key, "a list cannot ask for one of several values", "write a rule for it")
        elif element is not None and not element.holds.comparable:
            message = f"{element} holds {element.holds.value}, and has no values to list"
            ledger.fault(place, key, message, "write a rule with present or absent")
        return element

    def _entry(self, value: Node, element: Element | None, key: str, ledger: Ledger) -> Listed | None:
        if value.value == str(self.instead):
            return self.instead
        if not isinstance(value.value, tuple):
            self._no_list(value, key, ledger)
            return None
        if not 0 < len(value.value) <= MOST_VALUES:
            count = (
                f"holds {len(value.value)} values, {MOST_VALUES} at most"
                if value.value
                else "the list is empty"
            )
            ledger.fault(value, key, count, f"write the values, or {self.instead}, or take the key out")
            return None
        words = tuple(self._word(item, element, key, ledger) for item in value.value)
        self._reserved(value, words, key, ledger)
        holds = element.holds if element is not None else Holds.TEXT
        return Patterns(tuple(word for word in words if word is not None), holds)

    def _no_list(self, value: Node, key: str, ledger: Ledger) -> None:
        example = f"[{value.written}]" if isinstance(value.value, str) and value.value else self._example
        meant = str(self.instead) if normal(value.written) == normal(self.instead) else ""
        ledger.fault(
            value,
            key,
            f"a list of values or the word {self.instead} is needed, not {value.kind}",
            f"did you mean {meant}?" if meant else f"write {example}",
        )

    def _word(self, item: Node, element: Element | None, key: str, ledger: Ledger) -> str | None:
        text = text_of(item, key, ledger, '"CT"')
        if text is None:
            return None
        told = complaint(text, element) if element is not None else None
        if told is None and self.name is ListName.DENY and not text.strip("*"):
            told = "would send every study to quarantine", f"write the values to keep out, or {self.instead}"
        if told:
            ledger.fault(item, key, *told)
        return text if element is None else spelled(text, element)

    def _reserved(self, value: Node, words: tuple[str | None, ...], key: str, ledger: Ledger) -> None:
        """A reserved word between brackets is a value like any other, which is hardly what was meant."""
        alone = normal(words[0] or "") if len(words) == 1 else ""
        if alone == normal(self.instead) or (self.name is ListName.DENY and alone == normal(NoList.ALL)):
            remedy = f'write {self.instead} without brackets, or "{alone.upper()}*" if it is the value'
            ledger.fault(value, key, f"the word {words[0]} in brackets is taken for a value", remedy)

    @property
    def _example(self) -> str:
        return "[CT, MR]" if self.name is ListName.ALLOW else "[SC, OT]"

    def schema(self) -> Schema:
        listed: Schema = {
            "type": ["array", "string"],
            "minItems": 1,
            "maxItems": MOST_VALUES,
            "items": {"type": "string", "pattern": r"\S"},
            "pattern": f"^{self.instead}$",
            "patternErrorMessage": f"write a list, such as {self._example}, or the word {self.instead}",
        }
        known = {name: {"description": does, **listed} for name, does in OFTEN_ASKED.items()}
        least = 1 if self.name is ListName.ALLOW else 0
        return {**naming(known, "The keyword of a DICOM element.", listed, ADDRESS), "minProperties": least}


def contradictions(allow: dict[str, Listed], deny_tree: Node, ledger: Ledger) -> None:
    """Note every denied value that covers a value allowed for the same element: that value could never pass."""
    for place, value in deny_tree.value.entries if isinstance(deny_tree.value, Table) else ():
        name = _name(place, ledger)
        listed = allow.get(name)
        if not isinstance(listed, Patterns) or not isinstance(value.value, tuple):
            continue
        for item in value.value:
            denied = item.value if isinstance(item.value, str) else ""
            covered = next((word for word in listed.words if matches(denied, word)), None)
            if covered is not None:
                message = f'"{denied.strip()}" is denied, and "{covered}" is on the allow list of {name}'
                ledger.fault(item, f"deny.{place.written}", message, "take it out of one of the two lists")


def _name(place: Node, ledger: Ledger) -> str:
    try:
        return ledger.vocabulary.element(place.written).name
    except ValueError:
        return ""
