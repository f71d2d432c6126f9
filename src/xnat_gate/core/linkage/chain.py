"""The chain dose, plan, structure set: circles in it, and the verdict that each object inherits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from xnat_gate.core.linkage.references import RTKind, support
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink

_ORDER = (RTKind.STRUCTURE_SET, RTKind.PLAN, RTKind.DOSE)
"""Who stands on whom: judged in this order, each finds what it stands on already judged."""


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
    """effective(x) = worst of own(x) and of the effective verdicts of what it stands on, twins included."""
    judged: dict[str, list[RTLink]] = defaultdict(list)
    done: dict[int, RTLink] = {}
    for position, link in sorted(enumerate(links), key=lambda pair: _ORDER.index(pair[1].kind)):
        below = (one for uid in link.stands_on for one in judged.get(uid, ()))
        root = max(below, key=_worst, default=None)
        worse = root is not None and root.effective.badness > link.own.badness
        done[position] = (
            replace(link, effective=root.effective, inherited_from=root) if root and worse else link
        )
        judged[link.instance.sop_instance_uid].append(done[position])
    return tuple(done[position] for position in range(len(links)))
