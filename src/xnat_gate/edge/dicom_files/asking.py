"""What is asked of an object, from the names of elements (`core.addresses`) to the tree along which it is read.

Laws: a name that no element can have is refused; what the reader itself has to know is asked along with the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from xnat_gate.core.addresses import NoAddress, Step, canonical, steps_of
from xnat_gate.edge.dicom_files.dictionary import (
    BULK_OR_NESTED,
    KEYWORD_OF,
    TAGS,
    VR_OF,
    private_vr,
    repeating_vr,
)
from xnat_gate.edge.dicom_files.text import READABLE_VRS

CHARSET = "SpecificCharacterSet"
SIGN = "PixelRepresentation"
NEEDED = frozenset(
    {
        CHARSET,
        "SOPClassUID",
        "Modality",
        "StudyInstanceUID",
        "FrameOfReferenceUID",
        "Rows",
        SIGN,
        "PixelDataProviderURL",
    }
)
"""What the reader itself has to know."""
NEEDED_IN_ITEMS = frozenset({CHARSET, SIGN})
"""And of an item, without which its values cannot be understood."""

CREATORS = range(0x0010, 0x0100)
"""The elements of a private group that hold the creators of its blocks (PS3.5 7.8.1)."""

Branches = Iterable[tuple[Sequence[Step], str]]
"""The steps to each element, and its whole name; no name where the reader asks for itself."""


@dataclass(frozen=True, slots=True)
class Node:
    """An element that is asked for, or that leads to one.

    `key`: its name among its neighbours; `name`: its whole name, empty when it only leads on. `vr`: as the dictionary
    has it, empty for a private one that it does not know. `within`: what is asked of its items.
    """

    key: str
    name: str
    vr: str
    private: bool
    within: Asked | None

    @property
    def may_nest(self) -> bool:
        return self.private or self.vr in BULK_OR_NESTED

    def vr_in(self, told: str) -> str:
        """Its VR in a file that tells this one: empty where nobody knows."""
        if self.private:
            return self.vr if told == "UN" else told
        return told if told in READABLE_VRS and self.vr not in BULK_OR_NESTED else self.vr


Privates = Mapping[int, Mapping[str, Mapping[int, Node]]]
"""By group, creator and low byte."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one data set, or of each item of one sequence. `named`: the nodes that have a name."""

    tags: Mapping[int, Node]
    privates: Privates
    named: tuple[Node, ...]
    nests: bool


@cache
def asked_of(wanted: frozenset[str]) -> Asked:
    """Raises KeyError for a name that no element can have, or that is not the canonical one."""
    return _asked([(_steps(name), name) for name in sorted(wanted)], NEEDED)


def _steps(name: str) -> tuple[Step, ...]:
    try:
        steps = steps_of(name, TAGS)
    except NoAddress as fault:
        raise KeyError(name) from fault
    known = [_vr(step) for step in steps]
    leads_on = all(step.is_private or vr == "SQ" for step, vr in zip(steps[:-1], known, strict=False))
    if canonical(steps, KEYWORD_OF) != name or None in known or not leads_on:
        raise KeyError(name)
    return steps


def _asked(branches: Branches, needed: frozenset[str]) -> Asked:
    below: dict[Step, list[tuple[Sequence[Step], str]]] = defaultdict(list)
    for steps, name in [*branches, *(((Step(TAGS[word]),), "") for word in sorted(needed))]:
        below[steps[0]].append((steps[1:], name))
    nodes = {step: _node(step, rests) for step, rests in below.items()}
    privates: dict[int, dict[str, dict[int, Node]]] = defaultdict(lambda: defaultdict(dict))
    for step, node in nodes.items():
        if step.is_private:
            privates[step.tag >> 16][step.creator][step.tag & 0xFF] = node
    return Asked(
        tags={step.tag: node for step, node in nodes.items() if not step.is_private},
        privates={group: {**creators} for group, creators in privates.items()},
        named=tuple(node for node in nodes.values() if node.name),
        nests=any(node.may_nest for node in nodes.values()),
    )


def _node(step: Step, rests: Branches) -> Node:
    deeper = [(steps, name) for steps, name in rests if steps]
    return Node(
        key=canonical((step,), KEYWORD_OF),
        name=next((name for steps, name in rests if not steps and name), ""),
        vr=_vr(step) or "",
        private=step.is_private,
        within=_asked(deeper, NEEDED_IN_ITEMS) if deeper else None,
    )


def _vr(step: Step) -> str | None:
    """As far as it is known without the file; None where no object holds such an element."""
    if step.is_private:
        return private_vr(step.tag, step.creator)
    return VR_OF.get(step.tag) or repeating_vr(step.tag)


def names_within(asked: Asked) -> Iterator[str]:
    """The whole names of all that is asked of items, at every depth."""
    privates = (by_low.values() for creators in asked.privates.values() for by_low in creators.values())
    for node in (*asked.tags.values(), *(node for nodes in privates for node in nodes)):
        if node.name:
            yield node.name
        if node.within is not None:
            yield from names_within(node.within)
