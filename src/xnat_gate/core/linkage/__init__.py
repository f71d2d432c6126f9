"""What points at what: the references of RT objects, and a verdict on each object's links.

Laws: only a SOP instance UID with its SOP class links (PS3.3 10.8); series, frame of reference and study explain
and suggest, and never turn a broken list into LINKED. A reference is classed by its path, never by its class: the
item of RT Referenced Study Sequence looks like an instance and names a study. Policy has no say here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xnat_gate.core.linkage.chain import inherit, mark_cycles
from xnat_gate.core.linkage.kinds import RTKind, kind_of
from xnat_gate.core.linkage.own import judge_own
from xnat_gate.core.linkage.presence import NOWHERE, Presence
from xnat_gate.core.linkage.references import support
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.linkage.verification import mark_verification
from xnat_gate.core.pointers import Reference
from xnat_gate.core.study import Instance, Study, Unreadable


def link(
    study: Study, elsewhere: Mapping[str, str] = NOWHERE, phantoms: Sequence[str] = ()
) -> tuple[RTLink, ...]:
    """A verdict for every object of the kinds that are known, in the order of the instances, damaged ones last.
    `elsewhere`: SOPInstanceUIDs that the archive holds of the same patient, with the label of their session; what they
    are is not asked, since they were let in. `phantoms`: how UIDs of images of phantoms begin."""
    presence = Presence(study, elsewhere)
    own = [
        judge_own(instance, kind, presence)
        for instance in study.instances
        if (kind := kind_of(instance.sop_class_uid)) is not None
    ]
    unread = [_unread(one, kind) for one in study.damaged if (kind := kind_of(one.sop_class_uid)) is not None]
    # marked before anything is inherited, so that what inherits knows the very links that it stands on
    marked = mark_verification([*mark_cycles(own), *unread], phantoms)
    return inherit(marked)


def _unread(damaged: Unreadable, kind: RTKind) -> RTLink:
    """Nobody knows what it refers to."""
    header = {"SOPInstanceUID": (damaged.sop_instance_uid,), "SOPClassUID": (damaged.sop_class_uid,)}
    instance = Instance(damaged.file, header)
    return RTLink(
        instance=instance,
        kind=kind,
        own=Linkage.UNVERIFIABLE,
        reason=Reason.READ_FAILURE,
        effective=Linkage.UNVERIFIABLE,
    )


def absent(study: Study) -> frozenset[str]:
    """The SOPInstanceUIDs that objects of the study stand on and that no file here carries."""
    named = {
        reference.sop_instance_uid
        for instance in study.instances
        if (kind := kind_of(instance.sop_class_uid)) is not None
        for reference in _stands_on(instance, kind)
    }
    return frozenset(named - study.by_uid.keys() - {""})


def _stands_on(instance: Instance, kind: RTKind) -> tuple[Reference, ...]:
    """What carries it, and what could instead; of an object that nobody stands on (`kind_of`) nothing is asked."""
    evidence = support(instance, kind)
    return (*evidence.named, *evidence.instead)
