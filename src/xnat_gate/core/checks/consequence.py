"""What follows from a linkage verdict under the protocol in force: `rt:` says how bad, `links:` which edges count."""

from __future__ import annotations

from xnat_gate.core.finding import Effect
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.protocol import Protocol, Requirement

_STRENGTH = (Effect.NOTE, Effect.QUARANTINE, Effect.HOLD, Effect.REJECT)


def requirement(link: RTLink, protocol: Protocol) -> Requirement:
    """What the protocol says of the edge that this kind of object stands on."""
    links = protocol.links
    return {
        RTKind.STRUCTURE_SET: links.structures_to_images,
        RTKind.PLAN: links.plan_to_structures,
        RTKind.DOSE: links.dose_to_plan,
        RTKind.RECORD: links.record_to_plan,
        RTKind.RT_IMAGE: links.rt_image_to_plan,
        RTKind.SEGMENTATION: links.segmentation_to_images,
        RTKind.REGISTRATION: links.registration_to_images,
        RTKind.FIDUCIALS: links.fiducials_to_images,
        RTKind.SECOND_GENERATION: links.second_generation,
    }[link.kind]


def own_effect(link: RTLink, protocol: Protocol) -> Effect:
    """What follows from the object's own edges alone."""
    if link.reason is Reason.CYCLE:
        return Effect.HOLD
    if requirement(link, protocol) is not Requirement.REQUIRE or link.reason is Reason.STANDALONE_ALLOWED:
        return Effect.NOTE
    return {
        Linkage.LINKED: Effect.NOTE,
        Linkage.PARTIAL: protocol.rt.partial,
        Linkage.UNVERIFIABLE: protocol.rt.unverifiable,
        Linkage.ORPHAN: protocol.rt.orphan,
    }[link.own]


def effect(link: RTLink, protocol: Protocol) -> Effect:
    """The stronger of what follows from the object itself and from what it stands on."""
    if link.inherited_from is None or requirement(link, protocol) is not Requirement.REQUIRE:
        return own_effect(link, protocol)
    return max(own_effect(link, protocol), effect(link.inherited_from, protocol), key=_STRENGTH.index)


def is_ignored(link: RTLink, protocol: Protocol) -> bool:
    """The protocol does not want to hear of this edge."""
    return requirement(link, protocol) is Requirement.IGNORE
