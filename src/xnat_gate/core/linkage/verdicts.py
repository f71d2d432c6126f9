"""The words of a linkage verdict: how well an object is linked, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.study import Instance


class Linkage(StrEnum):
    """Verdicts, from best to worst."""

    LINKED = "LINKED"
    PARTIAL = "PARTIAL"
    UNVERIFIABLE = "UNVERIFIABLE"
    ORPHAN = "ORPHAN"

    @property
    def badness(self) -> int:
        return list(Linkage).index(self)


class Reason(StrEnum):
    """Why an object's own links are judged as they are."""

    INSTANCE_ALL = "INSTANCE_ALL"
    INSTANCE_SOME = "INSTANCE_SOME"
    SERIES_PRESENT_INSTANCES_ABSENT = "SERIES_PRESENT_INSTANCES_ABSENT"
    FRAME_ONLY_INSTANCES_ABSENT = "FRAME_ONLY_INSTANCES_ABSENT"
    TARGET_ABSENT = "TARGET_ABSENT"
    TARGET_MISMATCH = "TARGET_MISMATCH"
    TARGET_AMBIGUOUS = "TARGET_AMBIGUOUS"
    SERIES_ONLY = "SERIES_ONLY"
    SERIES_ABSENT = "SERIES_ABSENT"
    FRAME_UNIQUE = "FRAME_UNIQUE"
    FRAME_AMBIGUOUS = "FRAME_AMBIGUOUS"
    FRAME_SOME = "FRAME_SOME"
    NO_REFERENCE = "NO_REFERENCE"
    STANDALONE_ALLOWED = "STANDALONE_ALLOWED"
    PLAN_ABSENT_STRUCT_PRESENT = "PLAN_ABSENT_STRUCT_PRESENT"
    CYCLE = "CYCLE"
    READ_FAILURE = "READ_FAILURE"


@dataclass(frozen=True, kw_only=True)
class RTLink:
    """The verdict on one RT object.

    `own`: its own edges; `effective`: the worst of those and of the objects it stands on, `inherited_from` naming
    the one that made it worse. `referenced` and `present` count distinct instances of its supporting edges, those
    `elsewhere` in the archive, in the `sessions` of these labels, among the present ones; `missing` holds the absent
    ones, `missing_contoured` those of them that carry contours, of `missing_rois`; `damaged` those of which a file came
    that cannot be read. `other_series`: a series that it names is not here, and images of it are, under another.
    `verification`: it is, or belongs to, a plan that checks a treatment.
    """

    instance: Instance
    kind: RTKind
    own: Linkage
    reason: Reason
    effective: Linkage
    referenced: int = 0
    present: int = 0
    missing: tuple[str, ...] = ()
    missing_contoured: tuple[str, ...] = ()
    missing_rois: tuple[str, ...] = ()
    stands_on: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    elsewhere: int = 0
    sessions: tuple[str, ...] = ()
    other_series: bool = False
    verification: bool = False
    inherited_from: RTLink | None = None

    @cached_property
    def root(self) -> RTLink:
        """The object whose own edges made the verdict what it is."""
        above: list[RTLink] = []
        link = self
        while link.inherited_from is not None and "root" not in link.__dict__:
            above.append(link)
            link = link.inherited_from
        root = link if link.inherited_from is None else link.root
        for one in above:
            one.__dict__["root"] = root
        return root

    @cached_property
    def line(self) -> tuple[RTLink, ...]:
        """Itself and what made its verdict worse, from the top; of those that are alike in all that a protocol asks of
        them the first, so that a line stays short however long the chain is."""
        above: list[RTLink] = []
        link: RTLink | None = self
        while link is not None and "line" not in link.__dict__:
            above.append(link)
            link = link.inherited_from
        line: tuple[RTLink, ...] = () if link is None else link.line
        for one in reversed(above):
            line = (one, *(other for other in line if other.likeness != one.likeness))
            one.__dict__["line"] = line
        return line

    @property
    def likeness(self) -> tuple[RTKind, Linkage, Reason, bool, bool]:
        """All of it that a protocol weighs."""
        return self.kind, self.own, self.reason, self.verification, bool(self.missing)

    def judged(self, own: Linkage, reason: Reason, stands_on: tuple[str, ...] | None = None) -> RTLink:
        """The same object under another verdict on its own edges."""
        kept = self.stands_on if stands_on is None else stands_on
        return replace(self, own=own, effective=own, reason=reason, stands_on=kept)
