"""A study made of its summary: objects, links and findings that answer as the real ones would.

Law: its UIDs are made up and mean nothing; only their being the same or not is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from xnat_gate.core import checks, likeness, media
from xnat_gate.core.checks.check import Remark
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.impersonal import SERIES
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Instance, Study
from xnat_gate.core.summary import NO_UNIT, NONE_BELOW, Profile, Remembered, Summary

STUDY, OBJECT = "study", "SOPInstanceUID"

_BY_POLICY: Mapping[str, Callable[[Protocol], Effect]] = {
    "RT013": lambda protocol: protocol.duplicates.other_bytes,
    "RT016": lambda protocol: protocol.duplicates.same_pixels,
    "RT017": lambda protocol: protocol.duplicates.new_uid,
    "RT020": lambda protocol: protocol.rt.shared_series,
    "RT021": lambda protocol: protocol.rt.shared_number,
    "RT022": lambda protocol: protocol.rt.shared_number,
    "RT154": lambda protocol: protocol.rt.elsewhere,
}
"""Findings whose effect is a key of its own in the protocol."""
_CHECKS = {one.id: one for one in checks.ALL}
_TITLES = {
    **{one.id: one.title for one in checks.ALL},
    **{one.id: one.title for one in likeness.ALL},
    media.ID: "All objects that a DICOMDIR names are here",
}


@dataclass(frozen=True)
class Revived:
    """`profiles`: that of each instance, by its `file`; `counts`: how many files it stands for."""

    study: Study
    links: tuple[RTLink, ...]
    profiles: Mapping[str, Profile]
    counts: Mapping[str, int]

    def units(self, instances: Iterable[Instance]) -> set[int]:
        """Those of the RT objects among them."""
        uids = {one.sop_instance_uid for one in instances}
        places = (place for profile in self.profiles.values() for place in profile.at)
        return {place.unit for place in places if uid_of(place.unit) in uids}

    def files(self, instances: Iterable[Instance]) -> int:
        return sum(self.counts[one.file] for one in instances)


def revived(summary: Summary) -> Revived:
    """One object for all that are alike in one series, and each RT object by itself."""
    instances: list[Instance] = []
    profiles: dict[str, Profile] = {}
    counts: dict[str, int] = {}
    for profile in summary.profiles:
        for place in profile.at:
            file = str(len(instances))
            uids = {SERIES: (summary.series[place.series],), OBJECT: (uid_of(place.unit),)}
            instances.append(Instance(file, {**profile.header, **uids}))
            profiles[file], counts[file] = profile, place.files
    links = _links(summary, instances) if summary.links else ()
    return Revived(Study(STUDY, tuple(instances)), links, profiles, counts)


def uid_of(unit: int) -> str:
    return "any" if unit == NO_UNIT else f"object {unit}"


def finding_of(one: Remembered, effect: Effect) -> Finding:
    """With the words that the journal has for it."""
    title = _TITLES.get(one.id, one.id)
    return Finding(
        id=one.id,
        severity=one.severity,
        effect=effect,
        message=f"expected: {title}",
        title=title,
        about=tuple(map(uid_of, one.units)),
        bars_delivery=one.bars_delivery,
    )


def effect_of(one: Remembered, protocol: Protocol) -> Effect:
    """What follows from it under this protocol."""
    rule = next((rule for rule in protocol.rules if rule.id == one.id), None) if one.question else None
    if rule is not None:
        return rule.otherwise
    by_policy = _BY_POLICY.get(one.id)
    alone = one.id == "RT022" and one.severity is not Severity.ERROR
    natural = by_policy(protocol) if by_policy and not alone else one.effect
    check = _CHECKS.get(one.id)
    if check is None:
        return natural
    remark = Remark(message="", effect=natural, severity=one.severity, bars_delivery=one.bars_delivery)
    return check.effect_of(remark, protocol)


def _links(summary: Summary, instances: Iterable[Instance]) -> tuple[RTLink, ...]:
    by_uid = {one.sop_instance_uid: one for one in instances}
    made: dict[int, RTLink] = {}
    for number in range(len(summary.links)):
        chain = [number]
        while chain[-1] not in made and (below := summary.links[chain[-1]].below) != NONE_BELOW:
            chain.append(below)
        for each in reversed(chain):
            if each not in made:
                one = summary.links[each]
                nameless = Instance("", {})
                made[each] = RTLink(
                    instance=nameless if one.unit == NO_UNIT else by_uid[uid_of(one.unit)],
                    kind=one.kind,
                    own=one.own,
                    reason=one.reason,
                    effective=one.effective,
                    referenced=one.referenced,
                    present=one.present,
                    missing=tuple(str(lost) for lost in range(one.referenced - one.present)),
                    missing_contoured=("lost",) if one.lost_contours else (),
                    verification=one.verification,
                    other_series=one.other_series,
                    inherited_from=made.get(one.below),
                )
    return tuple(made[number] for number in range(len(summary.links)))
