"""What follows from a linkage verdict under the protocol in force: `rt:` says how bad, `links:` which edges count."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.finding import Effect
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.protocol import DoseAlone, Protocol, Requirement

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
    if link.verification:
        return protocol.rt.verification
    if requirement(link, protocol) is not Requirement.REQUIRE:
        return Effect.NOTE
    if link.reason is Reason.STANDALONE_ALLOWED:
        return _standalone(link, protocol)
    if link.reason is Reason.PLAN_ABSENT_STRUCT_PRESENT and protocol.rt.dose_without_plan is DoseAlone.ORPHAN:
        return protocol.rt.orphan
    return {
        Linkage.LINKED: Effect.NOTE,
        Linkage.PARTIAL: protocol.rt.partial,
        Linkage.UNVERIFIABLE: protocol.rt.unverifiable,
        Linkage.ORPHAN: protocol.rt.orphan,
    }[link.own]


def _standalone(link: RTLink, protocol: Protocol) -> Effect:
    """Conformant objects that need nothing: RT images and records are among them whatever the protocol says."""
    policies = {
        RTKind.PLAN: protocol.rt.device_plans,
        RTKind.STRUCTURE_SET: protocol.rt.point_sets,
    }
    return policies.get(link.kind, Effect.NOTE)


def effect(link: RTLink, protocol: Protocol) -> Effect:
    """The stronger of what follows from the object itself and from what it stands on."""
    return max((own_effect(one, protocol) for one in weighing(link, protocol)), key=_STRENGTH.index)


def weighing(link: RTLink, protocol: Protocol) -> Iterator[RTLink]:
    """The object, and those below it that made its verdict worse, as far down as the protocol wants to hear of it; of
    those that weigh alike the first."""
    for one in link.line:
        yield one
        if not _follows(one, protocol):
            return


def _follows(link: RTLink, protocol: Protocol) -> bool:
    """Whether what it stands on counts for it."""
    return not link.verification and requirement(link, protocol) is Requirement.REQUIRE


def is_ignored(link: RTLink, protocol: Protocol) -> bool:
    """The protocol does not want to hear of this edge."""
    return requirement(link, protocol) is Requirement.IGNORE
