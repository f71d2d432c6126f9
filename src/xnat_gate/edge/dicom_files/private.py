"""The private blocks of one data set or item: whose they are, and what is asked of them (PS3.5 7.8.1).

Laws: a block belongs to the creator that the same data set or item names for it, and to nobody else; one that begins
before its creator is named is damage, since nobody knows any more whether it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

from xnat_gate.edge.dicom_files.asking import CREATORS, Node, Privates
from xnat_gate.edge.dicom_files.cursor import Damaged


class Blocks:
    """Of the groups that are asked for."""

    def __init__(self, asked: Privates) -> None:
        self._asked = asked
        self._owned: dict[int, Mapping[int, Node]] = {}
        self._ownerless: set[int] = set()

    def begins(self, tag: int) -> bool:
        """Whether this element names the creator of a block."""
        return tag & 0xFFFF in CREATORS and tag >> 16 in self._asked

    def reserve(self, tag: int, creator: str) -> None:
        block = tag >> 16 << 8 | tag & 0xFF
        nodes = self._asked[tag >> 16].get(creator, {})
        if block in self._owned:
            raise Damaged("the private creator stands there twice")
        if nodes and block in self._ownerless:
            raise Damaged("the private creator stands behind its elements")
        self._owned[block] = nodes

    def node(self, tag: int) -> Node | None:
        """What is asked of this element."""
        nodes = self._owned.get(tag >> 8)
        if nodes is not None:
            return nodes.get(tag & 0xFF)
        if tag >> 16 in self._asked:
            self._ownerless.add(tag >> 8)
        return None
