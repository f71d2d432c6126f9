"""Conditions asked of many headers at once: each question once for each value that is met, however headers differ.

Law: the answers are those that `conditions.truth` gives of each header by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress

from xnat_gate.core.protocol.conditions import AllOf, AnyOf, Ask, Condition, NotMet, Reading, answers_of
from xnat_gate.core.study import Header


@dataclass(frozen=True, slots=True)
class Answers:
    """One byte for each header, 1 or 0, as one number; what is in neither cannot be told."""

    yes: int
    no: int


@dataclass(frozen=True, slots=True)
class Column:
    """What the headers say of one element: one header for each way of saying it, and which way each header has."""

    ways: tuple[Header, ...]
    way_of: tuple[int, ...]


class Columns:
    """The headers by element, each sorted when it is first asked for."""

    def __init__(self, headers: Sequence[Header]) -> None:
        self._headers = headers
        self._every = int.from_bytes(b"\1" * len(headers), "little")
        self._columns: dict[str, Column] = {}

    def meeting(self, condition: Condition | None, reading: Reading) -> int:
        """Those that meet it; all where there is none."""
        return self._every if condition is None else self._answers(condition, reading).yes

    def numbers(self, found: int) -> Iterator[int]:
        """The positions of these headers."""
        return compress(range(len(self._headers)), found.to_bytes(len(self._headers), "little"))

    def _answers(self, condition: Condition, reading: Reading) -> Answers:
        match condition:
            case Ask():
                return self._asked(condition, reading)
            case NotMet(part):
                met = self._answers(part, replace(reading, every=False))
                return Answers(met.no, met.yes)
            case AllOf(parts):
                return self._all([self._answers(part, reading) for part in parts])
            case AnyOf(parts):
                none = self._all([_turned(self._answers(part, reading)) for part in parts])
                return _turned(none)

    def _all(self, parts: list[Answers]) -> Answers:
        yes, no = self._every, 0
        for part in parts:
            yes, no = yes & part.yes, no | part.no
        return Answers(yes, no)

    def _asked(self, ask: Ask, reading: Reading) -> Answers:
        column = self._column(ask.element.name)
        said = list(answers_of(ask, column.ways, reading))
        return Answers(self._where(said, column, wanted=True), self._where(said, column, wanted=False))

    def _where(self, said: list[bool | None], column: Column, *, wanted: bool) -> int:
        if wanted not in said:
            return 0
        if said.count(wanted) == len(said):
            return self._every
        marks = bytes(one is wanted for one in said)
        return int.from_bytes(bytes(map(marks.__getitem__, column.way_of)), "little")

    def _column(self, name: str) -> Column:
        if name not in self._columns:
            ways: dict[tuple[str, ...] | None, int] = {}
            firsts: list[Header] = []
            way_of = []
            for header in self._headers:
                values = header.get(name)
                way = ways.setdefault(values, len(firsts))
                if way == len(firsts):
                    firsts.append(header)
                way_of.append(way)
            self._columns[name] = Column(tuple(firsts), tuple(way_of))
        return self._columns[name]


def _turned(answers: Answers) -> Answers:
    return Answers(answers.no, answers.yes)
