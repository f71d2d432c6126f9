"""How much is kept of what one object says about others: every word once, and of nothing more than a stated number.

Laws: whatever an object says, what is kept of it fits into the memory; a bound that is reached is told by its name and
never passed over, since what lies behind it may be the reference that breaks the link.
"""

from __future__ import annotations

from collections.abc import Sized

from xnat_gate.edge.dicom_files.cursor import TooLarge

LONGEST_WORD = 1 << 16
"""Bytes of a UID, a number or a name; lists of frame numbers may be longer (`elements.LONGEST_TEXT`)."""
MOST_LETTERS = 1 << 26
"""Of all different words together."""
MOST_REFERENCES = 500_000
MOST_FRAME_NUMBERS = 1_000_000
"""Of all references together."""
MOST_OTHERS = 100_000
"""Series, frames of reference, numbers, empty sequences and ROIs, of each kind."""


class Words:
    """The words of one object, each kept once however often it is said."""

    def __init__(self) -> None:
        self._known: dict[bytes, str] = {}
        self._letters = 0

    def word(self, raw: bytes) -> str:
        """A UID, a number or a coded word: ASCII without its padding."""
        found = self._known.get(raw)
        if found is None:
            self.count(raw)
            found = self._known[raw] = raw.decode("ascii", "replace").strip(" \0")
        return found

    def number(self, raw: bytes) -> str:
        """An IS without leading zeros, as far as it is one."""
        text = self.word(raw)
        return (text.lstrip("0") or "0") if text.isdecimal() and text[0] == "0" else text

    def count(self, raw: bytes) -> None:
        """So much more is kept."""
        self._letters += len(raw)
        if self._letters > MOST_LETTERS:
            raise TooLarge(f"its references, numbers and names have more than {MOST_LETTERS:,} letters")


def bounded(kept: Sized, most: int, what: str) -> None:
    """`what` is kept in the plural of a word for people."""
    if len(kept) > most:
        raise TooLarge(f"it has more than {most:,} {what}")
