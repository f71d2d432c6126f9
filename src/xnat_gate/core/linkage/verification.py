"""Plans that check a treatment or a machine, and what belongs to them: a class of their own, since they are often made
on the images of one phantom for many patients.

Laws: a plan is of the class by what it says of itself (PlanIntent, PS3.3 C.8.8.9) or because the site has said which
UIDs are those of a phantom; that images belong to another patient never makes one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from xnat_gate.core.linkage.edges import STUDY_ITEMS, Edge
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.references import on, support, with_edge
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.study import Instance

INTENTS = frozenset({"VERIFICATION", "MACHINE_QA", "SERVICE"})
_LEVELS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


def begins(uid: str, prefixes: Iterable[str]) -> bool:
    """Whether one of them is the beginning of it, whole components of it."""
    return any(uid == prefix or uid.startswith(f"{prefix}.") for prefix in prefixes)


def is_phantom(instance: Instance, prefixes: Sequence[str]) -> bool:
    """Whether the site has called it one, by its study, its series or itself."""
    return any(begins(instance.value(keyword), prefixes) for keyword in _LEVELS)


def mark_verification(links: Sequence[RTLink], prefixes: Sequence[str] = ()) -> tuple[RTLink, ...]:
    """The same links; those of the class, of what stands on them, and of structure sets that nothing else stands on,
    know it."""
    named = [
        {ref.sop_instance_uid for ref in (*evidence.named, *evidence.instead)}
        for evidence in (support(link.instance, link.kind) for link in links)
    ]
    users: dict[str, set[int]] = defaultdict(set)
    for place, uids in enumerate(named):
        for uid in uids:
            users[uid].add(place)
    marked = {place for place, link in enumerate(links) if _says_so(link) or _on_phantom(link, prefixes)}
    _spread(marked, links, users)
    for place, link in enumerate(links):
        over = users[link.instance.sop_instance_uid] - {place}
        if link.kind is RTKind.STRUCTURE_SET and over and over <= marked:
            marked.add(place)
    return tuple(
        replace(link, verification=True) if place in marked else link for place, link in enumerate(links)
    )


def _spread(marked: set[int], links: Sequence[RTLink], users: dict[str, set[int]]) -> None:
    """To whatever names one of them."""
    ahead = list(marked)
    while ahead:
        for place in users[links[ahead.pop()].instance.sop_instance_uid] - marked:
            marked.add(place)
            ahead.append(place)


def _says_so(link: RTLink) -> bool:
    return link.kind is RTKind.PLAN and link.instance.value("PlanIntent") in INTENTS


def _on_phantom(link: RTLink, prefixes: Sequence[str]) -> bool:
    """Whether it stands on images of a phantom, here or not, or is one itself. What it only names beside them, as a
    plan the doses that were measured, says nothing of what it is."""
    if not prefixes:
        return False
    one = link.instance
    named = (*with_edge(one, Edge.SUPPORT), *on(one, STUDY_ITEMS))
    uids = (*one.pointers.series_uids, *(ref.sop_instance_uid for ref in named))
    return any(begins(uid, prefixes) for uid in uids) or is_phantom(one, prefixes)
