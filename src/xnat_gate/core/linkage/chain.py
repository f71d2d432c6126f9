"""The chain from record and dose over plan and structure set to the images: circles in it, and what is inherited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from graphlib import TopologicalSorter

from xnat_gate.core.linkage.references import support
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink


def mark_cycles(links: list[RTLink]) -> list[RTLink]:
    """Members of a circle of supporting edges support nobody. Classes are not asked: a circle is one by its UIDs."""
    names: dict[str, set[str]] = defaultdict(set)
    for link in links:
        named = support(link.instance, link.kind).named
        names[link.instance.sop_instance_uid].update(ref.sop_instance_uid for ref in named)
    circular = {uid for uid in names if _reaches(uid, names)}
    return [
        link.judged(Linkage.UNVERIFIABLE, Reason.CYCLE, stands_on=())
        if link.instance.sop_instance_uid in circular
        else link
        for link in links
    ]


def _reaches(goal: str, names: Mapping[str, set[str]]) -> bool:
    """Whether following the edges from `goal` leads back to it."""
    seen: set[str] = set()
    ahead = [uid for uid in names[goal] if uid in names]
    while ahead:
        uid = ahead.pop()
        if uid == goal:
            return True
        if uid not in seen:
            seen.add(uid)
            ahead.extend(after for after in names[uid] if after in names)
    return False


def _worst(link: RTLink) -> tuple[int, str, str]:
    """One order for all, so that the order of arrival tells nothing."""
    return link.effective.badness, link.reason, link.instance.file


def inherit(links: list[RTLink]) -> tuple[RTLink, ...]:
    """effective(x) = worst of own(x) and of the effective verdicts of what it stands on, twins included. Whoever is in
    a circle stands on nothing, so what is left has an order."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, link in enumerate(links):
        places[link.instance.sop_instance_uid].append(place)
    below = {
        place: [at for uid in link.stands_on for at in places.get(uid, ())]
        for place, link in enumerate(links)
    }
    done: dict[int, RTLink] = {}
    for place in TopologicalSorter(below).static_order():
        link = links[place]
        root = max((done[at] for at in below[place]), key=_worst, default=None)
        worse = root is not None and root.effective.badness > link.own.badness
        done[place] = replace(link, effective=root.effective, inherited_from=root) if root and worse else link
    return tuple(done[place] for place in range(len(links)))
