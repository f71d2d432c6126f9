"""What a protocol may speak of: the elements of DICOM's dictionary, and the built-in checks.

Law: the dictionary itself lies outside the core, so whoever parses a protocol brings it along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from xnat_gate.core.addresses import Step, canonical, steps_of
from xnat_gate.core.finding import Effect


class Holds(Enum):
    """What an element holds, as far as comparing goes (PS3.5 6.2)."""

    TEXT = "a text"
    NAME = "a person's name"
    UID = "a UID"
    NUMBER = "a number"
    DATE = "a date"
    ITEMS = "a sequence"
    BYTES = "bytes"
    UNKNOWN = "a private value"

    @property
    def comparable(self) -> bool:
        """Whether it has values that can be compared, and not only be there or not."""
        return self not in (Holds.ITEMS, Holds.BYTES)


_HOLDS = {
    "PN": Holds.NAME,
    "UI": Holds.UID,
    "SQ": Holds.ITEMS,
    "": Holds.UNKNOWN,
    **dict.fromkeys(("DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV", "US or SS"), Holds.NUMBER),
    **dict.fromkeys(("DA", "DT"), Holds.DATE),
    **dict.fromkeys(("OB", "OD", "OF", "OL", "OV", "OW", "UN"), Holds.BYTES),
    **dict.fromkeys(("OB or OW", "US or OW", "US or SS or OW"), Holds.BYTES),
}


DEEPEST = 12
"""Elements on the way to one."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element that a protocol asks for. `name`: its canonical address, the key in a header; `number`: which of its
    values is meant, from 1, None for all; `most`: how many it has at most (its VM, outside of sequences), None for any
    number; `nested`: it lies in the items of a sequence; `vr`: of the dictionary, empty for a private one."""

    name: str
    holds: Holds
    number: int | None = None
    most: int | None = None
    nested: bool = False
    vr: str = ""

    @property
    def single(self) -> bool:
        """No more than one value is meant."""
        return self.most == 1 or (self.number is not None and not self.nested)

    def __str__(self) -> str:
        return self.name if self.number is None else f"{self.name}[{self.number}]"


class NotAsked(ValueError):
    """No protocol can ask for this element. `str()` says why, `remedy` what to write."""

    def __init__(self, why: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(why)


@dataclass(frozen=True)
class Vocabulary:
    """`vrs`, `tags`: keyword to VR and tag, for all that may be asked; `most`: how many values an element of this
    keyword has at most, where it has not any number; `repeating`: the VR of a tag in a repeating group, None for any
    other; `checks`: id of a built-in check to the effects that may be set for it."""

    vrs: Mapping[str, str]
    tags: Mapping[str, int]
    most: Mapping[str, int] = field(default_factory=dict)
    repeating: Callable[[int], str | None] = lambda _: None
    checks: Mapping[str, tuple[Effect, ...]] = field(default_factory=dict)

    @cached_property
    def labelling(self) -> frozenset[str]:
        """The keywords of which a label can be made: those with values, outside of sequences."""
        return frozenset(word for word, vr in self.vrs.items() if _HOLDS.get(vr, Holds.TEXT).comparable)

    @cached_property
    def _keywords(self) -> dict[int, str]:
        return {tag: word for word, tag in self.tags.items()}

    def element(self, address: str, number: int | None = None) -> Element:
        """Raises NoAddress (what is written names nothing), NotAsked."""
        steps = steps_of(address, self.tags)
        *above, last = steps
        if len(steps) > DEEPEST:
            raise NotAsked(f"leads through more than {DEEPEST - 1} sequences", "no object nests them so deep")
        for step in above:
            if self._holds(step) not in (Holds.ITEMS, Holds.UNKNOWN):
                raise NotAsked(
                    f"{self._name(step)} is no sequence, so nothing lies in it",
                    "write sequences before the dot",
                )
        name, holds = canonical(steps, self._keywords), self._holds(last)
        most = self.most.get(name) if not above and holds.comparable else None
        if number is not None and not holds.comparable:
            raise NotAsked(f"{name} has no values to count through", "take the number out")
        if number is not None and most is not None and number > most:
            raise NotAsked(f"{name} has no more than {most} value{'s'[: most > 1]}", "take the number out")
        return Element(name, holds, number, most=most, nested=bool(above), vr=self._vr(last))

    def _vr(self, step: Step) -> str:
        name = "" if step.is_private else self._keywords.get(step.tag, "")
        return self.vrs.get(name, "")

    def _holds(self, step: Step) -> Holds:
        if step.is_private:
            return Holds.UNKNOWN
        name = self._keywords.get(step.tag)
        vr = self.vrs.get(name) if name else self.repeating(step.tag)
        if vr is not None:
            return _HOLDS.get(vr, Holds.TEXT)
        if step.tag >> 16 & 1:
            raise NotAsked(
                f"{self._name(step)} is private, and means nothing without its creator",
                'write (gggg,"creator",ee), such as (0029,"SIEMENS CSA HEADER",08)',
            )
        raise NotAsked(f"{self._name(step)} is no element that a DICOM object holds", "see PS3.6 for its tag")

    def _name(self, step: Step) -> str:
        return canonical((step,), self._keywords)
