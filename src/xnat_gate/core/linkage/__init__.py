"""What points at what: the references of RT objects, and a verdict on each object's links.

Laws: only a SOP instance UID with its SOP class links (PS3.3 10.8); series, frame of reference and study explain
and suggest, and never turn a broken list into LINKED. A reference is classed by its path, never by its class: the
item of RT Referenced Study Sequence looks like an instance and names a study. Policy has no say here.
"""

from __future__ import annotations

from collections.abc import Set

from xnat_gate.core.linkage.chain import inherit, mark_cycles
from xnat_gate.core.linkage.kinds import is_rt_class, kind_of
from xnat_gate.core.linkage.own import judge_own
from xnat_gate.core.linkage.presence import Presence
from xnat_gate.core.linkage.references import support
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.pointers import Reference
from xnat_gate.core.study import Instance, Study


def link(study: Study, elsewhere: Set[str] = frozenset()) -> tuple[RTLink, ...]:
    """A verdict for every structure set, plan and dose of the study, in the order of its instances. `elsewhere`:
    SOPInstanceUIDs that the archive holds of the same patient; what they are is not asked, since they were let in."""
    presence = Presence(study, elsewhere)
    own = [
        judge_own(instance, kind, presence)
        for instance in study.instances
        if (kind := kind_of(instance.sop_class_uid)) is not None
    ]
    return inherit(mark_cycles(own))


def absent(study: Study) -> frozenset[str]:
    """The SOPInstanceUIDs that RT objects of the study stand on and that no file here carries."""
    named = {
        reference.sop_instance_uid
        for instance in study.instances
        if is_rt_class(instance.sop_class_uid)
        for reference in _stands_on(instance)
    }
    return frozenset(named - study.by_uid.keys() - {""})


def _stands_on(instance: Instance) -> tuple[Reference, ...]:
    """Of an object whose links are not judged (RT image, treatment record), all that it names."""
    kind = kind_of(instance.sop_class_uid)
    if kind is None:
        return instance.pointers.references
    evidence = support(instance, kind)
    return (*evidence.named, *evidence.instead)
