"""Second-generation RT objects (RT107, RT110)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.absence import Absence
from xnat_gate.core.checks.check import Case, Check, Remark, check, counted
from xnat_gate.core.checks.consequence import own_effect
from xnat_gate.core.checks.inheritance import inherited, of_kinds, share_missing
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.edges import LISTED, LISTED_ELSEWHERE, Edge
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.references import on, with_edge
from xnat_gate.core.linkage.verdicts import Linkage, Reason


@check(
    "RT107",
    "What a second-generation RT object stands on is here, and whole",
    Severity.ERROR,
    "Send the objects that it refers to together with it: radiations, plans, segmentations, images.",
)
def foundations(case: Case) -> Iterator[Remark]:
    """Whether what a radiation set, a radiation, its record, or a segment annotation is made of came with it, or, where
    it says no more than that, what is in its list of referenced objects (PS3.3 C.36, C.12.2). Without that it says what
    is to be done, and not on what."""
    for link in of_kinds(case, RTKind.SECOND_GENERATION):
        if link.own is not Linkage.LINKED and link.reason is not Reason.STANDALONE_ALLOWED:
            severity = Severity.ERROR if link.own is Linkage.ORPHAN else Severity.WARNING
            yield about(link, share_missing(link, "foundation"), own_effect(link, case.protocol), severity)
        yield from inherited(link, case)


@check(
    "RT110",
    "A second-generation RT object lists all that it refers to",
    Severity.WARNING,
    "Export the object again together with what belongs to it; if it stays so, tell whoever runs the system.",
)
def complete_index(case: Case) -> Iterator[Remark]:
    """Whether the list of referenced objects (Common Instance Reference, PS3.3 C.12.2), which every such object must
    have, holds all objects that are named elsewhere in it. Where it does not, an anonymiser or a
    converter has changed one of the two. Listed objects that did not come are told for information."""
    absence = Absence(case)
    for link in case.links:
        if link.kind is not RTKind.SECOND_GENERATION:
            continue
        index = on(link.instance, LISTED, LISTED_ELSEWHERE)
        named = {
            ref.sop_instance_uid for ref in with_edge(link.instance, Edge.SUPPORT, Edge.CROSS, Edge.LINEAGE)
        }
        unlisted = named - {ref.sop_instance_uid for ref in index} - {link.instance.sop_instance_uid}
        if unlisted:
            words = f"{counted(len(unlisted), 'object')} that {name(link)} refers to"
            verb = "is" if len(unlisted) == 1 else "are"
            yield about(link, sentence(f"{words} {verb} missing from its own list of objects"), Effect.NOTE)
        beside = [ref for ref in index if ref.sop_instance_uid not in link.missing]
        lost = absence.of(link.instance, beside)
        if lost:
            words = f"{counted(len(lost), 'object')} that {name(link)} lists did not come with it"
            yield about(link, sentence(words), Effect.NOTE, Severity.INFO)


OF_LINKS: tuple[Check, ...] = (foundations,)
"""Those that ask nothing but the links and the protocol."""

ALL: tuple[Check, ...] = (*OF_LINKS, complete_index)
