"""The chain from record and dose over plan and structure set to the images: circles in it, and what is inherited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter

from xnat_gate.core.linkage.references import support
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink


def mark_cycles(links: list[RTLink]) -> list[RTLink]:
    """Members of a circle of supporting edges support nobody. Classes are not asked: a circle is one by its UIDs."""
    names: dict[str, set[str]] = defaultdict(set)
    for link in links:
        named = support(link.instance, link.kind).named
        names[link.instance.sop_instance_uid].update(link.stands_on, (ref.sop_instance_uid for ref in named))
    circular = _circular(names)
    return [
        link.judged(Linkage.UNVERIFIABLE, Reason.CYCLE, stands_on=())
        if link.instance.sop_instance_uid in circular
        else link
        for link in links
    ]


def _circular(names: Mapping[str, set[str]]) -> set[str]:
    """Those from which the edges lead back to themselves: every edge is followed once, however many circles there
    are (Tarjan)."""
    found: dict[str, int] = {}
    least: dict[str, int] = {}
    open_: dict[str, None] = {}
    circular: set[str] = set()
    for start in names:
        walk = [] if start in found else [(start, iter(sorted(names[start])))]
        while walk:
            uid, after = walk[-1]
            if uid not in found:
                found[uid] = least[uid] = len(found)
                open_[uid] = None
            ahead = next(after, None)
            if ahead is None:
                walk.pop()
                if walk:
                    above = walk[-1][0]
                    least[above] = min(least[above], least[uid])
                if least[uid] == found[uid]:
                    circular |= _closed(uid, open_, names)
            elif ahead in open_:
                least[uid] = min(least[uid], found[ahead])
            elif ahead in names and ahead not in found:
                walk.append((ahead, iter(sorted(names[ahead]))))
    return circular


def _closed(root: str, open_: dict[str, None], names: Mapping[str, set[str]]) -> set[str]:
    """What lies in one circle with the root, taken off what is open; nothing where that is the root alone."""
    members: set[str] = set()
    while root not in members:
        members.add(open_.popitem()[0])
    return members if len(members) > 1 or root in names[root] else set()


def _worst(link: RTLink) -> tuple[int, str, str]:
    """One order for all, so that the order of arrival tells nothing."""
    return link.effective.badness, link.reason, link.instance.file


def inherit(links: Sequence[RTLink]) -> tuple[RTLink, ...]:
    """effective(x) = worst of own(x) and of the effective verdicts of what it stands on, twins of the same patient
    included. Whoever is in a circle stands on nothing, so what is left has an order."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, link in enumerate(links):
        places[link.instance.sop_instance_uid].append(place)
    below = {
        place: [
            at for uid in link.stands_on for at in places.get(uid, ()) if _of_one_patient(link, links[at])
        ]
        for place, link in enumerate(links)
    }
    done: dict[int, RTLink] = {}
    for place in TopologicalSorter(below).static_order():
        link = links[place]
        root = max((done[at] for at in below[place]), key=_worst, default=None)
        worse = root is not None and root.effective.badness > link.own.badness
        done[place] = replace(link, effective=root.effective, inherited_from=root) if root and worse else link
    return tuple(done[place] for place in range(len(links)))


def _of_one_patient(link: RTLink, below: RTLink) -> bool:
    """A file that cannot be read tells of none."""
    told = below.instance.header.get("PatientID")
    return told is None or told == link.instance.values("PatientID")


def names_itself(link: RTLink) -> bool:
    """The shortest of all circles."""
    own = link.instance.sop_instance_uid
    return bool(own) and any(ref.sop_instance_uid == own for ref in support(link.instance, link.kind).named)
