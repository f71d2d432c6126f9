"""The kind of value that is a length of time.

Law: a number without a unit is a fault; nobody guesses minutes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from xnat_gate.core.protocol.document import Node
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.kinds import Schema, text_of

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: a whole number and its unit, between `least` and `most` (written alike)."""

    least: str
    most: str

    @property
    def values(self) -> str:
        units = ", ".join(f"`{unit}`" for unit in _UNITS)
        return f"a whole number with its unit ({units}), `{self.least}` to `{self.most}`"

    def read(self, tree: Node, key: str, ledger: Ledger) -> timedelta | None:
        if type(tree.value) is int:
            ledger.fault(
                tree, key, "a duration needs its unit", f"write {tree.written}m for minutes; also s, h, d"
            )
            return None
        text = text_of(tree, key, ledger, "30m")
        if text is None:
            return None
        length = duration(text)
        if length is None:
            ledger.fault(
                tree, key, f'"{text}" is no duration', "write a whole number and s, m, h or d, such as 30m"
            )
        elif not _certain(self.least) <= length <= _certain(self.most):
            ledger.fault(tree, key, f"{text} is out of bounds", f"write {self.least} to {self.most}")
            return None
        return length

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^\s*[0-9]{1,6}[smhd]\s*$"}


def duration(text: str) -> timedelta | None:
    """`30m`, `12h`, `30d`, `45s` as a length of time; None when it is none."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def _certain(text: str) -> timedelta:
    length = duration(text)
    if length is None:
        raise ValueError(text)
    return length
