"""Presentation states, documents and others that point at images (RT108)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.absence import Absence
from xnat_gate.core.checks.check import Case, Check, Remark, check, counted
from xnat_gate.core.finding import Severity
from xnat_gate.core.linkage.edges import Edge
from xnat_gate.core.linkage.kinds import is_rt_class, kind_of
from xnat_gate.core.linkage.references import with_edge


@check(
    "RT108",
    "The images that presentation states and documents point at are here",
    Severity.INFO,
    "Nothing, unless the images are wanted in the archive, too.",
)
def images_pointed_at(case: Case) -> Iterator[Remark]:
    """Whether the objects at which presentation states, structured reports, key object selections and real world value
    maps point came with them (PS3.3 A.33, A.35, A.46). Without their images they cannot be shown; nothing in the chain
    of radiotherapy stands on them."""
    absence = Absence(case)
    for instance in case.study.instances:
        if instance.pointers.references and _is_beside(instance.sop_class_uid):
            absence.of(instance, with_edge(instance, Edge.CROSS))
    if absence.naming:
        several = len(absence.naming) > 1
        who = counted(len(absence.naming), "presentation state, document or value map", _PLURAL)
        verb, whom = ("point", "them") if several else ("points", "it")
        lost = counted(len(absence.lost), "object")
        yield absence.remark(f"{who} {verb} at {lost} that did not come with {whom}.")


_PLURAL = "presentation states, documents or value maps"


def _is_beside(sop_class_uid: str) -> bool:
    """No kind whose links are judged."""
    return kind_of(sop_class_uid) is None and not is_rt_class(sop_class_uid)


ALL: tuple[Check, ...] = (images_pointed_at,)
