"""How an element of a data set is named: by keyword, by tag, private with its creator, inside sequences by a path.

The spelling of a path is that of DICOMweb (PS3.18 8.3.4.1, parts with dots between), that of a private element
`(gggg,"creator",ee)`, since the block that a creator gets differs from file to file (PS3.5 7.8.1).

Law: one element has one canonical name, which is also its key in a header (`core.study.Header`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_HEX4, _HEX2 = "[0-9A-Fa-f]{4}", "[0-9A-Fa-f]{2}"
_PART = re.compile(
    rf"(?P<keyword>[A-Za-z][A-Za-z0-9]*)"
    rf"|\((?P<group>{_HEX4}),\s*(?P<element>{_HEX4})\)"
    rf'|\((?P<odd>{_HEX4}),\s*(?:"(?P<quoted>[^"\\]{{1,64}})"|(?P<bare>[^"\\,]{{1,64}}))\s*,\s*(?P<low>{_HEX2})\)'
)


@dataclass(frozen=True, slots=True)
class Step:
    """One element on the way. `tag` is its number; of a private one group and low byte alone (0x00290008), with its
    `creator`."""

    tag: int
    creator: str = ""

    @property
    def is_private(self) -> bool:
        return bool(self.creator)


class NoAddress(ValueError):
    """`part` is what cannot be understood."""

    def __init__(self, part: str) -> None:
        self.part = part
        super().__init__(f"{part} names no element")


class UnknownKeyword(NoAddress):
    """The part looks like a keyword, and is none."""


def steps_of(address: str, tags: Mapping[str, int]) -> tuple[Step, ...]:
    """The elements on the way, the last one being meant. `tags`: keyword to tag. Raises NoAddress."""
    return tuple(_step(found, tags) for found in _parts(address))


def canonical(steps: tuple[Step, ...], keywords: Mapping[int, str]) -> str:
    """The one name of what the steps lead to. `keywords`: tag to keyword."""
    return ".".join(_name(step, keywords) for step in steps)


def _parts(address: str) -> Iterator[re.Match[str]]:
    start = 0
    while True:
        found = _PART.match(address, start)
        if found is None or address[found.end() : found.end() + 1] not in ("", "."):
            raise NoAddress(address[start:] or address)
        yield found
        if found.end() == len(address):
            return
        start = found.end() + 1


def _step(part: re.Match[str], tags: Mapping[str, int]) -> Step:
    if part["keyword"]:
        if part["keyword"] not in tags:
            raise UnknownKeyword(part["keyword"])
        return Step(tags[part["keyword"]])
    if part["low"]:
        group, creator = int(part["odd"], 16), (part["quoted"] or part["bare"]).strip()
        if not group & 1 or not creator:
            raise NoAddress(part.group())
        return Step(group << 16 | int(part["low"], 16), creator)
    return Step(int(part["group"], 16) << 16 | int(part["element"], 16))


def _name(step: Step, keywords: Mapping[int, str]) -> str:
    if step.is_private:
        return f'({step.tag >> 16:04x},"{step.creator}",{step.tag & 0xFF:02x})'
    return keywords.get(step.tag) or f"({step.tag >> 16:04x},{step.tag & 0xFFFF:04x})"
